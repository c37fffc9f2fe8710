// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/packed_outline.h"

#include <algorithm>
#include <array>

namespace tuban {
namespace {

using kernels::Vertex;

constexpr std::size_t kLarge = 1 << 16;
constexpr std::size_t kLongest = 10;  // bytes of a number

std::byte* put_number(std::uint64_t number, std::byte* at) noexcept {
  for (; number >= 0x80; number >>= 7) *at++ = static_cast<std::byte>(number | 0x80);
  *at++ = static_cast<std::byte>(number);
  return at;
}

// Steps are made in a small buffer: appending byte by byte to a vector costs several times as much.
class ChainWriter {
 public:
  explicit ChainWriter(PackedBytes& to) noexcept : to_(to) {}
  void number(std::uint64_t value) {
    if (at_ > buffer_.data() + buffer_.size() - kLongest) flush();
    at_ = put_number(value, at_);
  }
  void step(const Vertex& from, const Vertex& to) {
    const bool down = from.x == to.x;
    const std::int64_t delta = down ? std::int64_t{to.y} - from.y : std::int64_t{to.x} - from.x;
    const auto size = static_cast<std::uint64_t>(delta) << 1 ^ static_cast<std::uint64_t>(delta >> 63);
    number(size << 1 | (down ? 1U : 0U));
  }
  void flush() {
    append_bytes({buffer_.data(), at_}, to_);
    at_ = buffer_.data();
  }

 private:
  PackedBytes& to_;
  std::array<std::byte, 256> buffer_;
  std::byte* at_ = buffer_.data();
};

}  // namespace

void append_bytes(std::span<const std::byte> bytes, PackedBytes& to) {
  const std::size_t size = to.size() + bytes.size();
  if (size > to.capacity() && size > kLarge) to.reserve(std::max(size, to.size() + to.size() / 4));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void pack_number(std::uint64_t number, PackedBytes& to) {
  std::array<std::byte, kLongest> bytes;
  append_bytes({bytes.data(), put_number(number, bytes.data())}, to);
}

void pack_chain(std::span<const Vertex> first, std::span<const Vertex> second, PackedBytes& to) {
  ChainWriter writer(to);
  writer.number(static_cast<std::uint32_t>(first[0].x));
  writer.number(static_cast<std::uint32_t>(first[0].y));
  for (std::size_t i = 1; i < first.size(); ++i) writer.step(first[i - 1], first[i]);
  if (!second.empty()) writer.step(first.back(), second[0]);
  for (std::size_t i = 1; i < second.size(); ++i) writer.step(second[i - 1], second[i]);
  writer.flush();
}

}  // namespace tuban
