// SPDX-License-Identifier: Apache-2.0
// How far two images of one ground lie apart, by phase correlation (Kuglin & Hines 1975) of windows of both.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/detector.h"

namespace tuban::kernels {

/// At pixel p the later image shows what the earlier one shows at p + (x, y).
struct WindowShift {
  double x = 0, y = 0;
  double response = 0;  ///< height of the peak over the root mean square of the surface; 0: nothing to match
};

/// Matches square windows. Bands are high-passed each for itself (Laplacian), windowed (Hann) and their cross
/// spectra added, so that bands which change in opposite ways do not cancel; then the spectrum is whitened,
/// and cut off where aliasing and noise begin. The peak is searched for on the continuous surface, not on
/// samples of it, so fractions of a pixel are not drawn towards whole ones. Built from + - * / and sqrt
/// alone, in one order (G1). Holds scratch memory: one per worker.
class WindowMatcher {
 public:
  /// `size`: a power of two, 16 to 1024.
  explicit WindowMatcher(int size);

  /// `pair` is size x size. Shifts up to a quarter of the size are found. Response 0 where less than 9 in 10
  /// pixels are valid or one of the dates is flat, or where a pattern repeats itself and fits in several
  /// places.
  WindowShift match(const PairView& pair);

 private:
  // Planar, so that loops over columns are vectors.
  struct Plane {
    std::vector<float> re, im;
  };
  void transform(Plane& plane) const;
  void transform_columns(Plane& plane) const;
  void transpose(std::vector<float>& values) const;
  bool high_pass(const PairView& pair, std::size_t band);
  void add_cross_spectrum();
  void whiten();
  WindowShift peak();
  double surface(const std::vector<double>& re, const std::vector<double>& im, double x, double y) const;

  int size_;
  int cut_off_;  // frequencies beyond are left out
  std::vector<float> root_re_, root_im_, hann_;
  std::vector<int> reversed_;
  std::vector<double> step_re_, step_im_;  // exp(2 pi i 2^-k / size)
  std::vector<std::uint8_t> inner_;
  std::vector<float> values_;
  Plane work_, sum_;
};

/// What windows say together.
struct Shift {
  bool found = false;
  double x = 0, y = 0;  ///< as in WindowShift
  double error = 0;     ///< standard error of x and y, the larger
  double scatter = 0;   ///< median distance of windows from (x, y)
  int used = 0;         ///< windows that agree
  int matched = 0;      ///< windows with a clear peak
};

/// The mean over windows that agree, weighted by the square of their response (to which the variance of a
/// peak is inverse). Windows without a clear peak, and those far from the median, tell of clouds or change
/// and do not count. Not found where fewer than 3 windows have a clear peak or less than half of them agree.
Shift agree(std::span<const WindowShift> windows);

}  // namespace tuban::kernels
