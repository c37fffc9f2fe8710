// SPDX-License-Identifier: Apache-2.0
#include "engine/io/staged_output.h"

#include <cpl_vsi.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kRoom = 1 << 20;
constexpr const char* kKept = ".kept";  // what was replaced, until nobody can ask for it any more

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/// GDAL hides errno, or the failure altogether; whether another megabyte fits behind the file, for a moment,
/// tells whether space is the matter.
bool takes_no_more(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return false;
  const off_t size = ::lseek(fd, 0, SEEK_END);
  static constexpr std::array<char, kRoom / 16> kZeros{};
  bool full = false;
  for (int i = 0; i < 16 && !full; ++i) {
    const ssize_t written = ::write(fd, kZeros.data(), kZeros.size());
    full = written < 0 ? is_full(errno) : static_cast<std::size_t>(written) < kZeros.size();
  }
  if (!full && ::fsync(fd) != 0) full = is_full(errno);
  if (size < 0 || ::ftruncate(fd, size) != 0) full = true;
  ::close(fd);
  return full;
}

bool speaks_of_space(const std::string& reason) {
  for (const char* words : {"No space left", "disk is full", "File too large", "quota exceeded"}) {
    if (reason.find(words) != std::string::npos) return true;
  }
  return false;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code unknown;
    if (!entry.is_directory(unknown)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// 0 or errno. Without `replace` an existing file is left alone (EEXIST).
int move_file(const fs::path& from, const fs::path& to, bool replace) {
  if (!replace) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    // Not every file system knows the flag.
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (::access(to.c_str(), F_OK) == 0) return EEXIST;
  }
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

int sync_path(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  // Some file systems cannot sync a folder; the rename is then as durable as they make it.
  return error == EINVAL ? 0 : error;
}

constexpr std::string_view kAnyName = "XXXXXX";  // as mkdtemp() wants it

/// A file descriptor that keeps the folder locked until it is closed, by the end of the process at the
/// latest; -1 if another has it.
int lock_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return -1;
}

/// Folders of that name whose process was killed: private ones of this user that nobody holds locked.
void remove_leftovers(const fs::path& parent, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(parent, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    struct stat status {};
    if (name.starts_with(prefix) && name.size() == prefix.size() + kAnyName.size() &&
        ::lstat(entry->path().c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
        status.st_uid == ::geteuid() && (status.st_mode & 0777U) == S_IRWXU)
      found.push_back(entry->path());
  }
  for (const fs::path& folder : found) {
    const int fd = lock_folder(folder);
    if (fd < 0) continue;
    fs::remove_all(folder, error);
    ::close(fd);
  }
}

}  // namespace

StagedOutput::StagedOutput(const std::string& final_path, bool overwrite, bool confidential)
    : final_(fs::absolute(final_path)), overwrite_(overwrite), confidential_(confidential) {
  const std::string prefix = fmt::format(".{}.tuban-", final_.filename().string());
  remove_leftovers(final_.parent_path(), prefix);
  std::string name = (final_.parent_path() / prefix).string().append(kAnyName);
  if (::mkdtemp(name.data()) == nullptr) {
    const int error = errno;
    throw Error(is_full(error) ? ErrorCode::resource : ErrorCode::runtime,
                fmt::format("cannot write '{}': making a temporary folder beside it failed ({})",
                            final_.string(), std::strerror(error)));
  }
  folder_ = name;
  lock_ = lock_folder(folder_);
}

StagedOutput::~StagedOutput() {
  remove_folder();
  if (lock_ >= 0) ::close(lock_);
}

std::string StagedOutput::side_path(const std::string& suffix) const {
  return (folder_ / (final_.stem().string() + suffix)).string();
}

void StagedOutput::write_side_file(const std::string& suffix, const std::string& content) const {
  const std::string path = side_path(suffix);
  FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) fail(std::strerror(errno));
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const int error = errno;
  if (std::fclose(file) != 0) fail(std::strerror(errno));
  if (!written) fail(std::strerror(error));
}

void StagedOutput::sync() const {
  for (const fs::path& file : files_in(folder_)) {
    if (const int error = sync_path(file)) fail(std::strerror(error));
  }
}

void StagedOutput::require_room() const {
  // A temporary file of the driver may fill the device and be unlinked already.
  std::error_code unknown;
  const fs::space_info space = fs::space(folder_, unknown);
  if (!unknown && space.available < kRoom) fail("No space left on device");
  for (const fs::path& file : files_in(folder_)) {
    if (takes_no_more(file)) fail("no megabyte more fits behind it");
  }
}

void StagedOutput::publish() {
  const std::string own = final_.filename().string();
  if (confidential_) {
    // Until here the folder, which is private, has kept them.
    for (const fs::path& file : files_in(folder_))
      if (::chmod(file.c_str(), S_IRUSR | S_IWUSR) != 0) fail(std::strerror(errno));
  }
  if (overwrite_) {
    ::mkdir((folder_ / kKept).c_str(), S_IRWXU);
    for (const std::string& old : existing_companions(final_.string())) {
      if (fs::path(old).filename() != own) set_aside(old);
    }
  }
  for (const fs::path& file : files_in(folder_)) {
    if (file.filename() != own) move(file);
  }
  move(folder_ / own);
  sync_path(final_.parent_path());
  const bool keeps = std::any_of(changes_.begin(), changes_.end(),
                                 [](const Change& change) { return !change.kept.empty(); });
  if (!keeps) remove_folder();
}

void StagedOutput::publish_as_stream() const {
  const std::string stream(kStandardOutput);
  const std::unique_ptr<FILE, int (*)(FILE*)> in(std::fopen(path().c_str(), "rbe"), &std::fclose);
  if (in == nullptr) fail(std::strerror(errno));
  const std::unique_ptr<VSILFILE, int (*)(VSILFILE*)> out(VSIFOpenL(stream.c_str(), "wb"), &VSIFCloseL);
  std::vector<char> room(kRoom);
  errno = 0;
  bool written = out != nullptr;
  while (written) {
    const std::size_t bytes = std::fread(room.data(), 1, room.size(), in.get());
    if (bytes == 0) break;
    written = VSIFWriteL(room.data(), 1, bytes, out.get()) == bytes;
  }
  if (std::ferror(in.get()) != 0) fail(std::strerror(errno));
  if (!written || VSIFFlushL(out.get()) != 0)
    throw Error(is_full(errno) ? ErrorCode::resource : ErrorCode::runtime,
                fmt::format("cannot write '{}': {}", stream, std::strerror(errno)));
}

void StagedOutput::set_aside(const fs::path& old) {
  const fs::path kept = folder_ / kKept / old.filename();
  if (::rename(old.c_str(), kept.c_str()) == 0) changes_.push_back({old, kept});
}

void StagedOutput::move(const fs::path& file) {
  const fs::path to = final_.parent_path() / file.filename();
  fs::path kept = folder_ / kKept / file.filename();
  // A second name keeps what is replaced, and there is no moment without a file.
  if (!overwrite_ || ::link(to.c_str(), kept.c_str()) != 0) kept.clear();
  if (const int error = move_file(file, to, overwrite_)) {
    withdraw();
    if (error == EEXIST) {
      throw Error(ErrorCode::usage, fmt::format("'{}' has appeared while the job ran and is left alone; "
                                                "--overwrite would replace it",
                                                to.string()));
    }
    fail(std::strerror(error));
  }
  changes_.push_back({to, kept});
}

void StagedOutput::withdraw() noexcept {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    if (change->kept.empty()) {
      ::unlink(change->name.c_str());
    } else {
      ::rename(change->kept.c_str(), change->name.c_str());
    }
  }
  changes_.clear();
}

void StagedOutput::remove_folder() noexcept {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
  folder_.clear();
}

void StagedOutput::fail(const std::string& reason) const {
  bool full = speaks_of_space(reason);
  for (const fs::path& file : files_in(folder_)) full = full || takes_no_more(file);
  if (full) {
    throw Error(ErrorCode::resource,
                fmt::format("cannot write '{}': no space is left on the device or in the quota ({})",
                            final_.string(), reason));
  }
  throw Error(ErrorCode::runtime, fmt::format("cannot write '{}': {}", final_.string(), reason));
}

std::vector<std::string> existing_companions(const std::string& path) {
  const fs::path output(path);
  std::string extension = output.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<fs::path> names{output, path + ".aux.xml"};
  if (extension == ".shp") {
    for (const char* side : {".shx", ".dbf", ".prj", ".cpg", ".qix", ".qpj", ".sbn", ".sbx", ".shp.xml"}) {
      names.push_back(fs::path(output).replace_extension(side));
    }
  } else if (extension == ".gpkg") {
    for (const char* side : {"-wal", "-shm", "-journal"}) names.push_back(path + side);
  } else if (extension == ".tif" || extension == ".tiff") {
    for (const char* side : {".ovr", ".msk"}) names.push_back(path + side);
  }
  std::vector<std::string> existing;
  std::error_code ignored;
  for (const fs::path& name : names) {
    if (fs::exists(fs::symlink_status(name, ignored))) existing.push_back(name.string());
  }
  return existing;
}

}  // namespace tuban
