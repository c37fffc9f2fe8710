// SPDX-License-Identifier: Apache-2.0
#include "engine/work_path.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

namespace tuban {

std::filesystem::path work_path(const Job& job) {
  static std::atomic<unsigned> runs{0};
  std::filesystem::path output;
  for (const std::string* path : {&job.output, &job.mask_path, &job.patch_mask_path, &job.score_path})
    if (output.empty()) output = *path;
  const auto folder = job.work_folder.empty() ? output.parent_path() : std::filesystem::path(job.work_folder);
  return folder /
         fmt::format(".{}.{}-{}.tuban-work", output.filename().string(), ::getpid(), runs.fetch_add(1));
}

}  // namespace tuban
