// SPDX-License-Identifier: Apache-2.0
// A GDAL driver that counts: "COUNT:path" opens the raster at `path` and hands on its blocks.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace tuban::testing {

/// One storage block; band 0 stands for all bands of a pixel-interleaved file, whose blocks hold them all.
struct BlockKey {
  std::string path;  ///< without "COUNT:"
  int band = 0;
  int x = 0, y = 0;  ///< in blocks
  auto operator<=>(const BlockKey&) const = default;
};

/// Registers the driver; once or often, from any thread. Blocks keep the file's shape; of a pixel-interleaved
/// file a handle remembers just the block it decoded last, as the GeoTIFF driver does.
void register_counting_driver();

/// How often each block was decoded, by all handles together, since the last reset.
std::map<BlockKey, int> block_counts();
std::int64_t block_reads();
void reset_block_counts();

/// The n-th block read from now (1 is the next) fails once with "deliberate failure"; 0: none does.
void fail_at_block_read(std::int64_t n);

}  // namespace tuban::testing
