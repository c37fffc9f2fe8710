// SPDX-License-Identifier: Apache-2.0
#include "engine/io/gpkg_geometry.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace tuban {

namespace {

static_assert(std::endian::native == std::endian::little, "blobs are written as the machine holds numbers");
static_assert(sizeof(Point) == 2 * sizeof(double), "points are copied whole");

constexpr std::size_t kHead = 8, kEnvelope = 4 * sizeof(double), kPartHead = 9, kCount = 4;
constexpr std::uint8_t kLittleEndian = 1, kHasEnvelope = 1 << 1, kIsEmpty = 1 << 4;
constexpr std::uint32_t kPolygon = 3, kMultiPolygon = 6;

template <typename T>
void put(std::byte*& to, const T& value) {
  std::memcpy(to, &value, sizeof(value));
  to += sizeof(value);
}

void put_head(std::byte*& to, std::uint32_t type, std::size_t count) {
  put(to, kLittleEndian);
  put(to, type);
  put(to, static_cast<std::uint32_t>(count));
}

std::size_t wkb_bytes(const MultiPolygon& parts) {
  std::size_t bytes = kPartHead;
  for (const Polygon& part : parts) {
    bytes += kPartHead;
    for (const Ring& ring : part.rings) bytes += kCount + ring.size() * sizeof(Point);
  }
  return bytes;
}

void measure(PatchRow& row) {
  row.min_x = row.min_y = std::numeric_limits<double>::infinity();
  row.max_x = row.max_y = -std::numeric_limits<double>::infinity();
  for (const Polygon& part : row.patch.geometry) {
    for (const Ring& ring : part.rings) {
      for (const Point& point : ring) {
        row.min_x = std::min(row.min_x, point.x);
        row.max_x = std::max(row.max_x, point.x);
        row.min_y = std::min(row.min_y, point.y);
        row.max_y = std::max(row.max_y, point.y);
      }
    }
  }
}

}  // namespace

void encode_geometry(PatchRow& row, std::int32_t srs_id) {
  const MultiPolygon& parts = row.patch.geometry;
  measure(row);
  const bool empty = !(row.min_x <= row.max_x);
  row.geometry.resize(kHead + (empty ? 0 : kEnvelope) + wkb_bytes(parts));
  std::byte* to = row.geometry.data();
  put(to, std::array<char, 3>{'G', 'P', 0});
  put(to, static_cast<std::uint8_t>(kLittleEndian | (empty ? kIsEmpty : kHasEnvelope)));
  put(to, srs_id);
  if (!empty) {
    for (const double edge : {row.min_x, row.max_x, row.min_y, row.max_y}) put(to, edge);
  }
  put_head(to, kMultiPolygon, parts.size());
  for (const Polygon& part : parts) {
    put_head(to, kPolygon, part.rings.size());
    for (const Ring& ring : part.rings) {
      put(to, static_cast<std::uint32_t>(ring.size()));
      std::memcpy(to, ring.data(), ring.size() * sizeof(Point));
      to += ring.size() * sizeof(Point);
    }
  }
  row.patch.geometry = {};
}

}  // namespace tuban
