/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Sets the later date of a job; what is wrong with it is told with this status, in a sentence with this part,
 * and by one line. */
static void expect_refused(const tuban_raster* raster, const char* part) {
  tuban_job* job = job_of_pair();
  CHECK(tuban_job_set_after(job, raster) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), part);
  CHECK(strchr(tuban_job_error(job), '\n') == NULL);
  tuban_result* result = NULL; /* the job is as before */
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  tuban_result_free(result);
  tuban_job_free(job);
}

static tuban_raster after(void) {
  return raster_of(the_pair()->after, "after");
}

static void a_wrong_type_is_refused(void) {
  tuban_raster raster = after();
  raster.type = 9;
  expect_refused(&raster, "after has type 9; expected TUBAN_UINT8");
}

static void a_wrong_role_is_refused(void) {
  const int32_t roles[kBands] = {TUBAN_BAND_RED, -1};
  tuban_raster raster = after();
  raster.band_roles = roles;
  expect_refused(&raster, "band 2 of raster after has role -1");
}

static void a_wrong_shape_is_refused(void) {
  tuban_raster raster = after();
  raster.height = 0;
  expect_refused(&raster, "96 x 0 pixels");
  raster = after();
  raster.band_count = 0;
  expect_refused(&raster, "has no bands");
}

static void strides_of_zero_are_refused(void) {
  tuban_raster raster = after();
  raster.pixel_stride = 0;
  expect_refused(&raster, "pixel_stride of raster after is 0");
  raster = after();
  raster.row_stride = 0;
  expect_refused(&raster, "row_stride of raster after is 0");
  raster = after();
  raster.band_stride = 0;
  expect_refused(&raster, "band_stride of raster after is 0");
}

static void rasters_without_name_or_pixels_are_refused(void) {
  tuban_raster raster = after();
  raster.name = NULL;
  expect_refused(&raster, "tuban_raster.name is NULL");
  raster = after();
  raster.name = "";
  expect_refused(&raster, "no name");
  raster = after();
  raster.data = NULL;
  expect_refused(&raster, "no data");
  expect_refused(NULL, "tuban_raster is NULL");
}

static void a_crs_that_is_none_is_refused(void) {
  tuban_raster raster = after();
  raster.crs = "nonsense";
  expect_refused(&raster, "\"nonsense\" of raster after");
}

static int read_never(void* user, const tuban_window* window, const tuban_buffer* into) {
  (void)user;
  (void)window;
  (void)into;
  return 1;
}

static void a_read_function_beside_memory_is_refused(void) {
  tuban_raster raster = after();
  raster.read = read_never;
  expect_refused(&raster, "has a read function and also data");
}

static void sizes_of_structs_that_are_not_known_are_refused(void) {
  tuban_raster raster = after();
  raster.struct_size = 0;
  expect_refused(&raster, "tuban_raster.struct_size is 0");
  raster.struct_size = (uint32_t)sizeof(raster) - 8;
  expect_refused(&raster, "tuban_raster.struct_size is");
  raster.struct_size = (uint32_t)sizeof(raster) + 8;
  expect_refused(&raster, "compile with the header of the library that is linked");

  tuban_job* job = job_of_pair();
  tuban_control control = {.struct_size = 4};
  tuban_result* result = NULL;
  CHECK(tuban_run(job, &control, &result) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "tuban_control.struct_size is 4");
  const tuban_plane plane = {.struct_size = 1};
  control = (tuban_control){.struct_size = sizeof(control), .mask = &plane};
  CHECK(tuban_run(job, &control, &result) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "tuban_plane.struct_size is 1");
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  tuban_patch patch = {.struct_size = 3};
  CHECK(tuban_result_patch(result, 0, &patch) == TUBAN_USAGE);
  CHECK_TEXT(tuban_result_error(result), "tuban_patch.struct_size is 3");
  tuban_report report = {.struct_size = 3};
  CHECK(tuban_result_report(result, &report) == TUBAN_USAGE);
  tuban_result_free(result);
  tuban_job_free(job);
}

/* Runs the pair with another later date, which the job does not refuse but the run does. */
static void expect_no_run(const tuban_raster* raster, tuban_status status, const char* part) {
  tuban_job* job = job_of_pair();
  CHECK(tuban_job_set_after(job, raster) == TUBAN_OK);
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == status);
  CHECK(result == NULL);
  CHECK_TEXT(tuban_job_error(job), part);
  tuban_job_free(job);
}

static void scenes_that_do_not_fit_together_are_a_mismatch(void) {
  const double moved[6] = {500000, 10, 0, 4000000, 0, -10};
  tuban_raster raster = after();
  memcpy(raster.transform, moved, sizeof(moved));
  expect_no_run(&raster, TUBAN_MISMATCH, "after");
  raster = after();
  raster.width -= 1;
  expect_no_run(&raster, TUBAN_MISMATCH, "95");
  raster = after();
  raster.type = TUBAN_INT16;
  expect_no_run(&raster, TUBAN_MISMATCH, "int16");
  raster = after();
  raster.band_count = 1;
  expect_no_run(&raster, TUBAN_MISMATCH, "band");
  raster = after();
  raster.crs = "EPSG:32650";
  expect_no_run(&raster, TUBAN_MISMATCH, "the CRS is none in before and EPSG:32650");
}

static void a_plane_of_another_size_is_a_mismatch(void) {
  uint8_t* const pixels = malloc(kSide * kSide);
  tuban_plane plane = {.struct_size = sizeof(plane), .width = kSide - 1, .height = kSide, .data = pixels};
  const tuban_control control = {.struct_size = sizeof(control), .mask = &plane};
  tuban_job* job = job_of_pair();
  CHECK(tuban_run(job, &control, NULL) == TUBAN_MISMATCH);
  CHECK_TEXT(tuban_job_error(job), "the plane for the mask is 95 x 96");
  plane.width = kSide;
  plane.height = kSide - 1;
  CHECK(tuban_run(job, &control, NULL) == TUBAN_MISMATCH);
  CHECK_TEXT(tuban_job_error(job), "the plane for the mask is 96 x 95; the result is 96 x 96");
  plane.height = kSide + 1;
  CHECK(tuban_run(job, &control, NULL) == TUBAN_MISMATCH);
  CHECK_TEXT(tuban_job_error(job), "the plane for the mask is 96 x 97; the result is 96 x 96");
  plane.data = NULL;
  CHECK(tuban_run(job, &control, NULL) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "tuban_plane.data is NULL");
  tuban_job_free(job);
  free(pixels);
}

static void unknown_options_and_values_are_told_with_what_is_expected(void) {
  tuban_job* job = job_of_pair();
  CHECK(tuban_job_set(job, "min_aera", "200") == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "min_aera is unknown");
  CHECK_TEXT(tuban_job_error(job), "min_area");
  CHECK(tuban_job_set(job, "connectivity", "6") == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "4 or 8");
  CHECK(tuban_job_set(job, "connectivity", NULL) == TUBAN_USAGE);
  CHECK(tuban_job_set(job, "connectivity", "4") == TUBAN_OK);
  CHECK(strcmp(tuban_job_error(job), "") == 0);
  CHECK(tuban_job_set(job, "overwrite", NULL) == TUBAN_OK);
  const char* const sizes[] = {"4", "8"};
  CHECK(tuban_job_set_list(job, "connectivity", sizes, 1) == TUBAN_OK);
  CHECK(tuban_job_set_list(job, "connectivity", sizes, 2) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "connectivity");
  CHECK(tuban_job_set_list(job, "layers", sizes, 2) == TUBAN_OK);
  tuban_job_free(job);
}

static void nothing_asked_for_is_refused(void) {
  tuban_job* job = job_of_pair();
  CHECK(tuban_run(job, NULL, NULL) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "nothing to write");
  tuban_job_free(job);
}

static void job_files_that_cannot_be_read_leave_the_job_as_it_was(void) {
  tuban_job* job = job_of_pair();
  CHECK(tuban_job_load(job, "/nowhere/job.yaml") == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "/nowhere/job.yaml");
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  CHECK(tuban_result_count(result) == 1);
  tuban_result_free(result);
  tuban_job_free(job);
}

static void null_is_a_status_and_never_a_crash(void) {
  tuban_job* job = tuban_job_new();
  tuban_result* result = NULL;
  const tuban_raster raster = after();
  CHECK(tuban_job_set(NULL, "min_area", "1") == TUBAN_USAGE);
  CHECK(tuban_job_set(job, NULL, "1") == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "key is NULL");
  CHECK(tuban_job_set_list(job, "layers", NULL, 2) == TUBAN_USAGE);
  const char* const holes[] = {"a.yaml", NULL};
  CHECK(tuban_job_set_list(job, "layers", holes, 2) == TUBAN_USAGE);
  CHECK(tuban_job_load(NULL, "job.yaml") == TUBAN_USAGE);
  CHECK(tuban_job_load(job, NULL) == TUBAN_USAGE);
  CHECK(tuban_job_set_before(NULL, &raster) == TUBAN_USAGE);
  CHECK(tuban_job_set_before(job, NULL) == TUBAN_USAGE);
  result = (tuban_result*)job; /* must become NULL */
  CHECK(tuban_run(NULL, NULL, &result) == TUBAN_USAGE);
  CHECK(result == NULL);
  CHECK(tuban_run(job, NULL, &result) == TUBAN_USAGE);
  CHECK(result == NULL);
  CHECK(tuban_mark(job, NULL, NULL, &result) == TUBAN_USAGE);
  const tuban_mark_options options = {.struct_size = sizeof(options)};
  CHECK(tuban_mark(job, &options, NULL, &result) == TUBAN_USAGE);
  CHECK_TEXT(tuban_job_error(job), "patches is NULL");
  CHECK(strlen(tuban_job_error(NULL)) > 0);
  tuban_job_cancel(NULL);
  tuban_job_cancel(job);
  tuban_job_free(job);
  tuban_job_free(NULL);

  CHECK(tuban_result_count(NULL) == 0);
  CHECK(tuban_result_patch(NULL, 0, NULL) == TUBAN_USAGE);
  CHECK(tuban_result_report(NULL, NULL) == TUBAN_USAGE);
  CHECK(tuban_result_doubles(NULL, "area_m2", NULL) == TUBAN_USAGE);
  CHECK(tuban_result_warning(NULL, 0) == NULL);
  CHECK(strlen(tuban_result_error(NULL)) > 0);
  tuban_result_free(NULL);
  CHECK(tuban_option_get(0, NULL) == TUBAN_USAGE);
  CHECK(tuban_text_status(NULL) == TUBAN_USAGE);
  CHECK(strlen(tuban_text_get(NULL)) > 0);
  tuban_text_free(NULL);
}

static void wrong_columns_and_numbers_are_told(void) {
  tuban_job* job = job_of_pair();
  tuban_result* result = NULL;
  CHECK(tuban_run(job, NULL, &result) == TUBAN_OK);
  double number = 0;
  CHECK(tuban_result_doubles(result, "no_such", &number) == TUBAN_USAGE);
  CHECK_TEXT(tuban_result_error(result), "no column 'no_such'");
  CHECK(tuban_result_doubles(result, "patch_id", &number) == TUBAN_USAGE);
  CHECK_TEXT(tuban_result_error(result), "is read by tuban_result_texts");
  CHECK(tuban_result_doubles(result, NULL, &number) == TUBAN_USAGE);
  CHECK(tuban_result_doubles(result, "score_max", NULL) == TUBAN_USAGE);
  tuban_patch patch = {.struct_size = sizeof(patch)};
  CHECK(tuban_result_patch(result, 1, &patch) == TUBAN_USAGE);
  CHECK_TEXT(tuban_result_error(result), "no patch 1; the result holds 1");
  CHECK(tuban_result_patch(result, 0, NULL) == TUBAN_USAGE);
  tuban_result_free(result);
  tuban_job_free(job);
}

static void explaining_what_is_not_there_is_told(void) {
  tuban_text* text = tuban_explain("/nowhere/result.gpkg", "0000000000000000", 0, TUBAN_ENGLISH);
  CHECK(tuban_text_status(text) == TUBAN_USAGE);
  CHECK_TEXT(tuban_text_get(text), "/nowhere/result.gpkg");
  tuban_text_free(text);
  text = tuban_explain("/nowhere/result.gpkg", NULL, 1, 8);
  CHECK(tuban_text_status(text) == TUBAN_USAGE);
  CHECK_TEXT(tuban_text_get(text), "language is 8");
  tuban_text_free(text);
  text = tuban_explain(NULL, NULL, 1, TUBAN_JSON);
  CHECK(tuban_text_status(text) == TUBAN_USAGE);
  tuban_text_free(text);
}

const test_case refusal_tests[] = {
    {"a wrong type is refused", a_wrong_type_is_refused},
    {"a wrong role is refused", a_wrong_role_is_refused},
    {"a wrong shape is refused", a_wrong_shape_is_refused},
    {"strides of zero are refused", strides_of_zero_are_refused},
    {"rasters without name or pixels are refused", rasters_without_name_or_pixels_are_refused},
    {"a crs that is none is refused", a_crs_that_is_none_is_refused},
    {"a read function beside memory is refused", a_read_function_beside_memory_is_refused},
    {"sizes of structs that are not known are refused", sizes_of_structs_that_are_not_known_are_refused},
    {"scenes that do not fit together are a mismatch", scenes_that_do_not_fit_together_are_a_mismatch},
    {"a plane of another size is a mismatch", a_plane_of_another_size_is_a_mismatch},
    {"unknown options and values are told with what is expected",
     unknown_options_and_values_are_told_with_what_is_expected},
    {"nothing asked for is refused", nothing_asked_for_is_refused},
    {"job files that cannot be read leave the job as it was",
     job_files_that_cannot_be_read_leave_the_job_as_it_was},
    {"null is a status and never a crash", null_is_a_status_and_never_a_crash},
    {"wrong columns and numbers are told", wrong_columns_and_numbers_are_told},
    {"explaining what is not there is told", explaining_what_is_not_there_is_told},
    {NULL, NULL},
};
