// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <random>
#include <set>
#include <stdexcept>

#include "engine/io/rtree_load.h"
#include "tests/support/sample_results.h"

namespace tuban::test {
namespace {

/// A connection that knows the R*Tree by SQLite's own module only.
class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("no database");
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> result;
    const auto keep = [](void* to, int, char** cells, char**) {
      static_cast<std::vector<std::string>*>(to)->emplace_back(cells[0] == nullptr ? "" : cells[0]);
      return 0;
    };
    if (sqlite3_exec(handle_, sql.c_str(), keep, &result, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(handle_));
    return result;
  }

 private:
  sqlite3* handle_ = nullptr;
};

std::vector<IndexBox> random_boxes(int count) {
  std::minstd_rand random(static_cast<unsigned>(count) + 1);
  std::uniform_real_distribution<double> at(0, 20'000), side(0, 60);
  std::vector<IndexBox> boxes;
  for (int i = 0; i < count; ++i) {
    const double x = 38'400'000 + at(random), y = 2'500'000 + at(random);
    boxes.push_back(index_box(i + 1, x, x + side(random), y, y + side(random)));
  }
  return boxes;
}

struct LoadedIndex {
  TempFolder folder;
  StagedOutput staged{folder / "index.gpkg", false};

  explicit LoadedIndex(const std::vector<IndexBox>& boxes) {
    Database(staged.path()).column("CREATE VIRTUAL TABLE boxes USING rtree(id, minx, maxx, miny, maxy)");
    SqliteFile file(staged);
    load_rtree(file, "boxes", boxes);
    file.close();
  }
};

class RtreeLoad : public testing::TestWithParam<int> {};

TEST_P(RtreeLoad, IsASoundTreeThatFindsWhatTheBoxesTouch) {
  const std::vector<IndexBox> boxes = random_boxes(GetParam());
  const LoadedIndex index(boxes);
  Database database(index.staged.path());
  EXPECT_EQ(database.column("SELECT rtreecheck('boxes')"), std::vector<std::string>{"ok"});
  EXPECT_EQ(database.column("SELECT count(*) FROM boxes"),
            std::vector<std::string>{std::to_string(boxes.size())});
  for (int x = 0; x < 20'000; x += 3'000) {
    const float from = 38'400'000.0F + static_cast<float>(x), to = from + 700;
    std::set<std::string> expected;
    for (const IndexBox& box : boxes)
      if (box.min_x <= to && box.max_x >= from) expected.insert(std::to_string(box.row));
    const auto found = database.column("SELECT id FROM boxes WHERE minx <= " + std::to_string(to) +
                                       " AND maxx >= " + std::to_string(from));
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), expected);
  }
}

TEST_P(RtreeLoad, TakesRowsAndGivesThemUpLikeAnyOther) {
  const int count = GetParam();
  const LoadedIndex index(random_boxes(count));
  Database database(index.staged.path());
  database.column("BEGIN");
  for (int i = 1; i <= 200; ++i)
    database.column("INSERT INTO boxes VALUES (" + std::to_string(count + i) + ", 38400000, 38400010, " +
                    std::to_string(2'500'000 + i) + ", " + std::to_string(2'500'010 + i) + ")");
  database.column("DELETE FROM boxes WHERE id % 3 = 0");
  EXPECT_EQ(database.column("SELECT rtreecheck('boxes')"), std::vector<std::string>{"ok"});
  EXPECT_EQ(database.column("SELECT count(*) FROM boxes"),
            std::vector<std::string>{std::to_string(count + 200 - (count + 200) / 3)});
}

// 51 boxes fill a node, 51 * 51 two levels.
INSTANTIATE_TEST_SUITE_P(Counts, RtreeLoad, testing::Values(0, 1, 51, 52, 2601, 2602, 20'000));

TEST(IndexBox, HoldsWhatItBounds) {
  const double edges[] = {38'400'000.1, 38'400'002.3, -2'500'000.7, -0.1};
  const IndexBox box = index_box(7, edges[0], edges[1], edges[2], edges[3]);
  EXPECT_LE(double{box.min_x}, edges[0]);
  EXPECT_GE(double{box.max_x}, edges[1]);
  EXPECT_LE(double{box.min_y}, edges[2]);
  EXPECT_GE(double{box.max_y}, edges[3]);
  EXPECT_NEAR(double{box.min_x}, edges[0], 4);
  EXPECT_EQ(index_box(7, 1, 2, 3, 4).max_x, 2.0F) << "what is a float already stays";
}

}  // namespace
}  // namespace tuban::test
