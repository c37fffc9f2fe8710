// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "tuban/job.h"

namespace tuban {

/// A name for the run's private work folder that no other run uses: in job.work_folder, else beside the first
/// output.
std::filesystem::path work_path(const Job& job);

}  // namespace tuban
