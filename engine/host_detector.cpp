// SPDX-License-Identifier: Apache-2.0
#include "engine/host_detector.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/normalise.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using kernels::PairView;
using kernels::View;

// Blocks whose last quarter is scored again: those of the sample that the model is fitted on, so that a
// function of the whole block is refused before the scan begins.
constexpr int kProbedBlocks = 16;

PairView last_quarter(const PairView& pair, std::vector<const std::byte*>& planes) {
  const int x = pair.width / 2, y = pair.height / 2;
  const auto bytes = static_cast<std::ptrdiff_t>(kernels::sample_size(pair.type));
  planes.assign(pair.before.begin(), pair.before.end());
  planes.insert(planes.end(), pair.after.begin(), pair.after.end());
  for (const std::byte*& plane : planes) plane += (y * pair.stride + x) * bytes;
  const std::span<const std::byte* const> all(planes);
  const std::size_t bands = pair.before.size();
  PairView part{pair.type, pair.width - x, pair.height - y, all.first(bands), all.subspan(bands), pair.stride,
                {}};
  part.valid = pair.valid.sub(x, y, part.width, part.height);
  return part;
}

class HostScorer final : public kernels::Detector {
 public:
  explicit HostScorer(std::shared_ptr<const HostDetector> host)
      : host_(std::move(host)),
        summary_(host_->version.empty()
                     ? "a function of the host's"
                     : fmt::format("a function of the host's, version {}", host_->version)) {}

  std::string_view name() const noexcept override { return host_->name; }
  std::string_view summary() const noexcept override { return summary_; }

  kernels::Model solve(const kernels::Sample& sample, const kernels::ForEach& each) const override {
    return kernels::fit_invariant(sample, name(), each).model;
  }

  void score(const kernels::Model&, const PairView& pair, View<float> out) const override {
    fill(pair, out);
    if (pair.width < 2 || pair.height < 2 || probed_ >= kProbedBlocks) return;
    ++probed_;
    probe(pair, out);
  }

 private:
  void fill(const PairView& pair, View<float> out) const {
    host_->score({static_cast<SampleType>(pair.type), pair.width, pair.height, pair.before, pair.after,
                  pair.stride, pair.valid.data, pair.valid.stride, out.data, out.stride});
    for (int y = 0; y < pair.height; ++y)
      for (int x = 0; x < pair.width; ++x) {
        float& one = out.at(x, y);
        if (pair.valid.at(x, y) == 0 || !std::isfinite(one)) {
          one = std::numeric_limits<float>::quiet_NaN();
        } else if (one < 0) {
          throw Error(ErrorCode::usage,
                      fmt::format("detector {} of the host gives a score of {}; expected 0 or more, larger "
                                  "where more changed, and NaN where nothing is known",
                                  name(), one));
        }
      }
  }

  void probe(const PairView& pair, View<float> whole) const {
    std::vector<const std::byte*> planes;
    const PairView part = last_quarter(pair, planes);
    std::vector<float> scores(static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height));
    const View<float> again{scores.data(), part.width, part.height, part.width};
    fill(part, again);
    for (int y = 0; y < part.height; ++y)
      for (int x = 0; x < part.width; ++x) {
        const float one = whole.at(pair.width - part.width + x, pair.height - part.height + y);
        const float other = again.at(x, y);
        if (one == other || (std::isnan(one) && std::isnan(other))) continue;
        throw Error(
            ErrorCode::usage,
            fmt::format("detector {} of the host gives a pixel {} in a block of {} x {} pixels and {} "
                        "in a part of it; expected the same whatever lies around it, or the result "
                        "would depend on tiles: what is global must be fitted before the run",
                        name(), one, pair.width, pair.height, other));
      }
  }

  std::shared_ptr<const HostDetector> host_;
  std::string summary_;
  mutable std::atomic<int> probed_ = 0;
};

}  // namespace

std::unique_ptr<const kernels::Detector> make_host_detector(std::shared_ptr<const HostDetector> host) {
  if (!host->score || host->name.empty())
    throw Error(ErrorCode::usage, fmt::format("the detector of the host has no {}; give one",
                                              host->score ? "name" : "function"));
  return std::make_unique<HostScorer>(std::move(host));
}

}  // namespace tuban
