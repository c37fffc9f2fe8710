// SPDX-License-Identifier: Apache-2.0
// Pixels that look like bare ground or new water (kind.h), a word of flags at a time. Included once per
// instruction set, as lanes-inl.h is.
#if defined(TUBAN_KERNELS_KINDS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TUBAN_KERNELS_KINDS_INL_H
#undef TUBAN_KERNELS_KINDS_INL_H
#else
#define TUBAN_KERNELS_KINDS_INL_H
#endif

#include "kernels/lanes-inl.h"
#include "kernels/mask_ops.h"

HWY_BEFORE_NAMESPACE();
namespace tuban::kernels {
namespace HWY_NAMESPACE {
namespace {

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
}  // namespace HWY_NAMESPACE
}  // namespace tuban::kernels
HWY_AFTER_NAMESPACE();

#endif
