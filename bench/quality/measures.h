// SPDX-License-Identifier: Apache-2.0
// Agreement of scores with labels.
#pragma once

#include <vector>

namespace tuban::bench {

/// A labelled pixel.
struct Labelled {
  float score = 0;
  bool changed = false;
};

struct Confusion {
  double hits = 0, false_alarms = 0, misses = 0, rejections = 0;

  double kappa() const noexcept;
  double f1() const noexcept;
  double precision() const noexcept;
  double recall() const noexcept;
};

Confusion confusion_at(const std::vector<Labelled>& pixels, float cut) noexcept;

/// Independent of any cut; ties count half in the area under the curve.
struct Ranking {
  double auc = 0;
  double average_precision = 0;
  double best_kappa = 0;
  double best_f1 = 0;
};
Ranking rank(std::vector<Labelled> pixels);

}  // namespace tuban::bench
