// SPDX-License-Identifier: Apache-2.0
// The edge between C++ and C: exceptions become a status and a sentence, structs of C are checked and copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "bindings/c/include/tuban.h"
#include "tuban/error.h"

namespace tuban::c {

/// What a handle keeps of the last call: its status and one sentence.
class Outcome {
 public:
  void clear() noexcept { *this = Outcome(); }
  tuban_status keep(tuban_status status, const char* sentence) noexcept {
    status_ = status;
    try {
      text_ = sentence;
      known_ = nullptr;
    } catch (...) {
      known_ = "out of memory";
    }
    return status;
  }
  tuban_status status() const noexcept { return status_; }
  const char* sentence() const noexcept { return known_ ? known_ : text_.c_str(); }

 private:
  tuban_status status_ = TUBAN_OK;
  std::string text_;
  const char* known_ = nullptr;  // where there was no memory for a text
};

/// Calls `work`; whatever it throws ends here.
template <typename Work>
tuban_status guarded(Outcome& outcome, Work&& work) noexcept {
  outcome.clear();
  try {
    std::forward<Work>(work)();
    return TUBAN_OK;
  } catch (const Error& error) {
    return outcome.keep(static_cast<tuban_status>(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return outcome.keep(TUBAN_RESOURCE, "out of memory");
  } catch (const std::exception& error) {
    return outcome.keep(TUBAN_RUNTIME, error.what());
  } catch (...) {
    return outcome.keep(TUBAN_RUNTIME, "a function of the host threw something that is no std::exception");
  }
}

/// The same for a handle that may be NULL.
template <typename Handle, typename Work>
tuban_status guarded(Handle* handle, Work&& work) noexcept {
  if (handle == nullptr) return TUBAN_USAGE;
  return guarded(handle->outcome, [&] { work(*handle); });
}

/// A new handle, or NULL where memory is out.
template <typename Handle>
Handle* made() noexcept {
  try {
    return new Handle;
  } catch (...) {
    return nullptr;
  }
}

[[noreturn]] inline void refuse(const std::string& sentence) {
  throw Error(ErrorCode::usage, sentence);
}

template <typename T>
T& needed(T* pointer, const char* name) {
  if (pointer == nullptr) refuse(std::string(name) + " is NULL");
  return *pointer;
}

inline std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

inline void check_size(std::uint32_t given, std::size_t known, const char* name) {
  if (given != known)
    refuse(std::string(name) + ".struct_size is " + std::to_string(given) + "; this library knows " +
           std::to_string(known) + ": set it to sizeof(" + name +
           ") and compile with the header of the library that is linked");
}

/// A struct that the host gives, once its size is known to be ours. Structs have not grown yet: one that does
/// is copied here into a larger one of zeros.
template <typename Struct>
const Struct& taken(const Struct* given, const char* name) {
  check_size(needed(given, name).struct_size, sizeof(Struct), name);
  return *given;
}

/// Fills a struct of the host, whose size is checked first.
template <typename Struct>
void give(Struct* into, Struct value, const char* name) {
  check_size(needed(into, name).struct_size, sizeof(Struct), name);
  value.struct_size = into->struct_size;
  *into = value;
}

}  // namespace tuban::c
