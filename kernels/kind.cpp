// SPDX-License-Identifier: Apache-2.0
#include "kernels/kind.h"

namespace tuban::kernels {
namespace {

constexpr float kBareNdvi = 0.22F;
constexpr float kBrighter = 1.3F;
constexpr float kWaterNdwi = 0.15F;
constexpr float kWaterRise = 0.2F;
constexpr int kMajority = 5;  // of 9
constexpr int kGrowth = 2;

// (a - b) / (a + b) >= least, without a division by what may be zero.
bool index_reaches(float a, float b, float least) noexcept {
  return a + b > 0 && a - b >= least * (a + b);
}

}  // namespace

void find_kinds(const KindBands& bands, std::span<const BandNormalisation> normalisation,
                const PairView& pair, View<std::uint8_t> out) noexcept {
  const auto green = static_cast<std::size_t>(bands.green);
  const auto red = static_cast<std::size_t>(bands.red);
  const auto nir = static_cast<std::size_t>(bands.nir);
  std::array<std::size_t, 3> visible{};
  std::size_t count = 0;
  for (const int band : {bands.blue, bands.green, bands.red})
    if (band >= 0) visible[count++] = static_cast<std::size_t>(band);
  with_sample_type(pair.type, [&](auto zero) {
    using Value = decltype(zero);
    const auto before = [&](std::size_t b, int x, int y) {
      return static_cast<float>(reinterpret_cast<const Value*>(pair.before[b])[y * pair.stride + x]);
    };
    const auto after = [&](std::size_t b, int x, int y) {
      const auto value =
          static_cast<float>(reinterpret_cast<const Value*>(pair.after[b])[y * pair.stride + x]);
      return normalisation[b].offset + normalisation[b].slope * value;
    };
    const auto is_exposed = [&](int x, int y) {
      float was = 0;
      float is = 0;
      for (std::size_t i = 0; i < count; ++i) {
        was += before(visible[i], x, y);
        is += after(visible[i], x, y);
      }
      return is >= kBrighter * was;
    };
    const auto has_become_water = [&](float ndwi_above, float ndwi_sum, int x, int y) {
      const float g = before(green, x, y);
      const float n = before(nir, x, y);
      return g + n > 0 && ndwi_above * (g + n) - (g - n) * ndwi_sum >= kWaterRise * ndwi_sum * (g + n);
    };
    for (int y = 0; y < pair.height; ++y) {
      const std::uint8_t* valid = pair.valid.row(y);
      std::uint8_t* to = out.row(y);
      for (int x = 0; x < pair.width; ++x) {
        to[x] = 0;
        if (valid[x] == 0) continue;
        const float n = after(nir, x, y);
        const float r = after(red, x, y);
        const float g = after(green, x, y);
        if (n + r > 0 && n - r < kBareNdvi * (n + r) && is_exposed(x, y))
          to[x] = kExposedFlag;
        else if (index_reaches(g, n, kWaterNdwi) && has_become_water(g - n, g + n, x, y))
          to[x] = kWaterFlag;
      }
    }
  });
}

void KindSplitter::split(View<const std::uint8_t> flags, View<const std::uint8_t> mask,
                         const std::array<View<std::uint8_t>, kKinds>& kinds) {
  const int width = mask.width + 2 * kGrowth;
  const int height = mask.height + 2 * kGrowth;
  core_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  grown_.resize(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(height));
  const View<std::uint8_t> core{core_.data(), width, height, width};
  const View<std::uint8_t> grown{grown_.data(), mask.width, height, mask.width};
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* above = flags.row(y);
    const std::uint8_t* here = flags.row(y + 1);
    const std::uint8_t* below = flags.row(y + 2);
    std::uint8_t* to = core.row(y);
    for (int x = 0; x < width; ++x) {
      // Nine flags of each kind are counted in one sum: exposed in its low four bits, water in the high ones.
      const int sum = above[x] + above[x + 1] + above[x + 2] + here[x] + here[x + 1] + here[x + 2] +
                      below[x] + below[x + 1] + below[x + 2];
      to[x] = static_cast<std::uint8_t>(((sum & 15) >= kMajority ? kExposedFlag : 0) |
                                        ((sum >> 4) >= kMajority ? kWaterFlag : 0));
    }
  }
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* from = core.row(y);
    std::uint8_t* to = grown.row(y);
    for (int x = 0; x < mask.width; ++x)
      to[x] = static_cast<std::uint8_t>(from[x] | from[x + 1] | from[x + 2] | from[x + 3] | from[x + 4]);
  }
  for (int y = 0; y < mask.height; ++y) {
    const std::uint8_t* from = mask.row(y);
    for (int x = 0; x < mask.width; ++x) {
      const int near =
          grown.at(x, y) | grown.at(x, y + 1) | grown.at(x, y + 2) | grown.at(x, y + 3) | grown.at(x, y + 4);
      const Kind kind = (near & kExposedFlag) != 0 ? Kind::exposed
                        : (near & kWaterFlag) != 0 ? Kind::water
                                                   : Kind::other;
      const std::uint8_t elsewhere = from[x] == kChanged ? kUnchanged : from[x];
      for (int k = 0; k < kKinds; ++k)
        kinds[static_cast<std::size_t>(k)].at(x, y) = k == static_cast<int>(kind) ? from[x] : elsewhere;
    }
  }
}

}  // namespace tuban::kernels
