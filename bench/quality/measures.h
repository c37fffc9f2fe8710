// SPDX-License-Identifier: Apache-2.0
// Agreement of scores, masks and patches with labels.
#pragma once

#include <cstdint>
#include <vector>

namespace tuban::bench {

enum class Label : std::uint8_t { unchanged, changed, unknown };

struct Image {
  int width = 0, height = 0;
  std::vector<float> pixels;
};

struct Truth {
  int width = 0, height = 0;
  std::vector<Label> labels;
};

struct Confusion {
  double hits = 0, false_alarms = 0, misses = 0, rejections = 0;

  double kappa() const noexcept;
  double f1() const noexcept;
  double precision() const noexcept;
};

/// Unknown pixels are left out; a mask is set where it is 1, so what is invalid there counts as not flagged.
Confusion compare(const Image& mask, const Truth& truth);

/// Share of a mask's valid pixels that are set.
double flagged_share(const Image& mask);

/// Independent of any cut; ties count half in the area under the curve. Pixels without a score are last.
struct Ranking {
  double auc = 0, average_precision = 0, best_f1 = 0;
};
Ranking rank(const Image& score, const Truth& truth);

struct PatchAgreement {
  double precision = 0;        ///< share of patches that are right
  double recall = 0;           ///< share of label components that are found
  double precision_first = 0;  ///< among the first 20 by rank
  int patches = 0;             ///< those with any known pixel
};

/// `ranks` holds a patch's rank in its pixels, else 0. A patch is right where >= 30 % of its known pixels are
/// labelled; a label component (8-connected) is found where patches cover >= 30 % of it.
PatchAgreement compare_patches(const Image& ranks, const Truth& truth);

}  // namespace tuban::bench
