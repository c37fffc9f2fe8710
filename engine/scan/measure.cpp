// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/scan/sample_cells.h"
#include "kernels/log_ratio.h"
#include "kernels/shift_tolerance.h"
#include "kernels/smooth.h"
#include "tuban/error.h"

namespace tuban {
namespace {

kernels::Sample gather(const ScanPlan& plan, const std::vector<SampleCell>& cells,
                       const kernels::ForEach& each) {
  const auto bands = static_cast<std::size_t>(plan.bands);
  std::int64_t pixels = 0;
  for (const SampleCell& cell : cells) pixels += cell.valid_pixels();
  kernels::Sample sample;
  sample.before.resize(bands);
  sample.after.resize(bands);
  each(2 * bands, [&](std::size_t i) {
    const std::size_t band = i % bands;
    std::vector<float>& plane = (i < bands ? sample.before : sample.after)[band];
    plane.reserve(static_cast<std::size_t>(pixels));
    for (const SampleCell& cell : cells)
      kernels::with_sample_type(plan.type, [&](auto zero) {
        const auto* values =
            reinterpret_cast<const decltype(zero)*>((i < bands ? cell.before : cell.after)[band]);
        for (std::size_t k = 0; k < cell.valid.size(); ++k)
          if (cell.valid[k]) plane.push_back(static_cast<float>(values[k]));
      });
  });
  return sample;
}

// Only pixels whose neighbourhood lies inside their cell: what the cell's frame cuts off must not shape the
// histogram. The widest smoothing leaves 36 x 36 of a cell's 64 x 64 pixels, 63,000 scores of a whole sample.
// Small samples that have fewer than these use all.
constexpr std::size_t kEnoughScores = 10'000;

// The least of nine scores is smaller than one: so much of the least cut flags about as many pixels of the
// labelled pairs as the whole does without a tolerance.
constexpr double kTolerantShare = 7.0 / 9;

std::vector<float> smoothed_scores(const ScanPlan& plan, const ScanModel& model,
                                   const std::vector<SampleCell>& cells, const kernels::ForEach& each) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const int rim = plan.smoothing.radius();
  const int frame = rim + plan.tolerance;
  struct Scores {
    std::vector<float> whole, all;
  };
  std::vector<Scores> of_cells(cells.size());
  each(cells.size(), [&](std::size_t i) {
    const SampleCell& cell = cells[i];
    Scores& scores = of_cells[i];
    const int width = cell.width + 2 * rim;
    const int height = cell.height + 2 * rim;
    std::vector<float> raw(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), nan);
    std::vector<float> smooth(cell.valid.size());
    std::vector<float> scratch;
    const kernels::View<float> padded{raw.data(), width, height, width};
    const kernels::View<float> out{smooth.data(), cell.width, cell.height, cell.width};
    const kernels::View<float> own = padded.sub(rim, rim, cell.width, cell.height);
    if (plan.tolerance == 0 || cell.width < 3 || cell.height < 3) {
      model.detector->score(model.model, cell.pair(plan.type), own);
    } else {
      kernels::ToleranceScratch tolerance;
      kernels::tolerant_score(*model.detector, model.model, cell.pair(plan.type),
                              own.sub(1, 1, cell.width - 2, cell.height - 2), tolerance);
    }
    kernels::smooth(plan.smoothing, padded, out, scratch);
    for (int y = 0; y < cell.height; ++y)
      for (int x = 0; x < cell.width; ++x) {
        const float value = out.at(x, y);
        if (value != value) continue;
        scores.all.push_back(value);
        if (x >= frame && x < cell.width - frame && y >= frame && y < cell.height - frame)
          scores.whole.push_back(value);
      }
  });
  std::size_t whole = 0;
  for (const Scores& of_cell : of_cells) whole += of_cell.whole.size();
  std::vector<float> scores;
  for (const Scores& of_cell : of_cells) {
    const std::vector<float>& some = whole >= kEnoughScores ? of_cell.whole : of_cell.all;
    scores.insert(scores.end(), some.begin(), some.end());
  }
  return scores;
}

// Integer samples are their own fixed point; float32 gets 16 bits over the sample's range and a quarter
// beyond.
kernels::FixedPoint fixed_point(kernels::SampleType type, const std::vector<float>& values) {
  if (type == kernels::SampleType::int16) return {-32768, 1};
  if (type != kernels::SampleType::float32) return {0, 1};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const float range = *high > *low ? *high - *low : 1;
  return {*low - range / 4, 65535 / (range * 1.5F)};
}

}  // namespace

ScanModel measure(const ScanPlan& plan, const kernels::Detector& detector, const kernels::CutRule& rule,
                  ReaderPool& before, ReaderPool& after, Executor& executor, std::stop_token stop) {
  const std::vector<SampleCell> cells = read_sample(plan, before, after, executor, stop);
  const kernels::ForEach each = [&](std::size_t count, const std::function<void(std::size_t)>& work) {
    Pass pass;
    pass.count = static_cast<std::int64_t>(count);
    pass.slots = 2 * executor.threads();
    pass.compute = [&](std::int64_t item, int) { work(static_cast<std::size_t>(item)); };
    executor.run(pass, stop);
  };
  kernels::Sample sample = gather(plan, cells, each);
  sample.roles = plan.roles;
  sample.normalisation = plan.normalisation;
  if (sample.size() == 0)
    throw Error(
        ErrorCode::mismatch,
        fmt::format("no pixel is valid on both dates: {} and {} hold nothing but nodata (or masked pixels) "
                    "where they overlap",
                    before.info().name, after.info().name));
  ScanModel model;
  model.detector = &detector;
  model.sample_pixels = static_cast<std::int64_t>(sample.size());
  model.sample_cells = static_cast<std::int64_t>(cells.size());
  for (std::size_t b = 0; b < sample.before.size(); ++b) {
    model.fixed_before.push_back(fixed_point(plan.type, sample.before[b]));
    model.fixed_after.push_back(fixed_point(plan.type, sample.after[b]));
  }
  model.model = detector.solve(sample, each);
  model.before = judge_scene(sample.before, plan.type, plan.roles.blue);
  model.after = judge_scene(sample.after, plan.type, plan.roles.blue);
  for (std::string& note : quality_notes(model.before, before.info().name, model.after, after.info().name))
    model.model.notes.push_back(std::move(note));
  kernels::CutRule bounded = rule;
  bounded.least = detector.least_cut() * (plan.tolerance > 0 ? kTolerantShare : 1);
  bounded.folded = detector.has_sign();
  bounded.degrees_of_freedom = detector.degrees_of_freedom(model.model);
  if (plan.looks > 0)
    bounded.speckle_scale = kernels::deviation_of(plan.looks) / kernels::deviation_of(model.model.looks);
  model.cut = kernels::choose_cut(smoothed_scores(plan, model, cells, each), bounded);
  return model;
}

void encode(Encoder& to, const ScanModel& model) {
  to.put(model.model.detector);
  for (const kernels::BandNormalisation& band : model.model.normalisation) {
    to.put(band.slope);
    to.put(band.offset);
    to.put(band.sigma);
    to.put(band.fallback);
  }
  for (const kernels::MatchCurve& curve : model.model.curves) {
    to.put(curve.after);
    to.put(curve.before);
    to.put(curve.slope);
  }
  to.put(model.model.coefficients);
  to.put(model.model.iterations);
  to.put(model.model.invariant);
  to.put(model.cut.changed);
  to.put(model.cut.value);
  to.put(model.cut.null.parameters);
  to.put(model.fixed_before);
  to.put(model.fixed_after);
  to.put(model.sample_pixels);
  to.put(model.sample_cells);
}

}  // namespace tuban
