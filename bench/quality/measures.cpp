// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace tuban::bench {
namespace {

constexpr double kEnough = 0.3;
constexpr int kFirst = 20;

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

// Counts of the 8-connected component of changed pixels around `seed`, which is taken out of `open`.
std::pair<double, double> take_component(std::size_t seed, std::vector<bool>& open, const Image& ranks) {
  double pixels = 0;
  double covered = 0;
  std::vector<std::size_t> stack{seed};
  open[seed] = false;
  while (!stack.empty()) {
    const std::size_t at = stack.back();
    stack.pop_back();
    pixels += 1;
    covered += ranks.pixels[at] > 0 ? 1 : 0;
    const int x = static_cast<int>(at % static_cast<std::size_t>(ranks.width));
    const int y = static_cast<int>(at / static_cast<std::size_t>(ranks.width));
    for (int v = std::max(y - 1, 0); v <= std::min(y + 1, ranks.height - 1); ++v) {
      for (int u = std::max(x - 1, 0); u <= std::min(x + 1, ranks.width - 1); ++u) {
        const std::size_t next =
            static_cast<std::size_t>(v) * static_cast<std::size_t>(ranks.width) + static_cast<std::size_t>(u);
        if (!open[next]) continue;
        open[next] = false;
        stack.push_back(next);
      }
    }
  }
  return {pixels, covered};
}

}  // namespace

double Confusion::kappa() const noexcept {
  const double n = hits + false_alarms + misses + rejections;
  const double observed = (hits + rejections) / n;
  const double expected =
      ((hits + false_alarms) * (hits + misses) + (misses + rejections) * (false_alarms + rejections)) /
      (n * n);
  return expected < 1 ? (observed - expected) / (1 - expected) : 0;
}

double Confusion::f1() const noexcept {
  return hits > 0 ? 2 * hits / (2 * hits + false_alarms + misses) : 0;
}

double Confusion::precision() const noexcept {
  return share(hits, hits + false_alarms);
}

Confusion compare(const Image& mask, const Truth& truth) {
  Confusion c;
  for (std::size_t i = 0; i < truth.labels.size(); ++i) {
    if (truth.labels[i] == Label::unknown) continue;
    const bool changed = truth.labels[i] == Label::changed;
    double& cell =
        mask.pixels[i] == 1.0F ? (changed ? c.hits : c.false_alarms) : (changed ? c.misses : c.rejections);
    cell += 1;
  }
  return c;
}

double flagged_share(const Image& mask) {
  const auto count = [&](float value) {
    return static_cast<double>(std::count(mask.pixels.begin(), mask.pixels.end(), value));
  };
  return share(count(1), count(0) + count(1));
}

Ranking rank(const Image& score, const Truth& truth) {
  std::vector<std::pair<float, bool>> pixels;
  for (std::size_t i = 0; i < truth.labels.size(); ++i) {
    if (truth.labels[i] == Label::unknown) continue;
    const float value = score.pixels[i];
    pixels.emplace_back(std::isnan(value) ? -std::numeric_limits<float>::infinity() : value,
                        truth.labels[i] == Label::changed);
  }
  std::sort(pixels.begin(), pixels.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Confusion c;
  for (const auto& p : pixels) (p.second ? c.misses : c.rejections) += 1;
  const double changed = c.misses;
  const double unchanged = c.rejections;
  Ranking result;
  for (std::size_t i = 0; i < pixels.size();) {
    double hits = 0;
    double alarms = 0;
    for (const float value = pixels[i].first; i < pixels.size() && pixels[i].first == value; ++i)
      (pixels[i].second ? hits : alarms) += 1;
    result.auc += alarms * (c.hits + hits / 2);
    c = {c.hits + hits, c.false_alarms + alarms, c.misses - hits, c.rejections - alarms};
    result.average_precision += hits * c.precision();
    result.best_f1 = std::max(result.best_f1, c.f1());
  }
  result.auc = share(result.auc, changed * unchanged);
  result.average_precision = share(result.average_precision, changed);
  return result;
}

PatchAgreement compare_patches(const Image& ranks, const Truth& truth) {
  struct Counts {
    double known = 0, changed = 0;
  };
  std::map<int, Counts> patches;
  std::vector<bool> open(truth.labels.size());
  for (std::size_t i = 0; i < truth.labels.size(); ++i) {
    open[i] = truth.labels[i] == Label::changed;
    if (ranks.pixels[i] <= 0 || truth.labels[i] == Label::unknown) continue;
    Counts& counts = patches[static_cast<int>(ranks.pixels[i])];
    counts.known += 1;
    counts.changed += open[i] ? 1 : 0;
  }
  PatchAgreement result;
  double right = 0;
  double right_first = 0;
  for (const auto& [number, counts] : patches) {
    if (counts.changed < kEnough * counts.known) {
      ++result.patches;
      continue;
    }
    if (result.patches < kFirst) right_first += 1;
    right += 1;
    ++result.patches;
  }
  result.precision = share(right, result.patches);
  result.precision_first = share(right_first, std::min(result.patches, kFirst));
  double components = 0;
  double found = 0;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (!open[i]) continue;
    const auto [pixels, covered] = take_component(i, open, ranks);
    components += 1;
    found += covered >= kEnough * pixels ? 1 : 0;
  }
  result.recall = share(found, components);
  return result;
}

}  // namespace tuban::bench
