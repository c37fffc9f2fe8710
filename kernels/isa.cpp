// SPDX-License-Identifier: Apache-2.0
#include "kernels/isa.h"

#include <hwy/detect_targets.h>

#include <cstdlib>
#include <cstring>

namespace tuban::kernels {
namespace {

Isa read_request() noexcept {
  const char* name = std::getenv("TUBAN_ISA");
  if (name != nullptr) {
    if (std::strcmp(name, "baseline") == 0) return Isa::baseline;
    if (std::strcmp(name, "sse4") == 0) return Isa::sse4;
    if (std::strcmp(name, "avx2") == 0) return Isa::avx2;
  }
  return Isa::avx512;
}

}  // namespace

std::int64_t allowed_targets(Isa isa) noexcept {
  constexpr std::int64_t kFallback = HWY_SCALAR | HWY_EMU128;
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

Isa requested_isa() noexcept {
  static const Isa requested = read_request();
  return requested;
}

}  // namespace tuban::kernels
