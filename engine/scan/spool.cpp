// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "engine/scan/disk_error.h"
#include "tuban/error.h"

namespace tuban {
namespace {

// Large enough that a system call is rare beside the records, small beside any memory promise.
constexpr std::size_t kPendingBytes = std::size_t{1} << 20;

struct RecordHead {
  std::uint64_t length = 0;
  std::uint32_t checksum = 0;  // of length and payload, so that neither can be wrong alone
  std::uint32_t reserved = 0;
};
static_assert(sizeof(RecordHead) == 16);

std::uint32_t checksum(std::uint64_t length, std::span<const std::byte> payload) {
  uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(&length), sizeof(length));
  if (!payload.empty()) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(payload.data()), payload.size());
  }
  return static_cast<std::uint32_t>(sum);
}

// False at the end of the file.
bool read_fully(int file, std::uint64_t offset, std::span<std::byte> into,
                const std::filesystem::path& path) {
  while (!into.empty()) {
    const ssize_t got = ::pread(file, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_on_disk("read the spool", path, errno);
    if (got == 0) return false;
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace

void Encoder::put(const std::string& text) {
  put(static_cast<std::uint64_t>(text.size()));
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  buffer_.insert(buffer_.end(), bytes, bytes + text.size());
}

void Decoder::get(std::string& text) {
  const auto from = take(get_count(1));
  text.assign(reinterpret_cast<const char*>(from.data()), from.size());
}

std::size_t Decoder::get_count(std::size_t item_bytes) {
  std::uint64_t count = 0;
  get(count);
  if (count > rest_.size() / item_bytes) {
    throw Error(ErrorCode::runtime, fmt::format("a record ends early: it announces {} items of {} bytes and "
                                                "holds {} bytes",
                                                count, item_bytes, rest_.size()));
  }
  return static_cast<std::size_t>(count);
}

std::span<const std::byte> Decoder::take(std::size_t count) {
  if (count > rest_.size()) {
    throw Error(ErrorCode::runtime,
                fmt::format("a record ends early: {} bytes expected, {} left", count, rest_.size()));
  }
  const auto taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

Spool::Spool(std::filesystem::path path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file_ < 0) fail_on_disk("create the spool", path_, errno);
}

Spool::Spool(Spool&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      end_(std::exchange(other.end_, 0)),
      records_(std::exchange(other.records_, 0)),
      pending_(std::move(other.pending_)) {}

// What was not flushed is not promised, so a destructor may lose it in silence.
Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

std::uint64_t Spool::append(std::span<const std::byte> record) {
  const RecordHead head{record.size(), checksum(record.size(), record), 0};
  const auto* head_bytes = reinterpret_cast<const std::byte*>(&head);
  pending_.insert(pending_.end(), head_bytes, head_bytes + sizeof(head));
  pending_.insert(pending_.end(), record.begin(), record.end());
  const std::uint64_t offset = end_;
  end_ += sizeof(head) + record.size();
  ++records_;
  if (pending_.size() >= kPendingBytes) write_out();
  return offset;
}

void Spool::write_out() {
  std::span<const std::byte> rest = pending_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      // Keeps offsets true should the caller free space and flush again.
      const int number = errno;
      pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(rest.size()));
      fail_on_disk("write the spool", path_, number);
    }
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  pending_.clear();
}

void Spool::flush() {
  write_out();
  if (::fsync(file_) != 0) fail_on_disk("write the spool", path_, errno);
}

std::vector<std::byte> Spool::read(std::uint64_t offset) const {
  // The size comes from the file, not from end_: other threads may read while one appends.
  struct stat status {};
  if (::fstat(file_, &status) != 0) fail_on_disk("read the spool", path_, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto broken = [&](const char* what) {
    return Error(ErrorCode::runtime, fmt::format("the spool '{}' is damaged: {} at byte {} of {}",
                                                 path_.string(), what, offset, size));
  };
  RecordHead head;
  if (offset > size || size - offset < sizeof(head)) throw broken("no record");
  if (!read_fully(file_, offset, std::as_writable_bytes(std::span(&head, 1)), path_))
    throw broken("no record");
  if (head.length > size - offset - sizeof(head)) throw broken("a record that runs past the end");
  std::vector<std::byte> payload(static_cast<std::size_t>(head.length));
  if (!read_fully(file_, offset + sizeof(head), payload, path_)) throw broken("a record that ends early");
  if (checksum(head.length, payload) != head.checksum) throw broken("a record with a wrong checksum");
  return payload;
}

WorkFolder::WorkFolder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), S_IRWXU) != 0) fail_on_disk("create the work folder", path, errno);
  path_ = std::filesystem::absolute(path);
}

WorkFolder WorkFolder::inside(const std::filesystem::path& parent) {
  std::string name = (parent / "tuban-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_on_disk("create a work folder in", parent, errno);
  WorkFolder folder;
  folder.path_ = std::filesystem::absolute(name);
  return folder;
}

std::uint64_t WorkFolder::bytes() const {
  constexpr std::uint64_t kStatBlock = 512;
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      sum += static_cast<std::uint64_t>(status.st_blocks) * kStatBlock;
  }
  return sum;
}

WorkFolder::~WorkFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tuban
