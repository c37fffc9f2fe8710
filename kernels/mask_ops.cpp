// SPDX-License-Identifier: Apache-2.0
#include "kernels/mask_ops.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

// SSSE3 adds nothing to SSE4, and vectors without a fixed size cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
// The least target must exist whatever flags the compiler was given, else `baseline` could not be asked for.
#define HWY_COMPILE_ALL_ATTAINABLE

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/mask_ops.cpp"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>
#pragma GCC diagnostic pop
#include "kernels/kinds-inl.h"
#include "kernels/lanes-inl.h"

#ifndef TUBAN_KERNELS_MASK_OPS_ONCE
#define TUBAN_KERNELS_MASK_OPS_ONCE
namespace tuban::kernels {
namespace {

// Room for a vector of the widest instruction set behind each row.
std::ptrdiff_t row_stride(int width) {
  constexpr std::ptrdiff_t kWidest = 16;
  return (width + kWidest - 1) / kWidest * kWidest + kWidest;
}

// Where the finest level says that nothing reaches the cut, the others are not computed (Scores::changed):
// rows by which the second level waits until the finest is known as far as the third will look.
int lag(const Smoothing& smoothing) {
  return smoothing.levels < 3 ? 0 : std::max(0, smoothing.level[2].radius() - smoothing.level[1].radius());
}

// Rows of level i that are needed at once: those the next level looks at, or that wait for the last one.
int ring_rows(const Smoothing& smoothing, int i) {
  int behind = i < 2 ? lag(smoothing) : 0;
  for (int k = i; k < smoothing.levels; ++k) behind += smoothing.level[static_cast<std::size_t>(k)].radius();
  const int next = i < smoothing.levels ? smoothing.level[static_cast<std::size_t>(i)].radius() : 0;
  return std::max(2 * next, behind) + 1;
}

}  // namespace
}  // namespace tuban::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace tuban::kernels {
namespace HWY_NAMESPACE {
namespace {

struct CutRow {
  V cut;
  std::uint64_t* changed;
  std::uint64_t* invalid;

  // A vector of pixels from x on, a multiple of its lanes, so that it does not cross a word's end.
  HWY_INLINE void put(D d, V value, int x) const {
    changed[x / 64] |= bits_of(d, hn::Ge(value, cut)) << (x % 64);
    // Not Ne: whether NaN differs from itself depends on the instruction set.
    const M valid = hn::Eq(value, value);
    if (!hn::AllTrue(d, valid)) invalid[x / 64] |= bits_of(d, hn::Not(valid)) << (x % 64);
  }
};

// Rows are read and written in whole vectors: what lies between a row's end and its stride is of no meaning.
struct Ring {
  float* rows = nullptr;
  float* weights = nullptr;
  std::ptrdiff_t stride = 0;
  int count = 1;

  HWY_INLINE float* row(int y) const { return rows + (y % count) * stride; }
  HWY_INLINE float* weight(int y) const { return weights + (y % count) * stride; }
};

using RowsAround = std::array<const float*, 2 * Smoothing::kMostReach + 1>;

// Reaches that are known to the compiler keep all taps in registers.
constexpr int kAnyReach = 0;

// Both directions add a pixel's two neighbours of the same distance first, then the pairs from the centre
// outwards.
template <int kReach>
HWY_INLINE void down(D d, const Smoothing::Level& level, const RowsAround& rows, int from, int width,
                     float* target) {
  const int reach = kReach == kAnyReach ? level.reach : kReach;
  const auto centre = static_cast<std::size_t>(reach);
  for (int x = 0; x < width; x += kLanes) {
    // A row of scores may end where memory does.
    const int at = from + std::max(0, std::min(x, width - kLanes));
    V sum = hn::Mul(hn::Set(d, level.taps[0]), hn::LoadU(d, rows[centre] + at));
    for (std::size_t k = 1; k <= centre; ++k) {
      const V both = hn::Add(hn::LoadU(d, rows[centre - k] + at), hn::LoadU(d, rows[centre + k] + at));
      sum = hn::Add(sum, hn::Mul(hn::Set(d, level.taps[k]), both));
    }
    hn::StoreU(sum, d, target + at);
  }
}

template <int kReach>
HWY_INLINE void across(D d, const Smoothing::Level& level, const float* row, int from, int to,
                       float* target) {
  const int reach = kReach == kAnyReach ? level.reach : kReach;
  for (int x = from; x < to; x += kLanes) {
    V sum = hn::Mul(hn::Set(d, level.taps[0]), hn::LoadU(d, row + x));
    for (int k = 1; k <= reach; ++k) {
      const V both = hn::Add(hn::LoadU(d, row + x - k * level.step), hn::LoadU(d, row + x + k * level.step));
      sum = hn::Add(sum, hn::Mul(hn::Set(d, level.taps[static_cast<std::size_t>(k)]), both));
    }
    hn::StoreU(sum, d, target + x);
  }
}

// One row of a level, from the rows of the one before whose columns [from, from + width) are known.
template <int kReach>
HWY_INLINE void convolve(D d, const Smoothing::Level& level, const RowsAround& rows, int from, int width,
                         float* between, float* target) {
  down<kReach>(d, level, rows, from, width, between);
  across<kReach>(d, level, between, from + level.radius(), from + width - level.radius(), target);
}

void convolve(D d, const Smoothing::Level& level, const RowsAround& rows, int from, int width, float* between,
              float* target) {
  if (level.reach == 1) return convolve<1>(d, level, rows, from, width, between, target);
  if (level.reach == 2) return convolve<2>(d, level, rows, from, width, between, target);
  convolve<kAnyReach>(d, level, rows, from, width, between, target);
}

// The weight of a whole neighbourhood, by the additions that convolve() does.
float whole_weight(const Smoothing::Level& level) {
  const auto convolved = [&](float one) {
    float sum = level.taps[0] * one;
    for (int k = 1; k <= level.reach; ++k) sum += level.taps[static_cast<std::size_t>(k)] * (one + one);
    return sum;
  };
  return convolved(convolved(1.0F));
}

bool all_valid(D d, View<const float> in) {
  M valid = hn::Eq(hn::Zero(d), hn::Zero(d));
  for (int y = 0; y < in.height; ++y)
    for (int x = 0; x < in.width; x += kLanes) {
      const V v = hn::LoadU(d, in.row(y) + std::min(x, in.width - kLanes));
      valid = hn::And(valid, hn::Eq(v, v));
    }
  return hn::AllTrue(d, valid);
}

// Columns that are computed or left out together, as a bit each. No narrower than a vector.
constexpr int kSegment = 32;
constexpr int kMostSegments = 64;
constexpr int kRowsOfHot = 32;
static_assert(kLanes <= kSegment);

// The levels' rows that lie around the one that the input has reached. Level 0 are the scores: read where
// they are if all are valid, else copied with 0 for those that are missing.
class Cascade {
 public:
  explicit Cascade(const SmoothWork& work)
      : work_(work), levels_(work.smoothing.levels), radius_(work.smoothing.radius()) {
    const D d;
    copied_ = work.in.width < kLanes || levels_ == 0 || !all_valid(d, work.in);
    if (levels_ == 1) whole_ = whole_weight(work.smoothing.level[0]);
    sparse_ = levels_ == 3 && work.scores == Scores::changed && work.changed != nullptr &&
              work.in.width + kLanes <= kSegment * kMostSegments &&
              work.smoothing.level[2].radius() <= std::min(kSegment, kRowsOfHot / 2 - 1);
    float* next = work.scratch;
    const auto stride = row_stride(work.in.width);
    between_ = next;
    next += stride;
    for (int i = 0; i <= levels_; ++i) {
      Ring& ring = rings_[static_cast<std::size_t>(i)];
      ring.count = ring_rows(work.smoothing, i);
      ring.stride = stride;
      ring.rows = next;
      ring.weights = next + ring.count * stride;
      next += 2 * ring.count * stride;
    }
  }

  HWY_INLINE void run() {
    const D d;
    const int wait = sparse_ ? lag(work_.smoothing) : 0;
    const int height = work_.in.height;
    for (int y = 0; y < height + wait; ++y) {
      if (copied_ && y < height) copy(y);
      int reached = 0;
      for (int i = 0; i < levels_; ++i) {
        const Smoothing::Level& level = work_.smoothing.level[static_cast<std::size_t>(i)];
        const int from = reached;
        reached += level.radius();
        const int row = y - reached - (i > 0 ? wait : 0);
        if (row < reached) break;
        if (row < height - reached) step(d, level, i, from, row);
        if (i == 0 && sparse_) hot(row) = find_hot(d, row);
      }
      const int row = y - radius_ - wait;
      if (row >= radius_) finish(d, row);
    }
  }

 private:
  void copy(int y) {
    const float* from = work_.in.row(y);
    float* row = rings_[0].row(y);
    float* weight = rings_[0].weight(y);
    for (int x = 0; x < work_.in.width; ++x) {
      const bool valid = from[x] == from[x];
      row[x] = valid ? from[x] : 0.0F;
      weight[x] = valid ? 1.0F : 0.0F;
    }
  }

  HWY_INLINE void step(D d, const Smoothing::Level& level, int i, int from, int y) {
    const Ring& source = rings_[static_cast<std::size_t>(i)];
    const Ring& target = rings_[static_cast<std::size_t>(i) + 1];
    const int width = work_.in.width - 2 * from;
    RowsAround rows;
    for (int k = -level.reach; k <= level.reach; ++k) {
      const int at = y + k * level.step;
      rows[static_cast<std::size_t>(k + level.reach)] =
          i == 0 && !copied_ ? work_.in.row(at) : source.row(at);
    }
    RowsAround weights;
    if (copied_)
      for (int k = -level.reach; k <= level.reach; ++k)
        weights[static_cast<std::size_t>(k + level.reach)] = source.weight(y + k * level.step);
    const auto part = [&](int left, int columns) HWY_ATTR {
      convolve(d, level, rows, left, columns, between_, target.row(y));
      if (copied_) convolve(d, level, weights, left, columns, between_, target.weight(y));
    };
    if (!sparse_ || i == 0) return part(from, width);
    const int radius = level.radius();
    std::uint64_t wanted = i == 2 ? hot(y) : seen_from_hot(y);
    while (wanted != 0) {
      const int first = std::countr_zero(wanted);
      const int count = std::countr_one(wanted >> first);
      const int left = std::max(from, first * kSegment - radius);
      const int right = std::min(from + width, (first + count) * kSegment + radius);
      if (right - left > 2 * radius) part(left, right - left);
      if (first + count >= kMostSegments) break;
      wanted &= ~std::uint64_t{0} << (first + count);
    }
  }

  std::uint64_t& hot(int y) { return hot_[static_cast<std::size_t>(y + kRowsOfHot) % kRowsOfHot]; }

  // Segments of the row in which a pixel of the output may reach the cut, as finish() looks at them.
  HWY_INLINE std::uint64_t find_hot(D d, int y) const {
    std::uint64_t segments = 0;
    if (y < radius_ || y >= work_.in.height - radius_) return segments;
    const V cut = hn::Set(d, work_.cut);
    const V over = hn::Set(d, kMostOverFinest);
    for (int at = radius_; at < work_.in.width - radius_; at += kLanes)
      if (!hn::AllFalse(d, hn::Ge(hn::Mul(over, mean(d, 1, y, at)), cut))) segments |= touched(at);
    return segments;
  }

  // Those of the second level that the third looks at from hot ones.
  std::uint64_t seen_from_hot(int y) {
    const Smoothing::Level& last = work_.smoothing.level[2];
    std::uint64_t segments = 0;
    for (int k = -last.reach; k <= last.reach; ++k) segments |= hot(y + k * last.step);
    return segments | segments << 1 | segments >> 1;
  }

  // The segments of one vector.
  static std::uint64_t touched(int at) {
    return std::uint64_t{1} << (at / kSegment) | std::uint64_t{1} << ((at + kLanes - 1) / kSegment);
  }

  // The size of a level's mean: where nothing is missing, numerators of a cascade are means already.
  HWY_INLINE V mean(D d, int i, int y, int x) const {
    const Ring& ring = rings_[static_cast<std::size_t>(i)];
    const V sum = hn::LoadU(d, ring.row(y) + x);
    if (copied_) return hn::Abs(hn::Div(sum, hn::LoadU(d, ring.weight(y) + x)));
    return hn::Abs(levels_ == 1 ? hn::Div(sum, hn::Set(d, whole_)) : sum);
  }

  HWY_INLINE void finish(D d, int y) {
    const int row = y - radius_;
    const int width = work_.out.width;
    float* target = work_.out.row(row);
    const V nan = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
    const bool cuts = work_.changed != nullptr;
    CutRow cut{hn::Set(d, work_.cut), nullptr, nullptr};
    if (cuts) {
      cut.changed = work_.changed->row(row) + work_.word;
      cut.invalid = work_.invalid->row(row) + work_.word;
    }
    for (int x = 0; x < width; x += kLanes) {
      const int at = x + radius_;
      V value;
      if (sparse_ && (hot(y) & touched(at)) == 0) {
        value = hn::Zero(d);
      } else if (levels_ == 3) {
        const V finest = mean(d, 1, y, at);
        const V most = hn::Mul(hn::Set(d, kMostOverFinest), finest);
        if (sparse_ && hn::AllFalse(d, hn::Ge(most, cut.cut))) {
          value = hn::Zero(d);
        } else {
          const V outer = hn::Sqrt(hn::Mul(finest, mean(d, 3, y, at)));
          value = hn::Min(most, hn::Sqrt(hn::Mul(mean(d, 2, y, at), outer)));
        }
      } else {
        value = mean(d, levels_, y, at);
      }
      if (copied_) {
        const V weight = hn::LoadU(d, rings_[0].weight(y) + at);
        value = hn::IfThenElse(hn::Gt(weight, hn::Zero(d)), value, nan);
      }
      if (cuts) cut.put(d, value, x);
      if (x + kLanes <= width) {
        hn::StoreU(value, d, target + x);
      } else {
        std::array<float, HWY_MAX_BYTES / sizeof(float)> last;
        hn::StoreU(value, d, last.data());
        std::copy_n(last.begin(), width - x, target + x);
      }
    }
    // Lanes behind the row's end.
    const auto spare = static_cast<unsigned>(width) % 64;
    if (!cuts || spare == 0) return;
    const std::uint64_t inside = (std::uint64_t{1} << spare) - 1;
    cut.changed[width / 64] &= inside;
    cut.invalid[width / 64] &= inside;
  }

  const SmoothWork& work_;
  int levels_;
  int radius_;
  bool copied_ = false;
  bool sparse_ = false;
  std::array<std::uint64_t, kRowsOfHot> hot_{};
  float whole_ = 1;
  float* between_ = nullptr;
  std::array<Ring, 4> rings_;
};

void smooth(const SmoothWork& work) noexcept {
  if (work.out.width > 0 && work.out.height > 0) Cascade(work).run();
}

}  // namespace

const MaskOps* mask_table() {
  static const MaskOps kTable{smooth, kinds, hwy::TargetName(HWY_TARGET)};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace tuban::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tuban::kernels {
namespace {

HWY_EXPORT(mask_table);

// A chooser of our own instead of Highway's process-wide one: a library does not switch its host's kernels.
const MaskOps& best_mask_ops(std::int64_t targets) {
  hwy::ChosenTarget chosen;
  chosen.Update(hwy::SupportedTargets() & targets);
  return *HWY_DISPATCH_TABLE(mask_table)[chosen.GetIndex()]();
}

}  // namespace

std::size_t smooth_scratch(const Smoothing& smoothing, int width) noexcept {
  std::ptrdiff_t rows = 1;
  for (int i = 0; i <= smoothing.levels; ++i) rows += 2 * ring_rows(smoothing, i);
  return static_cast<std::size_t>(rows * row_stride(width));
}

const MaskOps* mask_ops(Isa isa) noexcept {
  return table_of(isa, best_mask_ops);
}

const MaskOps& mask_ops() noexcept {
  static const MaskOps& chosen = best_mask_ops(allowed_targets(requested_isa()));
  return chosen;
}

}  // namespace tuban::kernels
#endif  // HWY_ONCE
