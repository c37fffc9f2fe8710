// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/staged_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "tuban/error.h"

namespace tuban {

namespace fs = std::filesystem;

namespace {

fs::path absolute_folder(const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

/// A handle that holds the folder's lock; -1 where another process has it or it is no folder of ours.
int lock_folder(const fs::path& path) {
  const int handle = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  if (handle >= 0 && ::fstat(handle, &status) == 0 && status.st_uid == ::geteuid() &&
      ::flock(handle, LOCK_EX | LOCK_NB) == 0)
    return handle;
  if (handle >= 0) ::close(handle);
  return -1;
}

constexpr std::string_view kStaged = ".tuban-", kUnique = "XXXXXX";

}  // namespace

StagedFolder::StagedFolder(const std::string& final_path, bool overwrite)
    : final_(absolute_folder(final_path)), overwrite_(overwrite) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(final_, ignored))) {
    if (!overwrite) {
      throw Error(ErrorCode::usage,
                  fmt::format("'{}' exists; --overwrite replaces an earlier delivery", final_.string()));
    }
    if (!fs::is_directory(fs::symlink_status(final_, ignored)) ||
        (!fs::exists(final_ / kDeliveryFile, ignored) && !fs::is_empty(final_, ignored))) {
      throw Error(
          ErrorCode::usage,
          fmt::format("'{}' is no earlier delivery (it has no {}), so --overwrite leaves it alone; give "
                      "another folder",
                      final_.string(), kDeliveryFile));
    }
  }
  clear_leftovers();
  std::string name =
      (final_.parent_path() / fmt::format(".{}{}{}", final_.filename().string(), kStaged, kUnique)).string();
  if (::mkdtemp(name.data()) == nullptr) fail(std::strerror(errno));
  folder_ = name;
  held_ = lock_folder(folder_);
}

void StagedFolder::clear_leftovers() const {
  const std::string before = fmt::format(".{}{}", final_.filename().string(), kStaged);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(final_.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(before) || name.size() != before.size() + kUnique.size()) continue;
    const int held = lock_folder(entry.path());
    if (held < 0) continue;
    std::error_code kept;
    fs::remove_all(entry.path(), kept);
    ::close(held);
  }
}

StagedFolder::~StagedFolder() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
  if (held_ >= 0) ::close(held_);
}

void StagedFolder::fail(const std::string& reason) const {
  throw Error(ErrorCode::runtime, fmt::format("cannot write '{}': {}", final_.string(), reason));
}

void StagedFolder::publish() {
  std::error_code error;
  // mkdtemp() made it private; a delivery is as readable as any folder this process makes.
  const fs::path open = folder_ / ".made";
  fs::create_directory(open, error);
  struct stat made {};
  if (!error && ::stat(open.c_str(), &made) == 0) ::chmod(folder_.c_str(), made.st_mode & 0777U);
  fs::remove(open, error);

  const fs::path old = folder_.string() + ".old";
  if (overwrite_ && fs::exists(final_, error)) {
    fs::rename(final_, old, error);
    if (error) fail(error.message());
  } else if (fs::exists(fs::symlink_status(final_, error))) {
    throw Error(ErrorCode::usage,
                fmt::format("'{}' has appeared meanwhile and is left alone", final_.string()));
  }
  fs::rename(folder_, final_, error);
  if (error) {
    const std::string reason = error.message();
    fs::rename(old, final_, error);
    fail(reason);
  }
  folder_.clear();
  fs::remove_all(old, error);
}

}  // namespace tuban
