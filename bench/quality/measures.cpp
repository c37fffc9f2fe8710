// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/measures.h"

#include <algorithm>

namespace tuban::bench {

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
  return hits > 0 ? hits / (hits + false_alarms) : 0;
}
double Confusion::recall() const noexcept {
  return hits > 0 ? hits / (hits + misses) : 0;
}

Confusion confusion_at(const std::vector<Labelled>& pixels, float cut) noexcept {
  Confusion c;
  for (const Labelled& p : pixels) {
    double& cell =
        p.score >= cut ? (p.changed ? c.hits : c.false_alarms) : (p.changed ? c.misses : c.rejections);
    cell += 1;
  }
  return c;
}

Ranking rank(std::vector<Labelled> pixels) {
  std::sort(pixels.begin(), pixels.end(),
            [](const Labelled& a, const Labelled& b) { return a.score > b.score; });
  Confusion c;
  for (const Labelled& p : pixels) (p.changed ? c.misses : c.rejections) += 1;
  const double changed = c.misses;
  const double unchanged = c.rejections;
  Ranking result;
  for (std::size_t i = 0; i < pixels.size();) {
    double hits = 0;
    double alarms = 0;
    for (const float score = pixels[i].score; i < pixels.size() && pixels[i].score == score; ++i)
      (pixels[i].changed ? hits : alarms) += 1;
    result.auc += alarms * (c.hits + hits / 2);
    c = {c.hits + hits, c.false_alarms + alarms, c.misses - hits, c.rejections - alarms};
    result.average_precision += hits * c.precision();
    result.best_kappa = std::max(result.best_kappa, c.kappa());
    result.best_f1 = std::max(result.best_f1, c.f1());
  }
  result.auc /= changed * unchanged;
  result.average_precision /= changed;
  return result;
}

}  // namespace tuban::bench
