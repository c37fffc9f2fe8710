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

Spool::Spool(std::filesystem::path path, int flags) : path_(std::move(path)) {
  file_ =
      ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, S_IRUSR | S_IWUSR);
  if (file_ < 0) fail_on_disk("create the spool", path_, errno);
}

Spool::Spool(std::filesystem::path path) : Spool(std::move(path), O_EXCL) {}

Spool Spool::take_up(std::filesystem::path path, const Visit& visit, std::uint64_t limit) {
  Spool spool(std::move(path), 0);
  limit = std::min(limit, spool.size());
  std::vector<std::byte> record;
  const char* ignored = nullptr;
  while (spool.read_record(spool.end_, limit, record, ignored)) {
    visit(spool.end_, record);
    spool.end_ = after(spool.end_, record.size());
    ++spool.records_;
  }
  if (::ftruncate(spool.file_, static_cast<off_t>(spool.end_)) != 0)
    fail_on_disk("cut the spool", spool.path_, errno);
  return spool;
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
  const std::uint64_t offset = end_;
  end_ = after(offset, record.size());
  ++records_;
  if (record.size() < kPendingBytes) {
    pending_.insert(pending_.end(), record.begin(), record.end());
    if (pending_.size() >= kPendingBytes) write_out();
  } else {  // not copied: such a record may be a good part of what memory there is
    try {
      write_out();
    } catch (...) {
      pending_.insert(pending_.end(), record.begin(), record.end());
      throw;
    }
    write(record);
  }
  return offset;
}

void Spool::write_out() {
  std::vector<std::byte> bytes;
  bytes.swap(pending_);
  write(bytes);
  bytes.clear();
  pending_.swap(bytes);
}

void Spool::write(std::span<const std::byte> rest) {
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      // Keeps offsets true should the caller free space and flush again.
      const int number = errno;
      pending_.assign(rest.begin(), rest.end());
      fail_on_disk("write the spool", path_, number);
    }
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
}

void Spool::flush() {
  write_out();
  if (::fsync(file_) != 0) fail_on_disk("write the spool", path_, errno);
}

std::uint64_t Spool::after(std::uint64_t offset, std::size_t bytes) noexcept {
  return offset + sizeof(RecordHead) + bytes;
}

std::uint64_t Spool::size() const {
  struct stat status {};
  if (::fstat(file_, &status) != 0) fail_on_disk("read the spool", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

// False, with the trouble in words, where no intact record starts at `offset` of a file of `size` bytes.
bool Spool::read_record(std::uint64_t offset, std::uint64_t size, std::vector<std::byte>& into,
                        const char*& trouble) const {
  RecordHead head;
  trouble = "no record";
  if (offset > size || size - offset < sizeof(head)) return false;
  if (!read_fully(file_, offset, std::as_writable_bytes(std::span(&head, 1)), path_)) return false;
  trouble = "a record that runs past the end";
  if (head.length > size - offset - sizeof(head)) return false;
  into.resize(static_cast<std::size_t>(head.length));
  trouble = "a record that ends early";
  if (!read_fully(file_, offset + sizeof(head), into, path_)) return false;
  trouble = "a record with a wrong checksum";
  return checksum(head.length, into) == head.checksum;
}

std::vector<std::byte> Spool::read(std::uint64_t offset) const {
  // The size comes from the file, not from end_: other threads may read while one appends.
  const std::uint64_t size = this->size();
  std::vector<std::byte> payload;
  const char* trouble = nullptr;
  if (read_record(offset, size, payload, trouble)) return payload;
  throw Error(ErrorCode::runtime, fmt::format("the spool '{}' is damaged: {} at byte {} of {}",
                                              path_.string(), trouble, offset, size));
}

}  // namespace tuban
