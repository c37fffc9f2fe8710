// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/state_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/scan/disk_error.h"
#include "engine/scan/work_folder.h"

namespace tuban {
namespace {

constexpr std::size_t kRecordBytes = std::size_t{1} << 16;
constexpr char kEnd[] = "end of state";  // the last record: without it the file is not whole

}  // namespace

CannotResume::CannotResume(const std::string& reason)
    : Error(ErrorCode::usage,
            fmt::format("cannot resume: {}; run without --resume to start from the beginning", reason)) {}

StateWriter::StateWriter(std::filesystem::path path) : path_(std::move(path)), unfinished_(path_) {
  unfinished_ += ".new";
  ::unlink(unfinished_.c_str());  // of a run that was killed while it saved
  spool_.emplace(unfinished_);
}

StateWriter::~StateWriter() {
  if (!unfinished_.empty()) ::unlink(unfinished_.c_str());
}

void StateWriter::put_bytes(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kRecordBytes - record_.size());
    record_.insert(record_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (record_.size() < kRecordBytes) continue;
    spool_->append(record_);
    record_.clear();
  }
}

void StateWriter::commit() {
  if (!record_.empty()) spool_->append(record_);
  spool_->append(std::as_bytes(std::span(kEnd)));
  spool_->flush();
  if (::rename(unfinished_.c_str(), path_.c_str()) != 0) fail_on_disk("write", path_, errno);
  unfinished_.clear();
  sync_folder(path_.parent_path());
}

StateReader::StateReader(std::filesystem::path path) : path_(std::move(path)) {
  bool whole = false;
  spool_.emplace(Spool::take_up(path_, [&](std::uint64_t, std::span<const std::byte> record) {
    const auto end = std::as_bytes(std::span(kEnd));
    whole = std::equal(record.begin(), record.end(), end.begin(), end.end());
    if (!whole) unread_ += record.size();
  }));
  if (!whole) damaged();
}

void StateReader::damaged() const {
  throw CannotResume(fmt::format("the checkpoint '{}' is damaged", path_.string()));
}

std::size_t StateReader::get_count(std::size_t item_bytes) {
  std::size_t count = 0;
  get_one(count);
  if (count > unread_ / item_bytes) damaged();
  return count;
}

void StateReader::get_bytes(std::span<std::byte> into) {
  if (into.size() > unread_) damaged();
  unread_ -= into.size();
  while (!into.empty()) {
    if (at_ == record_.size()) {
      record_ = spool_->read(next_);
      next_ = spool_->after(next_, record_.size());
      at_ = 0;
    }
    const std::size_t count = std::min(into.size(), record_.size() - at_);
    std::memcpy(into.data(), record_.data() + at_, count);
    into = into.subspan(count);
    at_ += count;
  }
}

}  // namespace tuban
