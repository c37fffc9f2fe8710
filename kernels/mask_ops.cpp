// SPDX-License-Identifier: Apache-2.0
#include "kernels/mask_ops.h"

#include <algorithm>
#include <array>
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
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tuban::kernels {
namespace HWY_NAMESPACE {
namespace {

// Lane i is bit i. Read back as wide as it was written, or the store could not be forwarded.
HWY_INLINE std::uint64_t bits_of(D d, M mask) {
  using Bits = std::conditional_t<(kLanes > 8), std::uint16_t, std::uint8_t>;
  static_assert(kLanes <= 16);
  std::array<std::uint8_t, 8> bytes;
  hn::StoreMaskBits(d, mask, bytes.data());
  Bits bits = 0;
  std::memcpy(&bits, bytes.data(), sizeof bits);
  return bits;
}

using Rows = std::array<const float*, 3>;

// Mean of the valid among nine, rows first: the same nine additions in the same order for every pixel.
HWY_INLINE V mean_of_valid(D d, const Rows& rows) {
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

// The same, where as almost everywhere all are valid: a sum of nine finite scores is no NaN.
HWY_INLINE V mean_of_nine(D d, const Rows& rows) {
  V sum = hn::Zero(d);
  for (const float* row : rows)
    for (int dx = -1; dx <= 1; ++dx) sum = hn::Add(sum, hn::LoadU(d, row + dx));
  if (hn::AllTrue(d, hn::Eq(sum, sum))) return hn::Div(sum, hn::Set(d, 9.0F));
  return mean_of_valid(d, rows);
}

struct CutRow {
  V cut;
  std::uint64_t* changed;
  std::uint64_t* invalid;

  // `count` pixels from x on, which are the lanes from `first` on; they do not cross a word's end.
  HWY_INLINE void put(D d, V mean, int x, int first) const {
    changed[x / 64] |= bits_of(d, hn::Ge(mean, cut)) >> first << (x % 64);
    // Not Ne: whether NaN differs from itself depends on the instruction set.
    const M valid = hn::Eq(mean, mean);
    if (!hn::AllTrue(d, valid)) invalid[x / 64] |= bits_of(d, hn::Not(valid)) >> first << (x % 64);
  }
};

// `put(mean, x, first lane)` for each vector of a row. Where the row ends inside a vector, the last whole one
// is computed again, shifted; rows that are shorter go through a padded copy.
template <typename Put>
HWY_INLINE void smooth_row(D d, const Rows& rows, int width, float* target, const Put& put) {
  int x = 0;
  for (; x + kLanes <= width; x += kLanes) {
    const V mean = mean_of_nine(d, {rows[0] + x, rows[1] + x, rows[2] + x});
    hn::StoreU(mean, d, target + x);
    put(d, mean, x, 0);
  }
  if (x >= width) return;
  if (width > kLanes) {
    const int from = width - kLanes;
    const V mean = mean_of_nine(d, {rows[0] + from, rows[1] + from, rows[2] + from});
    hn::StoreU(mean, d, target + from);
    put(d, mean, x, x - from);
    return;
  }
  constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
  const auto count = static_cast<std::size_t>(width);
  std::array<std::array<float, HWY_MAX_BYTES / sizeof(float) + 2>, 3> padded;
  std::array<float, HWY_MAX_BYTES / sizeof(float)> means{};
  for (std::size_t r = 0; r < 3; ++r) {
    padded[r].fill(kMissing);
    std::copy_n(rows[r] - 1, count + 2, padded[r].begin());
  }
  const V mean = mean_of_nine(d, {padded[0].data() + 1, padded[1].data() + 1, padded[2].data() + 1});
  hn::StoreU(mean, d, means.data());
  std::copy_n(means.begin(), count, target);
  put(d, mean, 0, 0);
}

HWY_INLINE Rows rows_around(View<const float> in, int y) {
  return {in.row(y) + 1, in.row(y + 1) + 1, in.row(y + 2) + 1};
}

struct NoCut {
  HWY_INLINE void operator()(D, V, int, int) const {}
};

struct PutCut {
  const CutRow& row;
  HWY_INLINE void operator()(D d, V mean, int x, int first) const { row.put(d, mean, x, first); }
};

void smooth(View<const float> in, View<float> out) noexcept {
  const D d;
  for (int y = 0; y < out.height; ++y) smooth_row(d, rows_around(in, y), out.width, out.row(y), NoCut{});
}

void smooth_and_cut(View<const float> in, float cut, View<float> out, BitPlane& changed,
                    BitPlane& invalid) noexcept {
  const D d;
  const auto spare = static_cast<unsigned>(out.width) % 64;
  const std::uint64_t inside = spare == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << spare) - 1;
  for (int y = 0; y < out.height; ++y) {
    const CutRow row{hn::Set(d, cut), changed.row(y), invalid.row(y)};
    smooth_row(d, rows_around(in, y), out.width, out.row(y), PutCut{row});
    // Lanes of a padded row.
    row.changed[changed.words() - 1] &= inside;
    row.invalid[invalid.words() - 1] &= inside;
  }
}

constexpr float kBareNdvi = 0.22F;
constexpr float kBrighter = 1.3F;
constexpr float kWaterNdwi = 0.15F;
constexpr float kWaterRise = 0.2F;

// Of the bands that kinds are told by: blue (where there is one), green, red, nir.
template <typename T>
struct KindRow {
  static constexpr std::size_t kBlue = 0, kGreen = 1, kRed = 2, kNir = 3;
  std::array<const T*, 4> before{}, after{};
  const std::uint8_t* valid = nullptr;
};

struct KindMasks {
  M exposed, water;
};

template <typename T>
HWY_INLINE KindMasks kinds_at(D d, const KindRow<T>& row, const std::array<BandNormalisation, 4>& fit,
                              int x) {
  using Row = KindRow<T>;
  const V zero = hn::Zero(d);
  std::array<V, 4> was;
  std::array<V, 4> is;
  for (std::size_t b = row.before[Row::kBlue] != nullptr ? 0 : 1; b < 4; ++b) {
    was[b] = load(d, row.before[b] + x);
    const V scaled = hn::Mul(hn::Set(d, fit[b].slope), load(d, row.after[b] + x));
    is[b] = hn::Add(hn::Set(d, fit[b].offset), scaled);
  }
  const M valid = hn::Ne(load(d, row.valid + x), zero);

  V bright_was = was[Row::kGreen];
  V bright_is = is[Row::kGreen];
  if (row.before[Row::kBlue] != nullptr) {
    bright_was = hn::Add(was[Row::kBlue], bright_was);
    bright_is = hn::Add(is[Row::kBlue], bright_is);
  }
  bright_was = hn::Add(bright_was, was[Row::kRed]);
  bright_is = hn::Add(bright_is, is[Row::kRed]);

  // Indices are compared without a division by what may be zero.
  const V n = is[Row::kNir];
  const V r = is[Row::kRed];
  const V g = is[Row::kGreen];
  const V ndvi_sum = hn::Add(n, r);
  const M bare =
      hn::And(hn::Gt(ndvi_sum, zero), hn::Lt(hn::Sub(n, r), hn::Mul(hn::Set(d, kBareNdvi), ndvi_sum)));
  const M brighter = hn::Ge(bright_is, hn::Mul(hn::Set(d, kBrighter), bright_was));
  const M exposed = hn::And(valid, hn::And(bare, brighter));

  const V ndwi_sum = hn::Add(g, n);
  const V ndwi_above = hn::Sub(g, n);
  const M wet =
      hn::And(hn::Gt(ndwi_sum, zero), hn::Ge(ndwi_above, hn::Mul(hn::Set(d, kWaterNdwi), ndwi_sum)));
  const V old_sum = hn::Add(was[Row::kGreen], was[Row::kNir]);
  const V old_above = hn::Sub(was[Row::kGreen], was[Row::kNir]);
  const V rise = hn::Sub(hn::Mul(ndwi_above, old_sum), hn::Mul(old_above, ndwi_sum));
  const V least = hn::Mul(hn::Mul(hn::Set(d, kWaterRise), ndwi_sum), old_sum);
  const M wetter = hn::And(hn::Gt(old_sum, zero), hn::Ge(rise, least));
  return {exposed, hn::And(hn::AndNot(exposed, valid), hn::And(wet, wetter))};
}

// One word of pixels from `begin` on. The row has at least kLanes pixels: where it ends inside a vector, the
// last whole one is looked at, shifted.
template <typename T>
HWY_INLINE void kinds_of_word(D d, const KindRow<T>& row, const std::array<BandNormalisation, 4>& fit,
                              int begin, int width, std::uint64_t& exposed, std::uint64_t& water) {
  const int end = std::min(width, begin + 64);
  for (int x = begin; x < end; x += kLanes) {
    const int from = std::min(x, width - kLanes);
    const KindMasks masks = kinds_at(d, row, fit, from);
    exposed |= bits_of(d, masks.exposed) >> (x - from) << (x - begin);
    water |= bits_of(d, masks.water) >> (x - from) << (x - begin);
  }
}

template <typename T>
void kinds_typed(const RoleBands& bands, std::span<const BandNormalisation> normalisation,
                 const PairView& pair, const BitPlane& where, KindFlags& out) {
  const D d;
  const std::array<int, 4> band{bands.blue, bands.green, bands.red, bands.nir};
  std::array<BandNormalisation, 4> fit{};
  for (std::size_t b = 0; b < 4; ++b)
    if (band[b] >= 0) fit[b] = normalisation[static_cast<std::size_t>(band[b])];
  const bool narrow = pair.width < kLanes;
  const auto count = static_cast<std::size_t>(std::min(pair.width, kLanes));
  std::array<std::array<T, HWY_MAX_BYTES / sizeof(float)>, 8> padded{};
  std::array<std::uint8_t, HWY_MAX_BYTES / sizeof(float)> padded_valid{};
  for (int y = 0; y < pair.height; ++y) {
    const std::uint64_t* wanted = where.row(y);
    if (std::all_of(wanted, wanted + where.words(), [](std::uint64_t word) { return word == 0; })) continue;
    KindRow<T> row;
    row.valid = pair.valid.row(y);
    for (std::size_t b = 0; b < 4; ++b) {
      if (band[b] < 0) continue;
      const auto plane = static_cast<std::size_t>(band[b]);
      row.before[b] = reinterpret_cast<const T*>(pair.before[plane]) + y * pair.stride;
      row.after[b] = reinterpret_cast<const T*>(pair.after[plane]) + y * pair.stride;
      if (!narrow) continue;
      std::copy_n(row.before[b], count, padded[2 * b].begin());
      std::copy_n(row.after[b], count, padded[2 * b + 1].begin());
      row.before[b] = padded[2 * b].data();
      row.after[b] = padded[2 * b + 1].data();
    }
    if (narrow) {
      std::copy_n(row.valid, count, padded_valid.begin());
      row.valid = padded_valid.data();
    }
    for (int i = 0; i < where.words(); ++i) {
      if (wanted[i] == 0) continue;
      std::uint64_t exposed = 0;
      std::uint64_t water = 0;
      kinds_of_word(d, row, fit, i * 64, std::max(pair.width, kLanes), exposed, water);
      out.exposed.row(y)[i] = exposed & wanted[i];
      out.water.row(y)[i] = water & wanted[i];
    }
  }
}

// No lambda (with_sample_type) here: it would not inherit the target's instruction set.
void kinds(const RoleBands& bands, std::span<const BandNormalisation> normalisation, const PairView& pair,
           const BitPlane& where, KindFlags& out) noexcept {
  switch (pair.type) {
    case SampleType::uint8:
      return kinds_typed<std::uint8_t>(bands, normalisation, pair, where, out);
    case SampleType::uint16:
      return kinds_typed<std::uint16_t>(bands, normalisation, pair, where, out);
    case SampleType::int16:
      return kinds_typed<std::int16_t>(bands, normalisation, pair, where, out);
    case SampleType::float32:
      return kinds_typed<float>(bands, normalisation, pair, where, out);
  }
}

}  // namespace

const MaskOps* mask_table() {
  static const MaskOps kTable{smooth, smooth_and_cut, kinds, hwy::TargetName(HWY_TARGET)};
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

const MaskOps* mask_ops(Isa isa) noexcept {
  return table_of(isa, best_mask_ops);
}

const MaskOps& mask_ops() noexcept {
  static const MaskOps& chosen = best_mask_ops(allowed_targets(requested_isa()));
  return chosen;
}

}  // namespace tuban::kernels
#endif  // HWY_ONCE
