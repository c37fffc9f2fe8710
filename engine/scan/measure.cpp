// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/scan/sample_cells.h"
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

// Only pixels whose 3 x 3 neighbourhood lies inside their cell: what the cell's frame cuts off must not shape
// the histogram. Rasters too small to have such pixels use all.
std::vector<float> smoothed_scores(const ScanPlan& plan, const ScanModel& model,
                                   const std::vector<SampleCell>& cells, const kernels::ForEach& each) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<std::vector<float>> of_cells(cells.size());
  each(cells.size(), [&](std::size_t i) {
    const SampleCell& cell = cells[i];
    const int width = cell.width + 2;
    const int height = cell.height + 2;
    std::vector<float> raw(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), nan);
    std::vector<float> smooth(cell.valid.size());
    const kernels::View<float> padded{raw.data(), width, height, width};
    const kernels::View<float> out{smooth.data(), cell.width, cell.height, cell.width};
    model.detector->score(model.model, cell.pair(plan.type), padded.sub(1, 1, cell.width, cell.height));
    kernels::smooth(padded, out);
    const int rim_x = cell.width > 2 * kernels::kSmoothRadius ? kernels::kSmoothRadius : 0;
    const int rim_y = cell.height > 2 * kernels::kSmoothRadius ? kernels::kSmoothRadius : 0;
    for (int y = rim_y; y < cell.height - rim_y; ++y)
      for (int x = rim_x; x < cell.width - rim_x; ++x)
        if (const float value = out.at(x, y); value == value) of_cells[i].push_back(value);
  });
  std::vector<float> scores;
  for (const std::vector<float>& some : of_cells) scores.insert(scores.end(), some.begin(), some.end());
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
  kernels::CutRule bounded = rule;
  bounded.least = detector.least_cut();
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
