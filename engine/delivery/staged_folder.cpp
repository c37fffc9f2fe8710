// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/staged_folder.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "tuban/error.h"

namespace tuban {

namespace fs = std::filesystem;

namespace {

fs::path absolute_folder(const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

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
  std::string name =
      (final_.parent_path() / fmt::format(".{}.tuban-XXXXXX", final_.filename().string())).string();
  if (::mkdtemp(name.data()) == nullptr) fail(std::strerror(errno));
  folder_ = name;
}

StagedFolder::~StagedFolder() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
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
