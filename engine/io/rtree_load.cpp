// SPDX-License-Identifier: Apache-2.0
#include "engine/io/rtree_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

namespace tuban {

namespace {

constexpr std::int64_t kRoot = 1;
constexpr std::int64_t kCellBytes = 8 + 4 * 4;
constexpr std::int64_t kHeadBytes = 4;
constexpr int kRowsPerStatement = 64;

/// Numbers of a node, which are big-endian.
template <typename Integer>
void put(std::byte*& to, Integer value) {
  for (int shift = static_cast<int>(sizeof(value)) * 8 - 8; shift >= 0; shift -= 8)
    *to++ = static_cast<std::byte>(value >> shift & 0xFF);
}

IndexBox bounds(const IndexBox* first, const IndexBox* last, std::int64_t node) {
  IndexBox box = *first;
  box.row = node;
  for (const IndexBox* cell = first + 1; cell != last; ++cell) {
    box.min_x = std::min(box.min_x, cell->min_x);
    box.max_x = std::max(box.max_x, cell->max_x);
    box.min_y = std::min(box.min_y, cell->min_y);
    box.max_y = std::max(box.max_y, cell->max_y);
  }
  return box;
}

/// Orders boxes so that each run of `capacity` of them lies together: columns of about as many nodes as
/// there are columns, each from bottom to top.
void tile(std::vector<IndexBox>& boxes, std::size_t capacity) {
  const auto by_x = [](const IndexBox& box) {
    return std::tuple(double{box.min_x} + double{box.max_x}, box.row);
  };
  const auto by_y = [](const IndexBox& box) {
    return std::tuple(double{box.min_y} + double{box.max_y}, box.row);
  };
  const std::size_t nodes = (boxes.size() + capacity - 1) / capacity;
  const auto columns = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(nodes))));
  const std::size_t column = (nodes + columns - 1) / columns * capacity;
  std::sort(boxes.begin(), boxes.end(), [&](const auto& a, const auto& b) { return by_x(a) < by_x(b); });
  for (std::size_t at = 0; at < boxes.size(); at += column) {
    const auto first = boxes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = boxes.begin() + static_cast<std::ptrdiff_t>(std::min(boxes.size(), at + column));
    std::sort(first, last, [&](const auto& a, const auto& b) { return by_y(a) < by_y(b); });
  }
}

struct Pair {
  std::int64_t key, value;
};

constexpr Column kRowColumns[] = {{"rowid", "", "", ColumnType::integer},
                                  {"nodeno", "", "", ColumnType::integer}};
constexpr Column kParentColumns[] = {{"nodeno", "", "", ColumnType::integer},
                                     {"parentnode", "", "", ColumnType::integer}};

void write_pairs(SqliteFile& file, const std::string& table, std::span<const Column> columns,
                 std::vector<Pair>& pairs) {
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.key < b.key; });
  SqliteRows rows(file, table, {}, columns, kRowsPerStatement);
  rows.append(static_cast<std::int64_t>(pairs.size()), [&](std::int64_t i, SqliteRows::Row& row) {
    row.set(0, pairs[static_cast<std::size_t>(i)].key);
    row.set(1, pairs[static_cast<std::size_t>(i)].value);
  });
}

}  // namespace

IndexBox index_box(std::int64_t row, double min_x, double max_x, double min_y, double max_y) noexcept {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto down = [](double value) {
    const auto near = static_cast<float>(value);
    return double{near} > value ? std::nextafter(near, -kInfinity) : near;
  };
  const auto up = [](double value) {
    const auto near = static_cast<float>(value);
    return double{near} < value ? std::nextafter(near, kInfinity) : near;
  };
  return {row, down(min_x), up(max_x), down(min_y), up(max_y)};
}

void load_rtree(SqliteFile& file, const std::string& table, std::vector<IndexBox> boxes) {
  if (boxes.empty()) return;
  // The size of all nodes is that of the root, which stands as soon as the table does.
  const std::int64_t node_bytes = file.number(
      fmt::format("SELECT length(data) FROM {} WHERE nodeno = {}", quoted(table + "_node", '"'), kRoot));
  const auto capacity =
      static_cast<std::size_t>(std::max<std::int64_t>(2, (node_bytes - kHeadBytes) / kCellBytes));
  std::vector<std::byte> node(kHeadBytes + capacity * kCellBytes);
  node.resize(std::max(node.size(), static_cast<std::size_t>(node_bytes)));
  SqliteStatement write(
      file, fmt::format("REPLACE INTO {} (nodeno, data) VALUES (?, ?)", quoted(table + "_node", '"')));

  std::vector<Pair> rows, parents;
  std::int64_t next_node = kRoot + 1;
  for (int depth = 0;; ++depth) {
    const bool root = boxes.size() <= capacity;
    tile(boxes, capacity);
    std::vector<IndexBox> above;
    for (std::size_t at = 0; at < boxes.size(); at += capacity) {
      const IndexBox* const first = boxes.data() + at;
      const IndexBox* const last = boxes.data() + std::min(boxes.size(), at + capacity);
      const std::int64_t number = root ? kRoot : next_node++;
      std::byte* to = node.data();
      put(to, static_cast<std::uint16_t>(root ? depth : 0));
      put(to, static_cast<std::uint16_t>(last - first));
      for (const IndexBox* cell = first; cell != last; ++cell) {
        put(to, static_cast<std::uint64_t>(cell->row));
        for (const float edge : {cell->min_x, cell->max_x, cell->min_y, cell->max_y})
          put(to, std::bit_cast<std::uint32_t>(edge));
        (depth == 0 ? rows : parents).push_back({cell->row, number});
      }
      std::fill(to, node.data() + node.size(), std::byte{0});
      write.bind(1, number);
      write.bind(2, node);
      write.step();
      above.push_back(bounds(first, last, number));
    }
    if (root) break;
    boxes = std::move(above);
  }
  write_pairs(file, table + "_rowid", kRowColumns, rows);
  write_pairs(file, table + "_parent", kParentColumns, parents);
}

}  // namespace tuban
