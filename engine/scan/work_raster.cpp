// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/work_raster.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/scan/disk_error.h"

namespace tuban {

WorkRaster::WorkRaster(std::filesystem::path path, int width, int height, int sample_bytes, Open open)
    : path_(std::move(path)), width_(width), height_(height), sample_bytes_(sample_bytes) {
  const bool create = open == Open::create;
  file_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT | O_EXCL : 0), 0600);
  if (file_ < 0) fail_on_disk(create ? "create the work file" : "open the work file", path_, errno);
}

WorkRaster::WorkRaster(WorkRaster&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      width_(other.width_),
      height_(other.height_),
      sample_bytes_(other.sample_bytes_) {}

WorkRaster::~WorkRaster() {
  if (file_ >= 0) ::close(file_);
}

void WorkRaster::write(const kernels::Window& window, const std::byte* samples, std::ptrdiff_t stride) {
  for (int row = 0; row < window.height; ++row) {
    const std::byte* from = samples + row * stride;
    std::size_t left = static_cast<std::size_t>(window.width) * static_cast<std::size_t>(sample_bytes_);
    auto at = (static_cast<off_t>(window.y + row) * width_ + window.x) * sample_bytes_;
    while (left > 0) {
      const ssize_t done = ::pwrite(file_, from, left, at);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) fail_on_disk("write the work file", path_, done < 0 ? errno : ENOSPC);
      from += done;
      at += done;
      left -= static_cast<std::size_t>(done);
    }
  }
}

bool WorkRaster::reaches(const kernels::Window& window) const {
  const auto end =
      (static_cast<off_t>(window.bottom() - 1) * width_ + window.right()) * static_cast<off_t>(sample_bytes_);
  return window.empty() || ::lseek(file_, 0, SEEK_END) >= end;
}

void WorkRaster::sync() {
  if (::fdatasync(file_) != 0) fail_on_disk("write the work file", path_, errno);
}

void WorkRaster::read_rows(int y, int rows, std::byte* into) const {
  std::size_t left = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width_) *
                     static_cast<std::size_t>(sample_bytes_);
  auto at = static_cast<off_t>(y) * width_ * sample_bytes_;
  while (left > 0) {
    const ssize_t done = ::pread(file_, into, left, at);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail_on_disk("read the work file", path_, errno);
    if (done == 0) {
      // Rows past the last write are a hole of a sparse file: zeros.
      std::memset(into, 0, left);
      return;
    }
    into += done;
    at += done;
    left -= static_cast<std::size_t>(done);
  }
}

}  // namespace tuban
