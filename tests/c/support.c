/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>
#include <string.h>

static int failures;
static pair painted;

void check_at(const char* file, int line, int holds, const char* what) {
  if (holds) return;
  ++failures;
  printf("  %s:%d: does not hold: %s\n", file, line, what);
}

void check_text_at(const char* file, int line, const char* text, const char* part) {
  if (text != NULL && strstr(text, part) != NULL) return;
  ++failures;
  printf("  %s:%d: \"%s\" is not in: %s\n", file, line, part, text == NULL ? "(NULL)" : text);
}

static void paint(void) {
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      for (int band = 0; band < kBands; ++band) {
        const int i = (y * kSide + x) * kBands + band;
        const int changed = x >= 40 && x < 70 && y >= 30 && y < 50;
        painted.before[i] = (uint16_t)(1000 + 100 * band + (y * kSide + x) * 7919 % 61);
        painted.after[i] = (uint16_t)(changed ? 3000 : painted.before[i]);
      }
}

const pair* the_pair(void) {
  return &painted;
}

tuban_raster raster_of(const uint16_t* samples, const char* name) {
  static const int32_t kRoles[kBands] = {TUBAN_BAND_RED, TUBAN_BAND_NIR};
  return (tuban_raster){.struct_size = sizeof(tuban_raster),
                        .type = TUBAN_UINT16,
                        .name = name,
                        .width = kSide,
                        .height = kSide,
                        .band_count = kBands,
                        .band_roles = kRoles,
                        .data = samples,
                        .pixel_stride = kBands * sizeof(uint16_t),
                        .row_stride = kSide * kBands * sizeof(uint16_t),
                        .band_stride = sizeof(uint16_t)};
}

tuban_job* job_of_pair(void) {
  tuban_job* job = tuban_job_new();
  const tuban_raster before = raster_of(painted.before, "before"), after = raster_of(painted.after, "after");
  CHECK(tuban_job_set_before(job, &before) == TUBAN_OK);
  CHECK(tuban_job_set_after(job, &after) == TUBAN_OK);
  CHECK(tuban_job_set(job, "register", "off") == TUBAN_OK);
  CHECK(tuban_job_set(job, "min_area", "20px") == TUBAN_OK);
  CHECK(tuban_job_set(job, "threads", "2") == TUBAN_OK);
  CHECK(strcmp(tuban_job_error(job), "") == 0);
  return job;
}

static int run_all(const test_case* tests, const char* only) {
  int count = 0;
  for (; tests->name != NULL; ++tests) {
    if (only != NULL && strcmp(only, tests->name) != 0) continue;
    printf("%s\n", tests->name);
    tests->run();
    ++count;
  }
  return count;
}

int main(int argc, char** argv) {
  const char* const only = argc > 1 ? argv[1] : NULL;
  paint();
  if (run_all(run_tests, only) + run_all(refusal_tests, only) == 0) return printf("no such test\n"), 2;
  return failures == 0 ? 0 : 1;
}
