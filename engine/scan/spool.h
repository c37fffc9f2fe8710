// SPDX-License-Identifier: Apache-2.0
// Records on disk between the stages of a run: append once, read many times (G4).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tuban {

/// Packs trivially copyable values, strings and vectors of them, little-endian host layout.
class Encoder {
 public:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    buffer_.insert(buffer_.end(), bytes, bytes + sizeof(T));
  }
  void put(const std::string& text);
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put(const std::vector<T>& values) {
    put(static_cast<std::uint64_t>(values.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
    buffer_.insert(buffer_.end(), bytes, bytes + values.size() * sizeof(T));
  }
  void reserve(std::size_t bytes) { buffer_.reserve(buffer_.size() + bytes); }
  std::span<const std::byte> bytes() const noexcept { return buffer_; }
  void clear() noexcept { buffer_.clear(); }

 private:
  std::vector<std::byte> buffer_;
};

/// Unpacks what Encoder packed, in the same order. Throws Error(runtime) on a record that ends early.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : rest_(bytes) {}
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void get(T& value) {
    const auto from = take(sizeof(T));
    std::copy(from.begin(), from.end(), reinterpret_cast<std::byte*>(&value));
  }
  void get(std::string& text);
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void get(std::vector<T>& values) {
    const auto count = get_count(sizeof(T));
    const auto from = take(count * sizeof(T));
    values.resize(count);
    std::copy(from.begin(), from.end(), reinterpret_cast<std::byte*>(values.data()));
  }
  bool done() const noexcept { return rest_.empty(); }

 private:
  std::size_t get_count(std::size_t item_bytes);  // refuses a count that the rest of the record cannot hold
  std::span<const std::byte> take(std::size_t count);
  std::span<const std::byte> rest_;
};

/// An append-only file of checksummed records (length, CRC-32, payload). Appending is for one thread; reading
/// is for any number of threads. Errors are Error(runtime), a full disk Error(resource), both naming the
/// file.
class Spool {
 public:
  using Visit = std::function<void(std::uint64_t offset, std::span<const std::byte> record)>;

  /// Creates the file (mode 0600), refusing one that exists. Its folder must exist.
  explicit Spool(std::filesystem::path path);
  /// Goes on with a file that an earlier run left, or creates it. Visits the intact records that end within
  /// the first `limit` bytes, in order; at the first that does not, the file is cut.
  static Spool take_up(std::filesystem::path path, const Visit& visit, std::uint64_t limit = kEverything);
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  std::uint64_t append(std::span<const std::byte> record);  ///< the offset to read it back with
  void flush();                   ///< everything appended is on the disk (fsync) when it returns
  void settle() { write_out(); }  ///< everything appended can be read when it returns
  std::vector<std::byte> read(std::uint64_t offset) const;  ///< verified; only once it is settled or flushed
  /// The offset of the record that follows the one at `offset`, `bytes` long.
  static std::uint64_t after(std::uint64_t offset, std::size_t bytes) noexcept;

  std::int64_t records() const noexcept { return records_; }
  std::uint64_t bytes() const noexcept { return end_; }

 private:
  static constexpr std::uint64_t kEverything = ~std::uint64_t{0};
  Spool(std::filesystem::path path, int flags);
  bool read_record(std::uint64_t offset, std::uint64_t size, std::vector<std::byte>& into,
                   const char*& trouble) const;
  std::uint64_t size() const;
  void write_out();
  void write(std::span<const std::byte> bytes);
  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t end_ = 0;
  std::int64_t records_ = 0;
  std::vector<std::byte> pending_;
};

}  // namespace tuban
