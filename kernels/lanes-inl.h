// SPDX-License-Identifier: Apache-2.0
// Vectors of float32 that the dispatched kernels compute in. Included once per instruction set, after
// highway.h, hence no ordinary include guard.
#if defined(TUBAN_KERNELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TUBAN_KERNELS_LANES_INL_H
#undef TUBAN_KERNELS_LANES_INL_H
#else
#define TUBAN_KERNELS_LANES_INL_H
#endif

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

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

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tuban::kernels
HWY_AFTER_NAMESPACE();

#endif
