// SPDX-License-Identifier: Apache-2.0
// Outlines as bytes. An outline goes along the lattice, mostly by short steps, so a vertex takes one byte
// instead of eight. Packed outlines are appended to each other by copying bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/region_stats.h"

namespace tuban {

using PackedBytes = std::vector<std::byte>;

/// Large buffers grow by a quarter, so that a giant region holds little that it does not use.
void append_bytes(std::span<const std::byte> bytes, PackedBytes& to);

void pack_number(std::uint64_t number, PackedBytes& to);

/// The first vertex, then the steps to the others. Each step is along x or along y; `first` is the chain's
/// beginning and `second` follows it, so that a ring can be packed from any of its vertices on.
void pack_chain(std::span<const kernels::Vertex> first, std::span<const kernels::Vertex> second,
                PackedBytes& to);

/// Reads numbers and vertices in the order in which they were packed, of the same buffer; unchecked.
class PackedReader {
 public:
  explicit PackedReader(const PackedBytes& from, std::size_t offset = 0) noexcept
      : begin_(from.data()), at_(begin_ + offset), end_(begin_ + from.size()) {}

  bool more() const noexcept { return at_ != end_; }
  std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

  std::uint64_t number() noexcept {
    auto byte = static_cast<std::uint64_t>(*at_++);
    if (byte < 0x80) return byte;
    std::uint64_t value = byte & 0x7F;
    for (unsigned shift = 7; byte >= 0x80; shift += 7) {
      byte = static_cast<std::uint64_t>(*at_++);
      value |= (byte & 0x7F) << shift;
    }
    return value;
  }
  /// A chain's first vertex.
  kernels::Vertex first() noexcept {
    vertex_.x = static_cast<std::int32_t>(number());
    vertex_.y = static_cast<std::int32_t>(number());
    return vertex_;
  }
  /// The vertex after the one read last.
  kernels::Vertex next() noexcept {
    const std::uint64_t step = number();
    const std::uint64_t size = step >> 1;
    const auto delta = static_cast<std::int64_t>(size >> 1) ^ -static_cast<std::int64_t>(size & 1);
    std::int32_t& along = (step & 1) != 0 ? vertex_.y : vertex_.x;
    along = static_cast<std::int32_t>(along + delta);
    return vertex_;
  }

 private:
  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  kernels::Vertex vertex_;
};

}  // namespace tuban
