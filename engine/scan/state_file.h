// SPDX-License-Identifier: Apache-2.0
// The state of a run as one file that is there whole or not at all (G4).
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/scan/spool.h"
#include "tuban/error.h"

namespace tuban {

/// Why an interrupted run cannot be gone on with, and what to do.
class CannotResume : public Error {
 public:
  explicit CannotResume(const std::string& reason);
};

/// Streams values into checksummed records under another name; commit() gives the file its own, in place of
/// an older one. Holds little memory, however long the values. Uncommitted, nothing is left.
class StateWriter {
 public:
  explicit StateWriter(std::filesystem::path path);
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  template <typename... T>
  void put(const T&... values) {
    (put_one(values), ...);
  }
  void commit();  ///< on the disk when it returns

 private:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put_one(const T& value) { put_bytes(std::as_bytes(std::span(&value, 1))); }
  template <typename T>
  void put_one(const std::vector<T>& values) {
    put_one(values.size());
    put_bytes(std::as_bytes(std::span(values)));
  }
  void put_one(const std::string& text) {
    put_one(text.size());
    put_bytes(std::as_bytes(std::span(text)));
  }
  void put_bytes(std::span<const std::byte> bytes);

  std::filesystem::path path_, unfinished_;
  std::optional<Spool> spool_;
  std::vector<std::byte> record_;
};

/// Reads such a file back, in the same order. The constructor reads all of it once; it throws CannotResume
/// where anything is damaged, and so does get() where there is less than it asks for.
class StateReader {
 public:
  explicit StateReader(std::filesystem::path path);

  template <typename... T>
  void get(T&... values) {
    (get_one(values), ...);
  }

 private:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void get_one(T& value) { get_bytes(std::as_writable_bytes(std::span(&value, 1))); }
  template <typename T>
  void get_one(std::vector<T>& values) {
    values.resize(get_count(sizeof(T)));
    get_bytes(std::as_writable_bytes(std::span(values)));
  }
  void get_one(std::string& text) {
    text.resize(get_count(1));
    get_bytes(std::as_writable_bytes(std::span(text)));
  }
  std::size_t get_count(std::size_t item_bytes);
  void get_bytes(std::span<std::byte> into);
  [[noreturn]] void damaged() const;

  std::filesystem::path path_;
  std::optional<Spool> spool_;
  std::vector<std::byte> record_;
  std::size_t at_ = 0;        // in record_
  std::uint64_t next_ = 0;    // the record after it
  std::uint64_t unread_ = 0;  // bytes not yet handed out
};

}  // namespace tuban
