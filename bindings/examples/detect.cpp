// SPDX-License-Identifier: Apache-2.0
// Embedding in ten lines: two rasters and a layer list in, marked patches out.
#include <cstdio>

#include "tuban/error.h"
#include "tuban/job.h"

int main(int argc, char** argv) {
  if (argc != 5) return std::printf("usage: %s BEFORE AFTER LAYERS.yaml OUT.gpkg\n", argv[0]), 2;
  tuban::Job job;
  job.before.path = argv[1];
  job.after.path = argv[2];
  job.layers = {argv[3]};
  job.output = argv[4];
  try {
    const tuban::Report report = tuban::run(job);
    std::printf("%lld patches, %lld findings\n", static_cast<long long>(report.patches),
                static_cast<long long>(report.findings));
  } catch (const tuban::Error& error) {
    return std::fprintf(stderr, "%s\n", error.what()), static_cast<int>(error.code());
  }
}
