// SPDX-License-Identifier: Apache-2.0
// A spatial index built at once. SQLite's R*Tree takes longer to insert a box than the whole patch takes
// otherwise (9 us a row), and knows no bulk loading.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/io/sqlite_file.h"

namespace tuban {

/// A box that holds what it bounds, in the precision of the index.
struct IndexBox {
  std::int64_t row = 0;
  float min_x = 0, max_x = 0, min_y = 0, max_y = 0;
};

/// Rounds outwards.
IndexBox index_box(std::int64_t row, double min_x, double max_x, double min_y, double max_y) noexcept;

/// Fills the R*Tree `table`, which exists and is empty, with boxes of distinct rows: packed full by sorting
/// (Leutenegger, Lopez, Edgington 1997: sort-tile-recursive) into the tables that SQLite documents as its
/// node format (https://sqlite.org/rtree.html, section 6).
void load_rtree(SqliteFile& file, const std::string& table, std::vector<IndexBox> boxes);

}  // namespace tuban
