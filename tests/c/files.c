/* SPDX-License-Identifier: Apache-2.0 */
/* files JOB.yaml LAYERS.yaml FOUND.gpkg MARKED.gpkg: runs a job file into FOUND, marks what was found once
 * more into MARKED, and prints what stands behind the first patch in English, in Chinese and as JSON. */
#include <stdio.h>
#include <string.h>
#include <tuban.h>

static int fail(tuban_status status, const char* sentence) {
  fprintf(stderr, "%s\n", sentence);
  return status;
}

static tuban_status detect(tuban_job* job, const char* file, const char* output) {
  tuban_status status = tuban_job_load(job, file);
  if (status == TUBAN_OK) status = tuban_job_set(job, "output", output);
  if (status == TUBAN_OK) status = tuban_job_set(job, "overwrite", NULL);
  return status == TUBAN_OK ? tuban_run(job, NULL, NULL) : status;
}

static tuban_status mark(tuban_job* job, const char* patches, const char* layers, const char* output,
                         tuban_result** result) {
  const tuban_mark_options options = {.struct_size = sizeof(options), .patches = patches, .pixel_size = 1};
  tuban_status status = tuban_job_set(job, "layers", layers);
  if (status == TUBAN_OK) status = tuban_job_set(job, "output", output);
  return status == TUBAN_OK ? tuban_mark(job, &options, NULL, result) : status;
}

static int explain(const char* file, const char* patch_id, int32_t language) {
  tuban_text* text = tuban_explain(file, patch_id, 1, language);
  const tuban_status status = tuban_text_status(text);
  if (status == TUBAN_OK) {
    printf("%s", tuban_text_get(text));
    if (language == TUBAN_JSON) printf("\n");
  } else {
    fprintf(stderr, "%s\n", tuban_text_get(text));
  }
  tuban_text_free(text);
  return (int)status;
}

int main(int argc, char** argv) {
  if (argc != 5) return fail(TUBAN_USAGE, "files JOB.yaml LAYERS.yaml FOUND.gpkg MARKED.gpkg");
  tuban_job *job = tuban_job_new(), *marking = tuban_job_new();
  tuban_result* result = NULL;
  tuban_status status = detect(job, argv[1], argv[3]);
  if (status != TUBAN_OK) return fail(status, tuban_job_error(job));
  status = mark(marking, argv[3], argv[2], argv[4], &result);
  if (status != TUBAN_OK) return fail(status, tuban_job_error(marking));
  for (size_t i = 0; i < tuban_result_count(result); ++i) {
    tuban_patch patch = {.struct_size = sizeof(patch)};
    if (tuban_result_patch(result, i, &patch) != TUBAN_OK)
      return fail(TUBAN_RUNTIME, tuban_result_error(result));
    if (patch.rank != 1) continue;
    int failed = explain(argv[4], NULL, TUBAN_ENGLISH);
    failed |= explain(argv[4], patch.patch_id, TUBAN_CHINESE);
    failed |= explain(argv[4], patch.patch_id, TUBAN_JSON);
    if (failed) return failed;
  }
  tuban_result_free(result);
  tuban_job_free(job);
  tuban_job_free(marking);
  return 0;
}
