// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/work_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "engine/scan/disk_error.h"
#include "tuban/error.h"

namespace tuban {

namespace fs = std::filesystem;

namespace {

// Tells a work folder from any other, and whether its run is still alive: the lock goes with the process.
constexpr const char* kLock = "lock";
// Outlives the lock, so that a folder whose removal was interrupted is known for what it is.
constexpr const char* kEnd = "ended";

// -1 where it cannot be had; `number` is then errno.
int lock_file(const fs::path& folder, int flags, int& number) {
  const int file =
      ::open((folder / kLock).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, S_IRUSR | S_IWUSR);
  if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  number = errno;
  if (file >= 0) ::close(file);
  return -1;
}

// Whoever held the folder may have removed it between our opening the lock file and locking it.
bool still_there(const fs::path& folder, int lock) {
  struct stat held {};
  struct stat named {};
  return ::fstat(lock, &held) == 0 && ::lstat((folder / kLock).c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

int new_lock(const fs::path& folder) {
  int number = 0;
  const int lock = lock_file(folder, O_CREAT | O_EXCL, number);
  if (lock < 0) fail_on_disk("create the work folder", folder, number);
  return lock;
}

}  // namespace

WorkFolder::WorkFolder(fs::path path, int lock, bool kept)
    : path_(std::move(path)), lock_(lock), kept_(kept) {}

WorkFolder::WorkFolder(const fs::path& path) {
  if (::mkdir(path.c_str(), S_IRWXU) != 0) fail_on_disk("create the work folder", path, errno);
  path_ = fs::absolute(path);
  lock_ = new_lock(path_);
}

WorkFolder WorkFolder::inside(const fs::path& parent) {
  std::string name = (parent / "tuban-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_on_disk("create a work folder in", parent, errno);
  const fs::path path = fs::absolute(name);
  return WorkFolder(path, new_lock(path), false);
}

WorkFolder WorkFolder::temporary(const std::string& parent) {
  return inside(parent.empty() ? fs::temp_directory_path() : fs::path(parent));
}

std::optional<WorkFolder> WorkFolder::take(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_on_disk("look into the work folder", path, errno);
  }
  const bool ours = S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 077U) == 0;
  // A run that was killed as it began or as it ended leaves an empty folder.
  if (ours && ::rmdir(path.c_str()) == 0) return std::nullopt;
  std::error_code unknown;
  const bool ended = ours && fs::exists(path / kEnd, unknown);
  int number = ENOENT;
  const int lock = ours ? lock_file(path, ended ? O_CREAT : 0, number) : -1;
  if (lock >= 0) {
    if (still_there(path, lock)) return WorkFolder(fs::absolute(path), lock, true);
    ::close(lock);
    return std::nullopt;
  }
  if (number == EWOULDBLOCK)
    throw Error(
        ErrorCode::runtime,
        fmt::format("another run is at work on the same output (its work folder '{}' is in use); wait "
                    "for it, or give another output",
                    path.string()));
  if (ours && number != ENOENT) fail_on_disk("lock the work folder", path, number);
  throw Error(
      ErrorCode::usage,
      fmt::format("'{}' is in the way of the work folder and is none that this user's runs have left; "
                  "move it away, or choose another place with --work-folder",
                  path.string()));
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      kept_(other.kept_),
      ended_(other.ended_) {
  other.path_.clear();
}

WorkFolder::~WorkFolder() {
  if (!path_.empty() && !kept_) {
    remove_entries(false);
    ::unlink((path_ / kLock).c_str());
    ::unlink((path_ / kEnd).c_str());
    ::rmdir(path_.c_str());
  }
  if (lock_ >= 0) ::close(lock_);
}

bool WorkFolder::has(const std::string& name) const {
  struct stat status {};
  return ::lstat((path_ / name).c_str(), &status) == 0;
}

std::uint64_t WorkFolder::bytes() const {
  constexpr std::uint64_t kStatBlock = 512;
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path_, ignored)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      sum += static_cast<std::uint64_t>(status.st_blocks) * kStatBlock;
  }
  return sum;
}

void WorkFolder::leave(const std::string& name) const {
  const fs::path path = path_ / name;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) fail_on_disk("create", path, errno);
  ::close(file);
  sync_folder(path_);
}

void WorkFolder::clear() noexcept {
  remove_entries(true);
}

void WorkFolder::remove_entries(bool and_end) noexcept {
  std::error_code error, ignored;
  for (fs::directory_iterator entry(path_, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const fs::path name = entry->path().filename();
    if (name != kLock && (and_end || name != kEnd)) fs::remove_all(entry->path(), ignored);
  }
}

void WorkFolder::end() noexcept {
  ended_ = true;
  kept_ = false;
  try {
    leave(kEnd);
  } catch (const Error&) {  // a full disk does not undo what is done
  }
}

bool WorkFolder::ended() const {
  return ended_ || has(kEnd);
}

void sync_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail_on_disk("open the folder", folder, errno);
  const int number = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  // Some file systems cannot sync a folder; a name in it is then as durable as they make it.
  if (number != 0 && number != EINVAL) fail_on_disk("write the folder", folder, number);
}

}  // namespace tuban
