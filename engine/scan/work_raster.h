// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "kernels/view.h"

namespace tuban {

/// A raster of the run in the work folder: written tile by tile while scanning, read row by row in emit.
/// Raw samples in row order, sparse until written. write() is for any number of threads.
class WorkRaster {
 public:
  enum class Open { create, take_up };

  /// Creates the file, or goes on with the one an earlier run left. Throws Error(runtime or resource) naming
  /// it.
  WorkRaster(std::filesystem::path path, int width, int height, int sample_bytes, Open open = Open::create);
  WorkRaster(WorkRaster&& other) noexcept;
  WorkRaster& operator=(WorkRaster&&) = delete;
  ~WorkRaster();

  /// `samples` holds window.height rows of window.width samples, rows `stride` bytes apart.
  void write(const kernels::Window& window, const std::byte* samples, std::ptrdiff_t stride);
  /// Reads `rows` full rows from row y on.
  void read_rows(int y, int rows, std::byte* into) const;
  /// Whether the file is long enough for that window to have been written.
  bool reaches(const kernels::Window& window) const;
  /// What was written is on the disk when it returns.
  void sync();

  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  int sample_bytes() const noexcept { return sample_bytes_; }

 private:
  std::filesystem::path path_;
  int file_ = -1;
  int width_, height_, sample_bytes_;
};

}  // namespace tuban
