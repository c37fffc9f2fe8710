// SPDX-License-Identifier: Apache-2.0
// What a kind of sensor brings along: which band shows what, and the defaults of a job on its images.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tuban/io.h"
#include "tuban/job.h"

namespace tuban {

/// A band by the name its sensor gives it: "b8a"; what it shows is unknown where no index asks for it.
struct ProfileBand {
  std::string_view code;
  BandRole role = BandRole::unknown;
  bool spare = false;  ///< has the role only where no other band has it
};

/// One entry of the table, all of it constant.
struct Profile {
  std::string_view name;
  /// Every band there is; empty: the sensor's bands have no names of their own.
  std::span<const ProfileBand> codes;
  /// By position, for each number of bands whose order can be no other.
  std::span<const std::span<const BandRole>> layouts;
  std::string_view stacks;  ///< the layouts in words, for refusals
  /// Of a job that names none; empty or none: those of every job.
  std::string_view detector = {};
  std::string_view threshold = {};
  std::string_view cloud_classes = {};
  std::optional<RegistrationKind> registration = {};
};

std::span<const Profile> profiles() noexcept;

/// The profile of that name. Throws Error(usage) with a list of those there are.
const Profile& find_profile(std::string_view name);

/// The job with everything that its profile settles filled in.
Job with_profile(Job job);

}  // namespace tuban
