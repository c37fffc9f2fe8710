/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "support.h"

static tuban_result* run_pair(const tuban_control* control) {
  tuban_job* job = job_of_pair();
  tuban_result* result = NULL;
  CHECK(tuban_run(job, control, &result) == TUBAN_OK);
  CHECK(strcmp(tuban_job_error(job), "") == 0);
  tuban_job_free(job);
  return result;
}

static void versions_are_those_of_the_header(void) {
  CHECK_TEXT(tuban_version(), ".");
  CHECK(tuban_abi_version() == TUBAN_ABI_VERSION);
}

static void a_pair_in_memory_gives_one_patch(void) {
  tuban_result* result = run_pair(NULL);
  tuban_patch patch = {.struct_size = sizeof(patch)};
  CHECK(tuban_result_count(result) == 1);
  CHECK(tuban_result_patch(result, 0, &patch) == TUBAN_OK);
  CHECK(strlen(patch.patch_id) == 16);
  CHECK(patch.rank == 1);
  CHECK(patch.area_px >= 500 && patch.area_px <= 700);
  CHECK(isnan(patch.area_m2)); /* no georeference */
  CHECK(patch.before_date == NULL);
  CHECK(fabs(patch.centroid_x - 55) < 2 && fabs(patch.centroid_y - 40) < 2);
  CHECK_TEXT(patch.json, patch.patch_id);
  CHECK_TEXT(patch.json, "\"area_m2\":null");
  CHECK_TEXT(patch.json, "\"spectra\":[{");
  tuban_result_free(result);
}

static void wkb_is_a_multipolygon_of_the_outline(void) {
  tuban_result* result = run_pair(NULL);
  tuban_patch patch = {.struct_size = sizeof(patch)};
  CHECK(tuban_result_patch(result, 0, &patch) == TUBAN_OK);
  const unsigned char* bytes = patch.wkb;
  uint32_t type = 0, parts = 0;
  CHECK(patch.wkb_size > 9 + 9 + 4 + 5 * 16 - 1);
  memcpy(&type, bytes + 1, sizeof(type));
  memcpy(&parts, bytes + 5, sizeof(parts));
  CHECK(bytes[0] == 1 && type == 6 && parts == 1);
  double x = 0, y = 0; /* the first point, behind the heads of both and the counts of rings and points */
  memcpy(&x, bytes + 9 + 9 + 4, sizeof(x));
  memcpy(&y, bytes + 9 + 9 + 4 + 8, sizeof(y));
  CHECK(x >= 38 && x <= 72 && y >= 28 && y <= 52);
  tuban_result_free(result);
}

static void the_report_tells_what_was_done(void) {
  tuban_result* result = run_pair(NULL);
  tuban_report report = {.struct_size = sizeof(report)};
  CHECK(tuban_result_report(result, &report) == TUBAN_OK);
  CHECK(report.width == kSide && report.height == kSide);
  CHECK(report.pixels == kSide * kSide && report.patches == 1);
  CHECK(report.transform[1] == 1 && report.transform[0] == 0);
  CHECK_TEXT(report.manifest, "{");
  CHECK(report.warning_count > 0);
  CHECK(tuban_result_warning(result, report.warning_count) == NULL);
  tuban_result_free(result);
}

static void a_crs_by_its_code_gives_areas_and_wkt(void) {
  static const double kTransform[6] = {500000, 2, 0, 4000000, 0, -2};
  tuban_job* job = job_of_pair();
  tuban_raster before = raster_of(the_pair()->before, "before"),
               after = raster_of(the_pair()->after, "after");
  memcpy(before.transform, kTransform, sizeof(kTransform));
  memcpy(after.transform, kTransform, sizeof(kTransform));
  before.crs = after.crs = "EPSG:32650";
  CHECK(tuban_job_set_before(job, &before) == TUBAN_OK);
  CHECK(tuban_job_set_after(job, &after) == TUBAN_OK);
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  tuban_patch patch = {.struct_size = sizeof(patch)};
  tuban_report report = {.struct_size = sizeof(report)};
  CHECK(tuban_result_patch(result, 0, &patch) == TUBAN_OK);
  CHECK(tuban_result_report(result, &report) == TUBAN_OK);
  CHECK(fabs(patch.area_m2 / (4. * (double)patch.area_px) - 1) < 0.01);
  CHECK(fabs(patch.lon - 117) < 0.01);
  CHECK_TEXT(report.crs, "PROJCRS[");
  tuban_result_free(result);
  tuban_job_free(job);
}

static int note_crs(void* user, const char* sentence) {
  if (strstr(sentence, "CRS") != NULL || strstr(sentence, "coordinate reference") != NULL) ++*(int*)user;
  return 0;
}

static void a_missing_crs_only_warns(void) {
  int warned = 0;
  const tuban_control control = {.struct_size = sizeof(control), .user = &warned, .warn = note_crs};
  tuban_result* result = run_pair(&control);
  CHECK(warned > 0);
  CHECK(tuban_result_count(result) == 1);
  tuban_result_free(result);
}

static void columns_hold_what_patches_hold(void) {
  tuban_result* result = run_pair(NULL);
  tuban_patch patch = {.struct_size = sizeof(patch)};
  CHECK(tuban_result_patch(result, 0, &patch) == TUBAN_OK);
  size_t read = 0;
  for (size_t i = 0; i < tuban_column_count(); ++i) {
    const char *name = NULL, *text = NULL;
    int32_t type = -1;
    double number = 0;
    int64_t whole = 0;
    CHECK(tuban_column_get(i, &name, &type) == TUBAN_OK);
    CHECK_TEXT(patch.json, name);
    if (type == TUBAN_COLUMN_DOUBLE) read += tuban_result_doubles(result, name, &number) == TUBAN_OK;
    if (type == TUBAN_COLUMN_INT64) read += tuban_result_int64s(result, name, &whole) == TUBAN_OK;
    if (type == TUBAN_COLUMN_TEXT) read += tuban_result_texts(result, name, &text) == TUBAN_OK;
    if (strcmp(name, "patch_id") == 0) CHECK(strcmp(text, patch.patch_id) == 0);
    if (strcmp(name, "area_px") == 0) CHECK(whole == patch.area_px);
    if (strcmp(name, "score_max") == 0) CHECK(number == patch.score_max);
    if (strcmp(name, "area_m2") == 0) CHECK(isnan(number));
    if (strcmp(name, "after_date") == 0) CHECK(text == NULL);
  }
  CHECK(read == tuban_column_count());
  CHECK(tuban_column_get(tuban_column_count(), NULL, NULL) == TUBAN_USAGE);
  tuban_result_free(result);
}

/* As the specification of Arrow's C data and stream interfaces has them. */
struct ArrowSchema {
  const char *format, *name, *metadata;
  int64_t flags, n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length, null_count, offset, n_buffers, n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema*);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray*);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

static void an_arrow_stream_outlives_its_result(void) {
  tuban_result* result = run_pair(NULL);
  struct ArrowArrayStream stream = {0};
  CHECK(tuban_result_arrow(result, TUBAN_TABLE_PATCHES, NULL) == TUBAN_USAGE);
  CHECK(tuban_result_arrow(result, 5, &stream) == TUBAN_USAGE);
  CHECK_TEXT(tuban_result_error(result), "table is 5");
  CHECK(tuban_result_arrow(NULL, TUBAN_TABLE_PATCHES, &stream) == TUBAN_USAGE);
  CHECK(tuban_result_arrow(result, TUBAN_TABLE_PATCHES, &stream) == TUBAN_OK);
  tuban_result_free(result);
  struct ArrowSchema schema = {0};
  struct ArrowArray batch = {0};
  CHECK(stream.get_schema(&stream, &schema) == 0);
  CHECK(strcmp(schema.children[schema.n_children - 1]->name, "wkb_geometry") == 0);
  for (size_t i = 0; i < tuban_column_count(); ++i) { /* columns are called alike everywhere */
    const char* name = NULL;
    int found = 0;
    CHECK(tuban_column_get(i, &name, NULL) == TUBAN_OK);
    for (int64_t j = 0; j < schema.n_children; ++j) found += strcmp(schema.children[j]->name, name) == 0;
    CHECK_TEXT(found == 1 ? "" : name, found == 1 ? "" : " in the Arrow table");
  }
  CHECK(stream.get_next(&stream, &batch) == 0);
  CHECK(batch.length == 1 && batch.n_children == schema.n_children);
  batch.release(&batch);
  schema.release(&schema);
  CHECK(stream.get_next(&stream, &batch) == 0 && batch.release == NULL);
  stream.release(&stream);
}

typedef struct seen {
  int patches, closed, progress;
  double share;
  char id[17];
} seen;

static int see_patch(void* user, const tuban_patch* patch) {
  seen* to = user;
  ++to->patches;
  CHECK(patch->rank == 1);
  memcpy(to->id, patch->patch_id, 16);
  return 0;
}

static int see_closed(void* user, const tuban_patch* patch) {
  ++((seen*)user)->closed;
  CHECK(patch->rank == 0 && patch->wkb_size > 0);
  return 0;
}

static int see_progress(void* user, const tuban_progress* progress) {
  seen* to = user;
  ++to->progress;
  CHECK(progress->share >= to->share);
  to->share = progress->share;
  return 0;
}

static void callbacks_receive_patches_and_progress(void) {
  seen all = {0};
  const tuban_control control = {.struct_size = sizeof(control),
                                 .no_patches = 1,
                                 .user = &all,
                                 .progress = see_progress,
                                 .patch = see_patch,
                                 .closed = see_closed};
  tuban_result* result = run_pair(&control);
  CHECK(all.patches == 1 && all.closed == 1 && all.progress > 1);
  CHECK(all.share == 1);
  CHECK(strlen(all.id) == 16);
  CHECK(tuban_result_count(result) == 0);
  tuban_result_free(result);
}

static void rasters_fill_the_hosts_buffers(void) {
  enum { kGap = 5 }; /* rows of the mask stand apart */
  uint8_t* mask = calloc(kSide, kSide + kGap);
  float* score = calloc(kSide * kSide, sizeof(*score));
  const tuban_plane mask_plane = {.struct_size = sizeof(mask_plane),
                                  .width = kSide,
                                  .height = kSide,
                                  .data = mask,
                                  .row_stride = kSide + kGap};
  const tuban_plane score_plane = {
      .struct_size = sizeof(score_plane), .width = kSide, .height = kSide, .data = score};
  const tuban_control control = {.struct_size = sizeof(control), .mask = &mask_plane, .score = &score_plane};
  tuban_result* result = run_pair(&control);
  tuban_report report = {.struct_size = sizeof(report)};
  CHECK(tuban_result_report(result, &report) == TUBAN_OK);
  int64_t changed = 0, gap = 0;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) changed += mask[y * (kSide + kGap) + x] == 1;
    for (int x = kSide; x < kSide + kGap; ++x) gap += mask[y * (kSide + kGap) + x];
  }
  CHECK(changed == report.changed_pixels && gap == 0);
  CHECK(score[40 * kSide + 55] > score[10 * kSide + 10]);
  tuban_result_free(result);
  free(mask);
  free(score);
}

static int cancel_while_measuring(void* user, const tuban_progress* progress) {
  (void)user;
  return strcmp(progress->stage, "scan") == 0;
}

static int cancel_at_patch(void* user, const tuban_patch* patch) {
  (void)user;
  (void)patch;
  return 7;
}

static int cancel_job(void* user, const tuban_progress* progress) {
  (void)progress;
  tuban_job_cancel(user);
  return 0;
}

static void callbacks_cancel(void) {
  tuban_job* job = job_of_pair();
  const tuban_control controls[] = {
      {.struct_size = sizeof(tuban_control), .progress = cancel_while_measuring},
      {.struct_size = sizeof(tuban_control), .patch = cancel_at_patch},
      {.struct_size = sizeof(tuban_control), .closed = cancel_at_patch},
      {.struct_size = sizeof(tuban_control), .user = job, .progress = cancel_job},
  };
  for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); ++i) {
    tuban_result* result = (tuban_result*)job; /* must become NULL */
    CHECK(tuban_run(job, &controls[i], &result) == TUBAN_CANCELLED);
    CHECK(result == NULL);
    CHECK(strlen(tuban_job_error(job)) > 0);
  }
  tuban_result* result = NULL; /* the job is as good as before */
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  CHECK(tuban_result_count(result) == 1);
  tuban_result_free(result);
  tuban_job_free(job);
}

static int read_pair(void* user, const tuban_window* window, const tuban_buffer* into) {
  const uint16_t* samples = user;
  for (uint32_t band = 0; band < into->band_count; ++band)
    for (int y = 0; y < window->height; ++y)
      for (int x = 0; x < window->width; ++x)
        ((uint16_t*)into->planes[band])[y * into->stride + x] =
            samples[((window->y + y) * kSide + window->x + x) * kBands + (int)band];
  return 0;
}

static int read_nothing(void* user, const tuban_window* window, const tuban_buffer* into) {
  (void)user;
  (void)window;
  (void)into;
  return 5;
}

static tuban_raster raster_by(tuban_read read, const uint16_t* samples, const char* name) {
  tuban_raster raster = raster_of(NULL, name);
  raster.pixel_stride = raster.row_stride = raster.band_stride = 0;
  raster.read = read;
  raster.user = (void*)samples;
  return raster;
}

static void pixels_from_a_function_are_those_of_memory(void) {
  tuban_result* expected = run_pair(NULL);
  tuban_job* job = job_of_pair();
  const tuban_raster before = raster_by(read_pair, the_pair()->before, "before");
  const tuban_raster after = raster_by(read_pair, the_pair()->after, "after");
  CHECK(tuban_job_set_before(job, &before) == TUBAN_OK);
  CHECK(tuban_job_set_after(job, &after) == TUBAN_OK);
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  tuban_patch patch = {.struct_size = sizeof(patch)}, other = {.struct_size = sizeof(other)};
  CHECK(tuban_result_patch(result, 0, &patch) == TUBAN_OK);
  CHECK(tuban_result_patch(expected, 0, &other) == TUBAN_OK);
  CHECK(strcmp(patch.json, other.json) == 0);
  CHECK(patch.wkb_size == other.wkb_size && memcmp(patch.wkb, other.wkb, patch.wkb_size) == 0);
  tuban_result_free(result);
  tuban_result_free(expected);
  tuban_job_free(job);
}

static void a_read_function_that_fails_ends_the_run(void) {
  tuban_job* job = job_of_pair();
  const tuban_raster after = raster_by(read_nothing, NULL, "camera");
  CHECK(tuban_job_set_after(job, &after) == TUBAN_OK);
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == TUBAN_RUNTIME);
  CHECK_TEXT(tuban_job_error(job), "camera returned 5");
  tuban_job_free(job);
}

static void what_is_not_valid_is_no_change(void) {
  uint8_t* valid = malloc(kSide * kSide);
  memset(valid, 1, kSide * kSide);
  for (int y = 25; y < 55; ++y) memset(valid + y * kSide + 35, 0, 40);
  tuban_job* job = job_of_pair();
  tuban_raster after = raster_of(the_pair()->after, "after");
  after.valid = valid;
  after.valid_row_stride = kSide;
  CHECK(tuban_job_set_after(job, &after) == TUBAN_OK);
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  CHECK(tuban_result_count(result) == 0);
  tuban_result_free(result);

  const double nodata = 3000;
  after = raster_of(the_pair()->after, "after");
  after.nodata = &nodata;
  CHECK(tuban_job_set_after(job, &after) == TUBAN_OK);
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  CHECK(tuban_result_count(result) == 0);
  tuban_result_free(result);
  tuban_job_free(job);
  free(valid);
}

static int run_many(void* number) {
  enum { kRuns = 10 };
  int found = 0;
  for (int i = 0; i < kRuns; ++i) {
    tuban_job* job = job_of_pair();
    tuban_job_set(job, "executor", "jthread");
    if (*(int*)number != 0) tuban_job_set(job, "min_area", "2000px");
    tuban_result* result = NULL;
    if (tuban_run(job, NULL, &result) == TUBAN_OK) found += (int)tuban_result_count(result);
    tuban_result_free(result);
    tuban_job_free(job);
  }
  return found;
}

static void two_jobs_in_two_threads_do_not_meet(void) {
  thrd_t threads[2];
  int numbers[2] = {0, 1}, found[2] = {-1, -1};
  for (int i = 0; i < 2; ++i) CHECK(thrd_create(&threads[i], run_many, &numbers[i]) == thrd_success);
  for (int i = 0; i < 2; ++i) thrd_join(threads[i], &found[i]);
  CHECK(found[0] == 10);
  CHECK(found[1] == 0);
}

static void options_are_listed_with_what_they_take(void) {
  size_t lists = 0, found = 0;
  for (size_t i = 0; i < tuban_option_count(); ++i) {
    tuban_option option = {.struct_size = sizeof(option)};
    CHECK(tuban_option_get(i, &option) == TUBAN_OK);
    CHECK(strlen(option.key) > 0 && strlen(option.help) > 0);
    lists += option.takes == TUBAN_TAKES_LIST;
    found += strcmp(option.key, "min_area") == 0;
  }
  CHECK(lists > 0 && found == 1);
  tuban_option option = {.struct_size = sizeof(option)};
  CHECK(tuban_option_get(tuban_option_count(), &option) == TUBAN_USAGE);
}

const test_case run_tests[] = {
    {"versions are those of the header", versions_are_those_of_the_header},
    {"a pair in memory gives one patch", a_pair_in_memory_gives_one_patch},
    {"wkb is a multipolygon of the outline", wkb_is_a_multipolygon_of_the_outline},
    {"the report tells what was done", the_report_tells_what_was_done},
    {"a crs by its code gives areas and wkt", a_crs_by_its_code_gives_areas_and_wkt},
    {"a missing crs only warns", a_missing_crs_only_warns},
    {"columns hold what patches hold", columns_hold_what_patches_hold},
    {"an arrow stream outlives its result", an_arrow_stream_outlives_its_result},
    {"callbacks receive patches and progress", callbacks_receive_patches_and_progress},
    {"rasters fill the hosts buffers", rasters_fill_the_hosts_buffers},
    {"callbacks cancel", callbacks_cancel},
    {"pixels from a function are those of memory", pixels_from_a_function_are_those_of_memory},
    {"a read function that fails ends the run", a_read_function_that_fails_ends_the_run},
    {"what is not valid is no change", what_is_not_valid_is_no_change},
    {"two jobs in two threads do not meet", two_jobs_in_two_threads_do_not_meet},
    {"options are listed with what they take", options_are_listed_with_what_they_take},
    {NULL, NULL},
};
