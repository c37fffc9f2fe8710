// SPDX-License-Identifier: Apache-2.0
#include "kernels/kind.h"

#include <algorithm>

#include "kernels/mask_ops.h"

namespace tuban::kernels {
namespace {

constexpr int kGrowth = 2;

// The row, moved down by `n` bits (pixel x becomes pixel x - n).
std::uint64_t lowered(const std::uint64_t* row, int words, int i, int n) noexcept {
  return row[i] >> n | (i + 1 < words ? row[i + 1] << (64 - n) : 0);
}

bool empty(const BitPlane& plane, int first, int count) noexcept {
  return std::all_of(plane.row(first), plane.row(first) + std::ptrdiff_t{count} * plane.words(),
                     [](std::uint64_t word) { return word == 0; });
}

// Of three numbers of two bits each (0 .. 3): whether their sum is at least 5.
std::uint64_t at_least_five(std::uint64_t a0, std::uint64_t a1, std::uint64_t b0, std::uint64_t b1,
                            std::uint64_t c0, std::uint64_t c1) noexcept {
  const std::uint64_t ones = a0 ^ b0 ^ c0;
  const std::uint64_t carry = (a0 & b0) | (c0 & (a0 ^ b0));
  // Four bits of weight 2: the sum is 2 n + ones.
  const std::uint64_t one_of_ab = a1 ^ b1;
  const std::uint64_t both_ab = a1 & b1;
  const std::uint64_t one_of_c = c1 ^ carry;
  const std::uint64_t both_c = c1 & carry;
  const std::uint64_t two = both_ab | both_c | (one_of_ab & one_of_c);
  const std::uint64_t three = (both_ab & (one_of_c | both_c)) | (both_c & one_of_ab);
  return three | (two & ones);
}

}  // namespace

void find_kinds(const RoleBands& bands, std::span<const BandNormalisation> normalisation,
                const PairView& pair, const BitPlane& where, KindFlags& out) {
  out.exposed.reset(where.width(), where.height());
  out.water.reset(where.width(), where.height());
  mask_ops().kinds(bands, normalisation, pair, where, out);
}

const BitPlane& KindSplitter::reach(const BitPlane& changed) {
  constexpr int kSpan = 2 * kKindRadius;
  reach_.reset(changed.width() + kSpan, changed.height() + kSpan);
  for (int y = 0; y < changed.height(); ++y) {
    const std::uint64_t* from = changed.row(y);
    std::uint64_t before = 0;
    for (int i = 0; i < reach_.words(); ++i) {
      const std::uint64_t here = i < changed.words() ? from[i] : 0;
      if ((here | before) != 0) {
        std::uint64_t near = here;
        for (int n = 1; n <= kSpan; ++n) near |= here << n | before >> (64 - n);
        for (int dy = 0; dy <= kSpan; ++dy) reach_.row(y + dy)[i] |= near;
      }
      before = here;
    }
  }
  return reach_;
}

void KindSplitter::grow(const BitPlane& flags, BitPlane& grown) {
  const int words = flags.words();
  low_.reset(flags.width(), flags.height());
  high_.reset(flags.width(), flags.height());
  for (int y = 0; y < flags.height(); ++y) {
    const std::uint64_t* from = flags.row(y);
    for (int i = 0; i < words; ++i) {
      const std::uint64_t a = from[i];
      const std::uint64_t b = lowered(from, words, i, 1);
      const std::uint64_t c = lowered(from, words, i, 2);
      low_.row(y)[i] = a ^ b ^ c;
      high_.row(y)[i] = (a & b) | (c & (a ^ b));
    }
  }
  grown.reset(flags.width(), flags.height() - 2);
  core_.resize(static_cast<std::size_t>(words));
  for (int y = 0; y < grown.height(); ++y) {
    if (empty(flags, y, 3)) continue;
    for (int i = 0; i < words; ++i)
      core_[static_cast<std::size_t>(i)] =
          at_least_five(low_.row(y)[i], high_.row(y)[i], low_.row(y + 1)[i], high_.row(y + 1)[i],
                        low_.row(y + 2)[i], high_.row(y + 2)[i]);
    for (int i = 0; i < words; ++i) {
      std::uint64_t near = core_[static_cast<std::size_t>(i)];
      for (int n = 1; n <= 2 * kGrowth; ++n) near |= lowered(core_.data(), words, i, n);
      grown.row(y)[i] = near;
    }
  }
}

const std::array<BitPlane, kKinds>& KindSplitter::split(const KindFlags& flags, const BitPlane& changed) {
  grow(flags.exposed, grown_exposed_);
  grow(flags.water, grown_water_);
  for (BitPlane& plane : kinds_) plane.reset(changed.width(), changed.height());
  for (int y = 0; y < changed.height(); ++y) {
    const std::uint64_t* from = changed.row(y);
    for (int i = 0; i < changed.words(); ++i) {
      if (from[i] == 0) continue;
      std::uint64_t exposed = 0;
      std::uint64_t water = 0;
      for (int dy = 0; dy <= 2 * kGrowth; ++dy) {
        exposed |= grown_exposed_.row(y + dy)[i];
        water |= grown_water_.row(y + dy)[i];
      }
      kinds_[0].row(y)[i] = from[i] & ~exposed & ~water;
      kinds_[1].row(y)[i] = from[i] & exposed;
      kinds_[2].row(y)[i] = from[i] & water & ~exposed;
    }
  }
  return kinds_;
}

}  // namespace tuban::kernels
