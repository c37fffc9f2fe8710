// SPDX-License-Identifier: Apache-2.0
// With TUBAN_TEST_STALL=seed in the environment, every stage of a wrapped pass sleeps for a pseudo-random
// time first, so that threads meet at awkward moments. Without it the pass is returned as it is.
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "engine/scan/executor.h"

namespace tuban::testing {

inline Pass stalled(Pass pass) {
  const char* text = std::getenv("TUBAN_TEST_STALL");
  if (text == nullptr) return pass;
  const std::uint64_t seed = std::strtoull(text, nullptr, 10);
  const auto wrap = [seed](std::function<void(std::int64_t, int)> stage, std::uint64_t salt) {
    return [seed, salt, stage](std::int64_t item, int slot) {
      std::uint64_t bits = (static_cast<std::uint64_t>(item) * 3 + salt + seed) * 0x9E3779B97F4A7C15ull;
      bits ^= bits >> 31;
      std::this_thread::sleep_for(std::chrono::microseconds(bits * 0xBF58476D1CE4E5B9ull >> 56));
      if (stage) stage(item, slot);
    };
  };
  pass.fetch = wrap(pass.fetch, 0);
  pass.compute = wrap(pass.compute, 1);
  pass.commit = wrap(pass.commit, 2);
  return pass;
}

}  // namespace tuban::testing
