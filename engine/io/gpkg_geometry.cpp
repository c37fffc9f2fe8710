// SPDX-License-Identifier: Apache-2.0
#include "engine/io/gpkg_geometry.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "tuban/error.h"

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

void put_wkb(std::byte*& to, const MultiPolygon& parts) {
  put_head(to, kMultiPolygon, parts.size());
  for (const Polygon& part : parts) {
    put_head(to, kPolygon, part.rings.size());
    for (const Ring& ring : part.rings) {
      put(to, static_cast<std::uint32_t>(ring.size()));
      if (!ring.empty()) std::memcpy(to, ring.data(), ring.size() * sizeof(Point));
      to += ring.size() * sizeof(Point);
    }
  }
}

void measure(const MultiPolygon& parts, StoredGeometry& row) {
  row.min_x = row.min_y = std::numeric_limits<double>::infinity();
  row.max_x = row.max_y = -std::numeric_limits<double>::infinity();
  for (const Polygon& part : parts) {
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

/// Takes numbers off the front of a blob.
class Taker {
 public:
  explicit Taker(std::span<const std::byte> blob) : rest_(blob) {}
  template <typename T>
  T take() {
    T value;
    std::memcpy(&value, skip(sizeof(value)), sizeof(value));
    return value;
  }
  const std::byte* skip(std::size_t bytes) {
    if (bytes > rest_.size()) refuse();
    const std::byte* const at = rest_.data();
    rest_ = rest_.subspan(bytes);
    return at;
  }
  std::size_t left() const noexcept { return rest_.size(); }
  [[noreturn]] static void refuse() {
    throw Error(ErrorCode::runtime, "a geometry of the GeoPackage is not a polygon in plane coordinates");
  }

 private:
  std::span<const std::byte> rest_;
};

std::uint32_t take_head(Taker& from) {
  if (from.take<std::uint8_t>() != kLittleEndian) Taker::refuse();
  return from.take<std::uint32_t>();
}

Polygon take_polygon(Taker& from) {
  Polygon polygon;
  for (std::uint32_t rings = from.take<std::uint32_t>(); rings > 0; --rings) {
    const std::size_t points = from.take<std::uint32_t>();
    if (points > from.left() / sizeof(Point)) Taker::refuse();
    Ring& ring = polygon.rings.emplace_back(points);
    if (points > 0) std::memcpy(ring.data(), from.skip(points * sizeof(Point)), points * sizeof(Point));
  }
  return polygon;
}

}  // namespace

MultiPolygon decode_geometry(std::span<const std::byte> blob) {
  Taker from(blob);
  if (from.take<char>() != 'G' || from.take<char>() != 'P' || from.take<char>() != 0) Taker::refuse();
  const auto flags = from.take<std::uint8_t>();
  from.skip(sizeof(std::int32_t));
  if ((flags & kIsEmpty) != 0) return {};
  // Nothing, xy, xyz, xym or xyzm.
  constexpr std::array<std::size_t, 5> kEnvelopes{0, 4, 6, 6, 8};
  const std::size_t envelope = (flags >> 1) & 7;
  if (envelope >= kEnvelopes.size()) Taker::refuse();
  from.skip(kEnvelopes[envelope] * sizeof(double));
  MultiPolygon result;
  const std::uint32_t type = take_head(from);
  if (type == kPolygon) {
    result.push_back(take_polygon(from));
  } else if (type == kMultiPolygon) {
    for (std::uint32_t parts = from.take<std::uint32_t>(); parts > 0; --parts) {
      if (take_head(from) != kPolygon) Taker::refuse();
      result.push_back(take_polygon(from));
    }
  } else {
    Taker::refuse();
  }
  return result;
}

void encode_geometry(const MultiPolygon& parts, std::int32_t srs_id, StoredGeometry& row) {
  measure(parts, row);
  const bool empty = !(row.min_x <= row.max_x);
  row.geometry.resize(kHead + (empty ? 0 : kEnvelope) + wkb_bytes(parts));
  std::byte* to = row.geometry.data();
  put(to, std::array<char, 3>{'G', 'P', 0});
  put(to, static_cast<std::uint8_t>(kLittleEndian | (empty ? kIsEmpty : kHasEnvelope)));
  put(to, srs_id);
  if (!empty) {
    for (const double edge : {row.min_x, row.max_x, row.min_y, row.max_y}) put(to, edge);
  }
  put_wkb(to, parts);
}

std::vector<std::byte> to_wkb(const MultiPolygon& parts) {
  std::vector<std::byte> wkb(wkb_bytes(parts));
  std::byte* to = wkb.data();
  put_wkb(to, parts);
  return wkb;
}

}  // namespace tuban
