// SPDX-License-Identifier: Apache-2.0
#include "kernels/kind.h"

#include <array>

namespace tuban::kernels {
namespace {

constexpr float kBareNdvi = 0.22F;
constexpr float kBrighter = 1.3F;
constexpr int kMajority = 5;  // of 9
constexpr int kGrowth = 2;

}  // namespace

void find_exposed(const KindBands& bands, std::span<const BandNormalisation> normalisation,
                  const PairView& pair, View<std::uint8_t> out) noexcept {
  const auto red = static_cast<std::size_t>(bands.red);
  const auto nir = static_cast<std::size_t>(bands.nir);
  std::array<std::size_t, 3> visible{};
  std::size_t count = 0;
  for (const int band : {bands.blue, bands.green, bands.red})
    if (band >= 0) visible[count++] = static_cast<std::size_t>(band);
  with_sample_type(pair.type, [&](auto zero) {
    using Value = decltype(zero);
    const auto before = [&](std::size_t b, int y) {
      return reinterpret_cast<const Value*>(pair.before[b]) + y * pair.stride;
    };
    const auto after = [&](std::size_t b, int y) {
      return reinterpret_cast<const Value*>(pair.after[b]) + y * pair.stride;
    };
    const auto normal = [&](std::size_t b, Value value) {
      return normalisation[b].offset + normalisation[b].slope * static_cast<float>(value);
    };
    for (int y = 0; y < pair.height; ++y) {
      const std::uint8_t* valid = pair.valid.row(y);
      std::uint8_t* to = out.row(y);
      const Value* red_row = after(red, y);
      const Value* nir_row = after(nir, y);
      for (int x = 0; x < pair.width; ++x) {
        const float r = normal(red, red_row[x]);
        const float n = normal(nir, nir_row[x]);
        to[x] = valid[x] != 0 && n + r > 0 && n - r < kBareNdvi * (n + r);
      }
      for (int x = 0; x < pair.width; ++x) {
        if (to[x] == 0) continue;
        float was = 0;
        float is = 0;
        for (std::size_t i = 0; i < count; ++i) {
          was += static_cast<float>(before(visible[i], y)[x]);
          is += normal(visible[i], after(visible[i], y)[x]);
        }
        to[x] = is >= kBrighter * was;
      }
    }
  });
}

bool KindSplitter::split(View<const std::uint8_t> flags, View<const std::uint8_t> mask,
                         View<std::uint8_t> exposed, View<std::uint8_t> other) {
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
      const int sum = above[x] + above[x + 1] + above[x + 2] + here[x] + here[x + 1] + here[x + 2] +
                      below[x] + below[x + 1] + below[x + 2];
      to[x] = sum >= kMajority;
    }
  }
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* from = core.row(y);
    std::uint8_t* to = grown.row(y);
    for (int x = 0; x < mask.width; ++x)
      to[x] = static_cast<std::uint8_t>(from[x] | from[x + 1] | from[x + 2] | from[x + 3] | from[x + 4]);
  }
  std::uint8_t any = 0;
  for (int y = 0; y < mask.height; ++y) {
    const std::uint8_t* from = mask.row(y);
    std::uint8_t* to_exposed = exposed.row(y);
    std::uint8_t* to_other = other.row(y);
    for (int x = 0; x < mask.width; ++x) {
      const int near =
          grown.at(x, y) | grown.at(x, y + 1) | grown.at(x, y + 2) | grown.at(x, y + 3) | grown.at(x, y + 4);
      const bool changed = from[x] == kChanged;
      const bool bare = changed && near != 0;
      to_exposed[x] = bare ? kChanged : changed ? kUnchanged : from[x];
      to_other[x] = bare ? kUnchanged : from[x];
      any |= static_cast<std::uint8_t>(bare);
    }
  }
  return any != 0;
}

}  // namespace tuban::kernels
