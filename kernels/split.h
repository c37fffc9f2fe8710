// SPDX-License-Identifier: Apache-2.0
// Where a histogram of scores falls into two classes. Exact sums in a fixed order (G1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tuban::kernels {

/// Of a class, in squared bins: below it, all its scores are in one bin.
inline constexpr double kNoSpread = 1e-9;

/// Integer counts over [0, clip], clip > 0; what lies above is in the last bin.
class Histogram {
 public:
  static constexpr std::size_t kBins = 1024;
  Histogram(std::span<const float> scores, double clip);
  std::int64_t count(std::size_t bin) const noexcept { return count_[bin]; }
  double width() const noexcept { return width_; }
  double clip() const noexcept { return width_ * static_cast<double>(kBins); }
  /// Upper edge of a bin.
  double edge(std::size_t bin) const noexcept { return static_cast<double>(bin + 1) * width_; }

 private:
  std::array<std::int64_t, kBins> count_{};
  double width_ = 0;
};

/// Sums over bin indices: exact integers in double.
struct Class {
  double n = 0, sum = 0, squares = 0;

  void add(double count, double x) noexcept {
    n += count;
    sum += count * x;
    squares += count * x * x;
  }
  Class without(const Class& other) const noexcept {
    return {n - other.n, sum - other.sum, squares - other.squares};
  }
  double mean() const noexcept { return sum / n; }
  double variance() const noexcept { return squares / n - mean() * mean(); }
};

struct Split {
  double edge = -1;  ///< negative where no split is admissible
  Class low, high;
};

/// The bin edge above `least` of least error between two normal classes (Kittler & Illingworth 1986).
Split minimum_error_split(const Histogram& bins, double least) noexcept;
/// The same where the lower class is half a normal one about 0: the sizes of what has either sign.
Split folded_minimum_error_split(const Histogram& bins, double least) noexcept;
/// The bin edge above `least` of least variance within the classes (Otsu 1979).
Split otsu_split(const Histogram& bins, double least) noexcept;
/// Where the upper of two normal classes becomes the likelier one, fitted by at most 200 steps of EM from the
/// two classes of `start`; negative where that is nowhere.
double mixture_edge(const Histogram& bins, const Split& start) noexcept;
/// The score farthest below the line from the mode to the end of the histogram of square roots, 256 bins up
/// to the root of `clip` (Zack, Rogers & Latt 1977); negative where nothing lies above the mode.
double triangle_edge(std::span<const float> scores, double clip) noexcept;

}  // namespace tuban::kernels
