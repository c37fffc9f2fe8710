/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of tuban.h share: checks that say where they failed, and a small pair of images in memory.
 */
#ifndef TUBAN_TESTS_C_SUPPORT_H
#define TUBAN_TESTS_C_SUPPORT_H

#include <tuban.h>

typedef void (*test_function)(void);

typedef struct test_case {
  const char* name;
  test_function run;
} test_case;

extern const test_case run_tests[], refusal_tests[]; /* end with a NULL name */

void check_at(const char* file, int line, int holds, const char* what);
void check_text_at(const char* file, int line, const char* text, const char* part);

#define CHECK(condition) check_at(__FILE__, __LINE__, (condition) ? 1 : 0, #condition)
#define CHECK_TEXT(text, part) check_text_at(__FILE__, __LINE__, text, part)

enum { kSide = 96, kBands = 2 };

/* Two dates, bands interleaved by pixel, with one new rectangle of 30 x 20 in the later one. */
typedef struct pair {
  uint16_t before[kSide * kSide * kBands], after[kSide * kSide * kBands];
} pair;

/* The pair, painted; the same for every test. */
const pair* the_pair(void);

/* One date of it as a raster without georeference. */
tuban_raster raster_of(const uint16_t* samples, const char* name);

/* A job that compares the pair in memory and needs no output. */
tuban_job* job_of_pair(void);

#endif
