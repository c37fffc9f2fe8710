// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/burn.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace tuban {
namespace {

struct Side {
  std::int32_t x, y0, y1;  // a vertical side of the outline, rows [y0, y1)
};

void encode(Encoder& to, const kernels::BandSums& sums) {
  to.put(sums.sum);
  to.put(sums.squares);
}

void decode(Decoder& from, kernels::BandSums& sums) {
  from.get(sums.sum);
  from.get(sums.squares);
}

}  // namespace

void burn(const Region& region, const std::function<void(int, int, int)>& span) {
  std::vector<Side> sides;
  for (const RegionPart& part : region.parts)
    for (const LatticeRing& ring : part.rings)
      for (std::size_t i = 1; i < ring.size(); ++i) {
        const kernels::Vertex& a = ring[i - 1];
        const kernels::Vertex& b = ring[i];
        if (a.x == b.x) sides.push_back({a.x, std::min(a.y, b.y), std::max(a.y, b.y)});
      }
  std::sort(sides.begin(), sides.end(),
            [](const Side& a, const Side& b) { return std::tie(a.y0, a.x) < std::tie(b.y0, b.x); });

  // Sides that cross the current row, by column: a pixel is inside after an odd number of them. Rows up to
  // the next change repeat the same spans.
  std::vector<Side> crossing;
  std::size_t next = 0;
  std::int32_t row = 0;
  while (next < sides.size() || !crossing.empty()) {
    if (crossing.empty()) row = sides[next].y0;
    std::erase_if(crossing, [&](const Side& side) { return side.y1 == row; });
    const auto old = static_cast<std::ptrdiff_t>(crossing.size());
    while (next < sides.size() && sides[next].y0 == row) crossing.push_back(sides[next++]);
    std::inplace_merge(crossing.begin(), crossing.begin() + old, crossing.end(),
                       [](const Side& a, const Side& b) { return a.x < b.x; });
    if (crossing.empty()) continue;
    std::int32_t until = next < sides.size() ? sides[next].y0 : crossing.front().y1;
    for (const Side& side : crossing) until = std::min(until, side.y1);
    for (; row < until; ++row)
      for (std::size_t i = 0; i + 1 < crossing.size(); i += 2) span(row, crossing[i].x, crossing[i + 1].x);
  }
}

void encode(Encoder& to, const Region& region, int bands) {
  const kernels::RegionStats& stats = region.stats;
  to.put(region.id);
  to.put(static_cast<std::uint8_t>(region.kind));
  to.put(static_cast<std::uint8_t>(region.cut));
  to.put(stats.first_pixel);
  to.put(stats.pixels);
  for (const std::int32_t bound : {stats.min_x, stats.min_y, stats.max_x, stats.max_y}) to.put(bound);
  for (const kernels::Int128& moment : {stats.sum_x, stats.sum_y, stats.sum_xx, stats.sum_yy, stats.sum_xy})
    to.put(moment);
  for (const std::int64_t count : {stats.horizontal_edges, stats.vertical_edges, stats.invalid_edges,
                                   stats.score_sum, stats.score_max, stats.clamped})
    to.put(count);
  for (std::size_t b = 0; b < static_cast<std::size_t>(bands); ++b) {
    encode(to, stats.before[b]);
    encode(to, stats.after[b]);
  }
  std::size_t bytes = sizeof(std::uint64_t);
  for (const RegionPart& part : region.parts) {
    bytes += sizeof(std::uint64_t);
    for (const LatticeRing& ring : part.rings)
      bytes += sizeof(std::uint64_t) + ring.size() * sizeof(kernels::Vertex);
  }
  to.reserve(bytes);  // a buffer that doubles would take twice what a giant region does
  to.put(static_cast<std::uint64_t>(region.parts.size()));
  for (const RegionPart& part : region.parts) {
    to.put(static_cast<std::uint64_t>(part.rings.size()));
    for (const LatticeRing& ring : part.rings) to.put(ring);
  }
}

Region decode_region(Decoder& from, int bands) {
  Region region;
  kernels::RegionStats& stats = region.stats;
  std::uint8_t kind = 0;
  std::uint8_t cut = 0;
  from.get(region.id);
  from.get(kind);
  region.kind = static_cast<kernels::Kind>(kind);
  from.get(cut);
  region.cut = cut != 0;
  from.get(stats.first_pixel);
  from.get(stats.pixels);
  for (int* bound : {&stats.min_x, &stats.min_y, &stats.max_x, &stats.max_y}) from.get(*bound);
  for (kernels::Int128* moment : {&stats.sum_x, &stats.sum_y, &stats.sum_xx, &stats.sum_yy, &stats.sum_xy})
    from.get(*moment);
  for (std::int64_t* count : {&stats.horizontal_edges, &stats.vertical_edges, &stats.invalid_edges,
                              &stats.score_sum, &stats.score_max, &stats.clamped})
    from.get(*count);
  for (std::size_t b = 0; b < static_cast<std::size_t>(bands); ++b) {
    decode(from, stats.before[b]);
    decode(from, stats.after[b]);
  }
  std::uint64_t parts = 0;
  from.get(parts);
  for (std::uint64_t p = 0; p < parts; ++p) {
    std::uint64_t rings = 0;
    from.get(rings);
    RegionPart& part = region.parts.emplace_back();
    for (std::uint64_t r = 0; r < rings; ++r) from.get(part.rings.emplace_back());
  }
  return region;
}

}  // namespace tuban
