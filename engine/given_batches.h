// SPDX-License-Identifier: Apache-2.0
// Tables of patches, read by one thread and measured by all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/io/patch_file.h"
#include "engine/scan/executor.h"

namespace tuban {

/// Calls `make(maker, given)` for every patch of the file from any number of threads, then
/// `take(given, made)` one at a time in the order of the table.
template <typename Make, typename Take>
void each_given(PatchFile& file, const Earth& earth, const std::string& name, Executor& executor, int slots,
                std::stop_token stop, const Make& make, const Take& take) {
  constexpr std::size_t kBatch = 1024, kChunk = 64;
  using Made = decltype(make(std::declval<const GivenPatchMaker&>(), std::declval<const GivenPatch&>()));
  std::vector<std::unique_ptr<GivenPatchMaker>> makers(static_cast<std::size_t>(slots));
  std::vector<GivenPatch> batch;
  std::vector<Made> made;
  const auto measure = [&] {
    made.resize(batch.size());
    Pass pass;
    pass.count = static_cast<std::int64_t>((batch.size() + kChunk - 1) / kChunk);
    pass.slots = slots;
    pass.compute = [&](std::int64_t chunk, int slot) {
      auto& maker = makers[static_cast<std::size_t>(slot)];
      if (!maker) maker = std::make_unique<GivenPatchMaker>(earth, name, file.discreet());
      const auto first = static_cast<std::size_t>(chunk) * kChunk;
      for (std::size_t i = first; i < std::min(first + kChunk, batch.size()); ++i)
        made[i] = make(*maker, batch[i]);
    };
    executor.run(pass, stop);
    for (std::size_t i = 0; i < batch.size(); ++i) take(batch[i], std::move(made[i]));
    batch.clear();
    made.clear();
  };
  while (auto given = file.next()) {
    batch.push_back(std::move(*given));
    if (batch.size() == kBatch) measure();
  }
  measure();
}

}  // namespace tuban
