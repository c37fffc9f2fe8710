// SPDX-License-Identifier: Apache-2.0
// Fields that patches came with, as columns beside those of a result. Internal to io and what ties it
// together.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "engine/io/ogr_table.h"
#include "engine/io/patch_file.h"

namespace tuban {

/// A field whose name one of our columns has, whatever its case, gets `src_` in front.
class OriginalColumns {
 public:
  OriginalColumns() = default;
  explicit OriginalColumns(std::span<const PatchFile::Field> fields);
  OriginalColumns(const OriginalColumns&) = delete;
  OriginalColumns& operator=(const OriginalColumns&) = delete;
  OriginalColumns(OriginalColumns&&) = default;
  OriginalColumns& operator=(OriginalColumns&&) = default;

  std::span<const Column> columns() const noexcept { return columns_; }
  struct Renamed {
    std::string from, to;
  };
  const std::vector<Renamed>& renamed() const noexcept { return renamed_; }

 private:
  std::deque<std::string> names_;  ///< that the columns point to
  std::vector<Column> columns_;
  std::vector<Renamed> renamed_;
};

}  // namespace tuban
