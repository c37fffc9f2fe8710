/* SPDX-License-Identifier: Apache-2.0 */
/* Embedding in C: two rasters and a layer list in, marked patches out. */
#include <stdio.h>
#include <tuban.h>

static int show(void* user, const tuban_patch* patch) {
  (void)user;
  return printf("%lld %s %.0f m2 %s %s\n", (long long)patch->rank, patch->patch_id, patch->area_m2,
                patch->severity, patch->marks) < 0; /* nonzero cancels */
}

int main(int argc, char** argv) {
  static const char* const keys[] = {"before", "after", "layers", "output"};
  if (argc != 5) return printf("usage: %s BEFORE AFTER LAYERS.yaml OUT.gpkg\n", argv[0]), TUBAN_USAGE;
  tuban_job* job = tuban_job_new();
  tuban_status status = job == NULL ? TUBAN_RESOURCE : TUBAN_OK;
  for (int i = 0; i < 4 && status == TUBAN_OK; ++i) status = tuban_job_set(job, keys[i], argv[i + 1]);
  if (status == TUBAN_OK) {
    const tuban_control control = {.struct_size = sizeof(control), .patch = show};
    status = tuban_run(job, &control, NULL);
  }
  if (status != TUBAN_OK) fprintf(stderr, "%s\n", tuban_job_error(job));
  tuban_job_free(job);
  return status;
}
