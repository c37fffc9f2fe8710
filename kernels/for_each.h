// SPDX-License-Identifier: Apache-2.0
// How kernels let a caller that has threads work side by side: they know none themselves.
#pragma once

#include <cstddef>
#include <functional>

namespace tuban::kernels {

/// Calls work(0) ... work(count - 1), in any order and possibly at the same time, and returns when all are
/// done. What a kernel computes does not depend on which one it is given: each call writes its own results,
/// and what is summed over calls is summed afterwards, in their order (G1).
using ForEach = std::function<void(std::size_t count, const std::function<void(std::size_t)>& work)>;

inline void in_turn(std::size_t count, const std::function<void(std::size_t)>& work) {
  for (std::size_t i = 0; i < count; ++i) work(i);
}

}  // namespace tuban::kernels
