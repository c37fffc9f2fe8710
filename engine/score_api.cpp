// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/choose.h"
#include "tuban/error.h"
#include "tuban/score.h"

namespace tuban {
namespace {

// More than any raster has: no region becomes a patch.
constexpr MinimumArea kNoPatch{9e15, true};

constexpr std::pair<int kernels::RoleBands::*, BandRole> kRoles[] = {
    {&kernels::RoleBands::blue, BandRole::blue},
    {&kernels::RoleBands::green, BandRole::green},
    {&kernels::RoleBands::red, BandRole::red},
    {&kernels::RoleBands::nir, BandRole::nir},
    {&kernels::RoleBands::swir1, BandRole::swir1}};

constexpr float kNothing = std::numeric_limits<float>::infinity();

Threshold threshold_of(const std::string& manifest) {
  const auto cut = nlohmann::json::parse(manifest).at("cut");
  return {cut.at("changed"), cut.at("changed") ? cut.at("value").get<float>() : kNothing, cut.at("method"),
          cut.at("sample_share_changed"), cut.at("notes")};
}

void refuse_outputs(const Job& job) {
  for (const auto& [option, path] : {std::pair{"output", &job.output},
                                     {"mask", &job.mask_path},
                                     {"patch_mask", &job.patch_mask_path},
                                     {"score", &job.score_path},
                                     {"military_register", &job.military_register}})
    if (!path->empty())
      throw Error(ErrorCode::usage,
                  fmt::format("{} \"{}\": scores by themselves are written nowhere; leave it out, or run the "
                              "whole job",
                              option, *path));
}

}  // namespace

std::vector<DetectorDescription> describe_detectors() {
  std::vector<DetectorDescription> all;
  for (const kernels::Detector* detector : kernels::detectors()) {
    DetectorDescription& one = all.emplace_back();
    one.name = detector->name();
    one.summary = detector->summary();
    one.normalises = detector->normalises();
    for (int kernels::RoleBands::*const needed : detector->roles())
      for (const auto& [member, role] : kRoles)
        if (member == needed) one.roles.push_back(role);
  }
  return all;
}

ScoreResult score(const Job& job, const Control& control) {
  refuse_outputs(job);
  Job alone = job;
  alone.min_area = kNoPatch;
  alone.types.clear();
  alone.budget.clear();
  alone.previous.clear();
  ScoreResult result;
  Control taking = control;
  taking.receive = {};
  taking.receive.score = [&](const RasterRows<float>& rows) {
    result.scores.insert(result.scores.end(), rows.samples.begin(), rows.samples.end());
  };
  Report report = run(alone, taking);
  result.grid = std::move(report.grid);
  result.warnings = std::move(report.warnings);
  result.threshold = threshold_of(report.manifest);
  result.manifest = std::move(report.manifest);
  return result;
}

Threshold choose_threshold(std::span<const float> scores, const ThresholdOptions& options) {
  kernels::CutRule rule = choose_cut_rule(options.method);
  if (!options.detector.empty()) rule.least = choose_detector(options.detector).least_cut();
  if (!options.detector.empty()) rule.folded = choose_detector(options.detector).has_sign();
  if (rule.method == kernels::CutRule::Method::chi_square && options.degrees_of_freedom < 1)
    throw Error(ErrorCode::usage,
                fmt::format("threshold {} needs the degrees of freedom of the scores' distribution, and they "
                            "are {}; give 1 or more",
                            options.method, options.degrees_of_freedom));
  rule.degrees_of_freedom = options.degrees_of_freedom;
  std::vector<float> known;
  known.reserve(scores.size());
  for (const float one : scores) {
    if (std::isnan(one)) continue;
    if (!(one >= 0) || std::isinf(one))
      throw Error(ErrorCode::usage,
                  fmt::format("a score is {}; expected 0 or more, finite, and NaN where it is unknown", one));
    known.push_back(std::abs(one));  // the kernels sort by bits, where -0 is large
  }
  const kernels::Cut cut = kernels::choose_cut(std::move(known), rule);
  return {cut.changed, cut.changed ? cut.value : kNothing, cut.method, cut.changed_share, cut.notes};
}

}  // namespace tuban
