// SPDX-License-Identifier: Apache-2.0
#include "kernels/view.h"

#include <algorithm>

namespace tuban::kernels {

Window intersect(const Window& a, const Window& b) noexcept {
  const int x = std::max(a.x, b.x);
  const int y = std::max(a.y, b.y);
  return {x, y, std::max(0, std::min(a.right(), b.right()) - x),
          std::max(0, std::min(a.bottom(), b.bottom()) - y)};
}

Window grown(const Window& window, int margin) noexcept {
  return {window.x - margin, window.y - margin, window.width + 2 * margin, window.height + 2 * margin};
}

const char* to_string(SampleType type) noexcept {
  switch (type) {
    case SampleType::uint8:
      return "uint8";
    case SampleType::uint16:
      return "uint16";
    case SampleType::int16:
      return "int16";
    case SampleType::float32:
      break;
  }
  return "float32";
}

}  // namespace tuban::kernels
