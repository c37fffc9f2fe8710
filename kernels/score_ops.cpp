// SPDX-License-Identifier: Apache-2.0
#include "kernels/score_ops.h"

#include <algorithm>
#include <limits>

// SSSE3 adds nothing to SSE4, and vectors without a fixed size cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
// The least target must exist whatever flags the compiler was given, else `baseline` could not be asked for.
#define HWY_COMPILE_ALL_ATTAINABLE

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/score_ops.cpp"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>
#pragma GCC diagnostic pop
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tuban::kernels {
namespace HWY_NAMESPACE {
namespace {

template <typename T>
using Planes = std::array<const T*, kMaxBands>;

// One vector of pixels: where each band's samples begin. With the number of bands known to the compiler, all
// samples of a vector stay in registers; kAnyBands is for numbers that are not worth a copy of the code.
constexpr int kAnyBands = 0;

template <typename T, int kBands>
struct Pixels {
  static constexpr std::size_t kMost = kBands == kAnyBands ? kMaxBands : kBands;
  const T* const* before;
  const T* const* after;
  int at;
  int any_bands;

  HWY_INLINE std::size_t bands() const {
    return static_cast<std::size_t>(kBands == kAnyBands ? any_bands : kBands);
  }
  HWY_INLINE V x(D d, std::size_t b) const { return load(d, before[b] + at); }
  HWY_INLINE V y(D d, std::size_t b) const { return load(d, after[b] + at); }
};

// Scores are functors that return the square of the score, NaN or infinity where there is none.

struct ChangeVectorScore {
  const ChangeVector& c;

  template <typename Pixels>
  HWY_INLINE V operator()(D d, const Pixels& pixels) const {
    V sum = hn::Zero(d);
    for (std::size_t b = 0; b < pixels.bands(); ++b) {
      const V predicted = hn::Mul(hn::Set(d, c.slope[b]), pixels.y(d, b));
      const V residual = hn::Sub(hn::Sub(pixels.x(d, b), hn::Set(d, c.offset[b])), predicted);
      const V scaled = hn::Mul(residual, hn::Set(d, c.inverse_sigma[b]));
      const V square = hn::Mul(scaled, scaled);
      sum = b == 0 ? square : hn::Add(sum, square);
    }
    return sum;
  }
};

struct ClippedChangeVectorScore {
  const ChangeVector& c;
  float most;  // of a component's square

  template <typename Pixels>
  HWY_INLINE V operator()(D d, const Pixels& pixels) const {
    const V limit = hn::Set(d, most);
    V sum = hn::Zero(d);
    V clipped = hn::Zero(d);
    for (std::size_t b = 0; b < pixels.bands(); ++b) {
      const V predicted = hn::Mul(hn::Set(d, c.slope[b]), pixels.y(d, b));
      const V residual = hn::Sub(hn::Sub(pixels.x(d, b), hn::Set(d, c.offset[b])), predicted);
      const V scaled = hn::Mul(residual, hn::Set(d, c.inverse_sigma[b]));
      const V square = hn::Mul(scaled, scaled);
      sum = hn::Add(sum, square);
      clipped = hn::Add(clipped, hn::Min(square, limit));
    }
    // Min may hide a NaN; the plain sum does not.
    const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
    return hn::IfThenElse(hn::Lt(sum, infinity), clipped, infinity);
  }
};

struct LengthsScore {
  const Variates& v;

  template <typename Pixels>
  HWY_INLINE V operator()(D d, const Pixels& pixels) const {
    std::array<V, Pixels::kMost> x;
    std::array<V, Pixels::kMost> y;
    const std::size_t bands = pixels.bands();
    for (std::size_t b = 0; b < bands; ++b) {
      x[b] = hn::Sub(pixels.x(d, b), hn::Set(d, v.centre_before[b]));
      y[b] = hn::Sub(pixels.y(d, b), hn::Set(d, v.centre_after[b]));
    }
    V sum = hn::Zero(d);
    for (std::size_t j = 0; j < bands; ++j) {
      V variate = hn::Zero(d);
      for (std::size_t b = 0; b < bands; ++b) {
        const V part =
            hn::Sub(hn::Mul(hn::Set(d, v.before[j][b]), x[b]), hn::Mul(hn::Set(d, v.after[j][b]), y[b]));
        variate = b == 0 ? part : hn::Add(variate, part);
      }
      variate = hn::Sub(variate, hn::Set(d, v.shift[j]));
      const V square = hn::Mul(variate, variate);
      sum = j == 0 ? square : hn::Add(sum, square);
    }
    return sum;
  }
};

struct VariatesScore {
  LengthsScore variates;
  ChangeVectorScore change;

  template <typename Pixels>
  HWY_INLINE V operator()(D d, const Pixels& pixels) const {
    const V sum = variates(d, pixels);
    const V length = change(d, pixels);
    // Min of NaN differs between instruction sets: it must not decide.
    const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
    return hn::IfThenElse(hn::Lt(hn::Add(sum, length), infinity), hn::Min(sum, length), infinity);
  }
};

struct RatioScore {
  const std::array<float, kMaxBands>& floor;

  template <typename Pixels>
  HWY_INLINE V operator()(D d, const Pixels& pixels) const {
    V sum = hn::Zero(d);
    for (std::size_t b = 0; b < pixels.bands(); ++b) {
      const V least = hn::Set(d, floor[b]);
      const V x = pixels.x(d, b);
      const V y = pixels.y(d, b);
      const V high = hn::Max(hn::Max(x, y), least);
      const V low = hn::Max(hn::Min(x, y), least);
      const V excess = hn::Sub(hn::Div(high, low), hn::Set(d, 1.0F));
      // x - x is 0, or NaN where x is not finite, which Min and Max may hide.
      const V poison = hn::Add(hn::Sub(x, x), hn::Sub(y, y));
      sum = hn::Add(sum, hn::Add(hn::Mul(excess, excess), poison));
    }
    return sum;
  }
};

HWY_INLINE V finish(D d, V square, const std::uint8_t* valid) {
  const V nan = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
  const M is_valid = hn::Ne(load(d, valid), hn::Zero(d));
  const M is_finite = hn::Lt(square, hn::Set(d, std::numeric_limits<float>::infinity()));
  return hn::IfThenElse(hn::And(is_valid, is_finite), hn::Sqrt(square), nan);
}

template <typename T, int kBands, typename Score>
void score_rows(const PairView& pair, const Score& score, View<float> out) {
  const D d;
  const int bands = pair.bands();
  // Tails go through a padded copy, so they run the same instructions as full vectors.
  std::array<std::array<T, HWY_MAX_BYTES / sizeof(float)>, 2 * kMaxBands> tails{};
  Planes<T> before{};
  Planes<T> after{};
  Planes<T> tail_before{};
  Planes<T> tail_after{};
  for (int y = 0; y < pair.height; ++y) {
    for (int b = 0; b < bands; ++b) {
      const auto i = static_cast<std::size_t>(b);
      before[i] = reinterpret_cast<const T*>(pair.before[i]) + y * pair.stride;
      after[i] = reinterpret_cast<const T*>(pair.after[i]) + y * pair.stride;
    }
    const std::uint8_t* valid = pair.valid.row(y);
    float* target = out.row(y);
    // So many planes at once are more than the hardware looks ahead for.
    const std::ptrdiff_t ahead = y + 1 < pair.height ? pair.stride : 0;
    int x = 0;
    for (; x + kLanes <= pair.width; x += kLanes) {
      if (static_cast<std::size_t>(x) * sizeof(T) % 64 == 0)
        for (std::size_t b = 0; b < static_cast<std::size_t>(kBands == kAnyBands ? bands : kBands); ++b) {
          hwy::Prefetch(before[b] + x + ahead);
          hwy::Prefetch(after[b] + x + ahead);
        }
      const Pixels<T, kBands> pixels{before.data(), after.data(), x, bands};
      hn::StoreU(finish(d, score(d, pixels), valid + x), d, target + x);
    }
    if (x == pair.width) continue;
    const auto rest = static_cast<std::size_t>(pair.width - x);
    std::array<std::uint8_t, HWY_MAX_BYTES / sizeof(float)> tail_valid{};
    std::array<float, HWY_MAX_BYTES / sizeof(float)> tail_out{};
    for (std::size_t b = 0; b < static_cast<std::size_t>(bands); ++b) {
      std::copy_n(before[b] + x, rest, tails[2 * b].begin());
      std::copy_n(after[b] + x, rest, tails[2 * b + 1].begin());
      tail_before[b] = tails[2 * b].data();
      tail_after[b] = tails[2 * b + 1].data();
    }
    std::copy_n(valid + x, rest, tail_valid.begin());
    const Pixels<T, kBands> pixels{tail_before.data(), tail_after.data(), 0, bands};
    hn::StoreU(finish(d, score(d, pixels), tail_valid.data()), d, tail_out.data());
    std::copy_n(tail_out.begin(), rest, target + x);
  }
}

template <typename T, typename Score>
void score_typed(const PairView& pair, const Score& score, View<float> out) {
  if (pair.bands() == 4) return score_rows<T, 4>(pair, score, out);
  if (pair.bands() == 3) return score_rows<T, 3>(pair, score, out);
  score_rows<T, kAnyBands>(pair, score, out);
}

// No lambda (with_sample_type) here: it would not inherit the target's instruction set.
template <typename Score>
void score_all(const PairView& pair, const Score& score, View<float> out) {
  switch (pair.type) {
    case SampleType::uint8:
      return score_typed<std::uint8_t>(pair, score, out);
    case SampleType::uint16:
      return score_typed<std::uint16_t>(pair, score, out);
    case SampleType::int16:
      return score_typed<std::int16_t>(pair, score, out);
    case SampleType::float32:
      return score_typed<float>(pair, score, out);
  }
}

void change_vector(const PairView& pair, const ChangeVector& change, View<float> out) noexcept {
  score_all(pair, ChangeVectorScore{change}, out);
}

void clipped_change_vector(const PairView& pair, const ChangeVector& change, float clip,
                           View<float> out) noexcept {
  score_all(pair, ClippedChangeVectorScore{change, clip * clip}, out);
}

void variates(const PairView& pair, const Variates& v, const ChangeVector& change, View<float> out) noexcept {
  score_all(pair, VariatesScore{{v}, {change}}, out);
}

void lengths(const PairView& pair, const Variates& v, View<float> out) noexcept {
  score_all(pair, LengthsScore{v}, out);
}

void ratio(const PairView& pair, const std::array<float, kMaxBands>& floor, View<float> out) noexcept {
  score_all(pair, RatioScore{floor}, out);
}

}  // namespace

const PixelOps* table() {
  static const PixelOps kTable{change_vector, clipped_change_vector,      variates, lengths,
                               ratio,         hwy::TargetName(HWY_TARGET)};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace tuban::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tuban::kernels {
namespace {

HWY_EXPORT(table);

// A chooser of our own instead of Highway's process-wide one: a library does not switch its host's kernels.
const PixelOps& best_of(std::int64_t targets) {
  hwy::ChosenTarget chosen;
  chosen.Update(hwy::SupportedTargets() & targets);
  return *HWY_DISPATCH_TABLE(table)[chosen.GetIndex()]();
}

}  // namespace

const PixelOps* pixel_ops(Isa isa) noexcept {
  return table_of(isa, best_of);
}

const PixelOps& pixel_ops() noexcept {
  static const PixelOps& chosen = best_of(allowed_targets(requested_isa()));
  return chosen;
}

const char* active_target() noexcept {
  return pixel_ops().target;
}

}  // namespace tuban::kernels
#endif  // HWY_ONCE
