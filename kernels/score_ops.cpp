// SPDX-License-Identifier: Apache-2.0
#include "kernels/score_ops.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
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
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>
#pragma GCC diagnostic pop

HWY_BEFORE_NAMESPACE();
namespace tuban::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

constexpr int kLanes = static_cast<int>(HWY_LANES(float));

HWY_INLINE V load(D d, const float* p) {
  return hn::LoadU(d, p);
}

template <typename T>
HWY_INLINE V load(D d, const T* p) {
  const hn::Rebind<T, D> native;
  const hn::Rebind<std::int32_t, D> wide;
  return hn::ConvertTo(d, hn::PromoteTo(wide, hn::LoadU(native, p)));
}

template <typename T>
using Planes = std::array<const T*, kMaxBands>;

// One vector of pixels: where each band's samples begin.
template <typename T>
struct Pixels {
  const T* const* before;
  const T* const* after;
  int at;
  int bands;

  HWY_INLINE V x(D d, int b) const { return load(d, before[b] + at); }
  HWY_INLINE V y(D d, int b) const { return load(d, after[b] + at); }
};

// Scores are functors that return the square of the score, NaN or infinity where there is none.

struct ChangeVectorScore {
  const ChangeVector& c;

  template <typename T>
  HWY_INLINE V operator()(D d, const Pixels<T>& pixels) const {
    V sum = hn::Zero(d);
    for (int b = 0; b < pixels.bands; ++b) {
      const auto i = static_cast<std::size_t>(b);
      const V predicted = hn::Mul(hn::Set(d, c.slope[i]), pixels.y(d, b));
      const V residual = hn::Sub(hn::Sub(pixels.x(d, b), hn::Set(d, c.offset[i])), predicted);
      const V scaled = hn::Mul(residual, hn::Set(d, c.inverse_sigma[i]));
      sum = hn::Add(sum, hn::Mul(scaled, scaled));
    }
    return sum;
  }
};

struct VariatesScore {
  const Variates& v;
  ChangeVectorScore change;

  template <typename T>
  HWY_INLINE V operator()(D d, const Pixels<T>& pixels) const {
    std::array<V, kMaxBands> x;
    std::array<V, kMaxBands> y;
    const auto bands = static_cast<std::size_t>(pixels.bands);
    for (std::size_t b = 0; b < bands; ++b) {
      x[b] = hn::Sub(pixels.x(d, static_cast<int>(b)), hn::Set(d, v.centre_before[b]));
      y[b] = hn::Sub(pixels.y(d, static_cast<int>(b)), hn::Set(d, v.centre_after[b]));
    }
    V sum = hn::Zero(d);
    for (std::size_t j = 0; j < bands; ++j) {
      V variate = hn::Zero(d);
      for (std::size_t b = 0; b < bands; ++b) {
        const V part =
            hn::Sub(hn::Mul(hn::Set(d, v.before[j][b]), x[b]), hn::Mul(hn::Set(d, v.after[j][b]), y[b]));
        variate = hn::Add(variate, part);
      }
      variate = hn::Sub(variate, hn::Set(d, v.shift[j]));
      sum = hn::Add(sum, hn::Mul(variate, variate));
    }
    const V length = change(d, pixels);
    // Min of NaN differs between instruction sets: it must not decide.
    const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
    return hn::IfThenElse(hn::Lt(hn::Add(sum, length), infinity), hn::Min(sum, length), infinity);
  }
};

struct RatioScore {
  const std::array<float, kMaxBands>& floor;

  template <typename T>
  HWY_INLINE V operator()(D d, const Pixels<T>& pixels) const {
    V sum = hn::Zero(d);
    for (int b = 0; b < pixels.bands; ++b) {
      const V least = hn::Set(d, floor[static_cast<std::size_t>(b)]);
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

template <typename T, typename Score>
void score_typed(const PairView& pair, const Score& score, View<float> out) {
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
    int x = 0;
    for (; x + kLanes <= pair.width; x += kLanes) {
      const Pixels<T> pixels{before.data(), after.data(), x, bands};
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
    const Pixels<T> pixels{tail_before.data(), tail_after.data(), 0, bands};
    hn::StoreU(finish(d, score(d, pixels), tail_valid.data()), d, tail_out.data());
    std::copy_n(tail_out.begin(), rest, target + x);
  }
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

void variates(const PairView& pair, const Variates& v, const ChangeVector& change, View<float> out) noexcept {
  score_all(pair, VariatesScore{v, {change}}, out);
}

void ratio(const PairView& pair, const std::array<float, kMaxBands>& floor, View<float> out) noexcept {
  score_all(pair, RatioScore{floor}, out);
}

// Mean of the valid among nine, rows first: the same nine additions in the same order for every pixel.
HWY_INLINE V mean_of_nine(D d, const std::array<const float*, 3>& rows) {
  V sum = hn::Zero(d);
  V count = hn::Zero(d);
  const V one = hn::Set(d, 1.0F);
  for (const float* row : rows)
    for (int dx = -1; dx <= 1; ++dx) {
      const V v = hn::LoadU(d, row + dx);
      const M valid = hn::Eq(v, v);
      sum = hn::Add(sum, hn::IfThenElseZero(valid, v));
      count = hn::Add(count, hn::IfThenElseZero(valid, one));
    }
  const V centre = hn::LoadU(d, rows[1]);
  const V nan = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
  return hn::IfThenElse(hn::Eq(centre, centre), hn::Div(sum, count), nan);
}

void smooth(View<const float> in, View<float> out) noexcept {
  const D d;
  for (int y = 0; y < out.height; ++y) {
    const std::array rows{in.row(y) + 1, in.row(y + 1) + 1, in.row(y + 2) + 1};
    float* target = out.row(y);
    int x = 0;
    for (; x + kLanes <= out.width; x += kLanes)
      hn::StoreU(mean_of_nine(d, {rows[0] + x, rows[1] + x, rows[2] + x}), d, target + x);
    if (x == out.width) continue;
    const auto rest = static_cast<std::size_t>(out.width - x);
    std::array<std::array<float, HWY_MAX_BYTES / sizeof(float) + 2>, 3> tails{};
    std::array<float, HWY_MAX_BYTES / sizeof(float)> tail_out{};
    for (std::size_t r = 0; r < 3; ++r) std::copy_n(rows[r] + x - 1, rest + 2, tails[r].begin());
    hn::StoreU(mean_of_nine(d, {tails[0].data() + 1, tails[1].data() + 1, tails[2].data() + 1}), d,
               tail_out.data());
    std::copy_n(tail_out.begin(), rest, target + x);
  }
}

}  // namespace

const PixelOps* table() {
  static const PixelOps kTable{change_vector, variates, ratio, smooth, hwy::TargetName(HWY_TARGET)};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace tuban::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tuban::kernels {
namespace {

HWY_EXPORT(table);

constexpr std::int64_t kFallback = HWY_SCALAR | HWY_EMU128;

// What `isa` and everything below it may use.
std::int64_t allowed(Isa isa) noexcept {
#if HWY_ARCH_X86
  switch (isa) {
    case Isa::baseline:
      return kFallback;
    case Isa::sse4:
      return kFallback | HWY_SSE4;
    case Isa::avx2:
      return kFallback | HWY_SSE4 | HWY_AVX2;
    case Isa::avx512:
      break;
  }
  return kFallback | HWY_SSE4 | HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL;
#else
  return isa == Isa::baseline ? kFallback : ~std::int64_t{0};
#endif
}

// A chooser of our own instead of Highway's process-wide one: a library does not switch its host's kernels.
const PixelOps& best_of(std::int64_t targets) noexcept {
  hwy::ChosenTarget chosen;
  chosen.Update(hwy::SupportedTargets() & targets);
  return *HWY_DISPATCH_TABLE(table)[chosen.GetIndex()]();
}

Isa requested() noexcept {
  const char* name = std::getenv("TUBAN_ISA");
  if (name != nullptr) {
    if (std::strcmp(name, "baseline") == 0) return Isa::baseline;
    if (std::strcmp(name, "sse4") == 0) return Isa::sse4;
    if (std::strcmp(name, "avx2") == 0) return Isa::avx2;
  }
  return Isa::avx512;
}

}  // namespace

const PixelOps* pixel_ops(Isa isa) noexcept {
  const PixelOps& best = best_of(allowed(isa));
  if (isa == Isa::baseline) return &best;
  const Isa below = isa == Isa::avx512 ? Isa::avx2 : isa == Isa::avx2 ? Isa::sse4 : Isa::baseline;
  return &best == &best_of(allowed(below)) ? nullptr : &best;
}

const PixelOps& pixel_ops() noexcept {
  static const PixelOps& chosen = best_of(allowed(requested()));
  return chosen;
}

const char* active_target() noexcept {
  return pixel_ops().target;
}

}  // namespace tuban::kernels
#endif  // HWY_ONCE
