// SPDX-License-Identifier: Apache-2.0
#include "engine/choose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>
#include <vector>

#include "kernels/normalise.h"
#include "tuban/error.h"

namespace tuban {

kernels::CutRule choose_cut_rule(const std::string& text) {
  if (const auto rule = kernels::cut_rule(text)) return *rule;
  throw Error(ErrorCode::usage,
              fmt::format("--threshold \"{}\" is unknown; expected auto, otsu, ki, em, triangle, null:RATE, "
                          "cfar:RATE, chi2:RATE, percentile:P or fixed:SCORE",
                          text));
}

const kernels::Detector& choose_detector(const std::string& name) {
  if (const kernels::Detector* detector = kernels::find_detector(name)) return *detector;
  std::vector<std::string_view> names;
  for (const kernels::Detector* detector : kernels::detectors()) names.push_back(detector->name());
  throw Error(ErrorCode::usage,
              fmt::format("--detector \"{}\" is unknown; there are: {}", name, fmt::join(names, ", ")));
}

void check_detector(const kernels::Detector& detector, const Job& job, const kernels::RoleBands& roles,
                    const std::string& raster) {
  using kernels::RoleBands;
  constexpr std::pair<int RoleBands::*, const char*> kNames[] = {{&RoleBands::blue, "blue"},
                                                                 {&RoleBands::green, "green"},
                                                                 {&RoleBands::red, "red"},
                                                                 {&RoleBands::nir, "nir"},
                                                                 {&RoleBands::swir1, "swir1"}};
  std::vector<std::string_view> missing;
  for (int RoleBands::*const role : detector.roles())
    for (const auto& [member, name] : kNames)
      if (member == role && roles.*role < 0) missing.emplace_back(name);
  if (!missing.empty())
    throw Error(
        ErrorCode::mismatch,
        fmt::format("--detector {} needs bands that {} does not have or name: {}; name them with --bands, "
                    "such as {}=1",
                    detector.name(), raster, fmt::join(missing, ", "), missing.front()));
  if (job.normalise != "invariant" && !detector.normalises()) {
    std::vector<std::string_view> names;
    for (const kernels::Detector* other : kernels::detectors())
      if (other->normalises()) names.push_back(other->name());
    throw Error(
        ErrorCode::usage,
        fmt::format("--normalise {} means nothing to --detector {}, which compares samples as they are or "
                    "does not depend on how the dates are matched; leave one out, or take one of: {}",
                    job.normalise, detector.name(), fmt::join(names, ", ")));
  }
}

// Cuts that mean something to some scores alone.
void check_threshold(const kernels::Detector& detector, const kernels::CutRule& rule, const Job& job) {
  using Method = kernels::CutRule::Method;
  const auto refuse_unless = [&](auto can, const char* what) {
    std::vector<std::string_view> names;
    for (const kernels::Detector* other : kernels::detectors())
      if ((other->*can)()) names.push_back(other->name());
    if (!(detector.*can)())
      throw Error(
          ErrorCode::usage,
          fmt::format("--threshold {} means nothing to --detector {}, whose scores {}; take null:RATE, or "
                      "--detector {}",
                      job.threshold, detector.name(), what, fmt::join(names, ", ")));
  };
  if (rule.method == Method::speckle_rate)
    refuse_unless(&kernels::Detector::has_looks, "are no log-ratio of speckle");
  if (rule.method == Method::chi_square)
    refuse_unless(&kernels::Detector::is_chi_square, "have no chi-square distribution");
  if (rule.method == Method::chi_square && job.smooth != "none")
    throw Error(ErrorCode::usage,
                fmt::format("--threshold {} means nothing to scores under --smooth {}, which are no longer "
                            "chi-square; give --smooth none",
                            job.threshold, job.smooth));
  if (job.looks != 0 && rule.method != Method::speckle_rate)
    throw Error(ErrorCode::usage,
                fmt::format("--looks {} is used by --threshold cfar:RATE alone, and this is --threshold {}",
                            job.looks, job.threshold));
}

kernels::Normalisation choose_normalisation(const std::string& word) {
  if (const auto kind = kernels::find_normalisation(word)) return *kind;
  throw Error(
      ErrorCode::usage,
      fmt::format("--normalise \"{}\" is unknown; expected invariant, mean-sigma, histogram or none", word));
}

}  // namespace tuban
