// SPDX-License-Identifier: Apache-2.0
// Results as Arrow streams, read as the interface's own page says.
#include <gtest/gtest.h>
#include <ogr_recordbatch.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "engine/io/result_columns.h"
#include "tests/support/sample_results.h"
#include "tuban/arrow.h"
#include "tuban/error.h"

namespace tuban::test {
namespace {

/// One table read to its end.
class Arrow {
 public:
  Arrow(ResultTable table, const std::vector<MarkedPatch>& patches) {
    export_arrow(table, patches, sample_grid(), &stream_);
    EXPECT_EQ(stream_.get_schema(&stream_, &schema_), 0);
    EXPECT_EQ(stream_.get_next(&stream_, &batch_), 0);
  }
  ~Arrow() {
    if (batch_.release) batch_.release(&batch_);
    schema_.release(&schema_);
    stream_.release(&stream_);
    EXPECT_EQ(stream_.release, nullptr);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (std::int64_t i = 0; i < schema_.n_children; ++i) result.emplace_back(schema_.children[i]->name);
    return result;
  }
  std::int64_t rows() const { return batch_.release ? batch_.length : 0; }
  std::string format(const std::string& name) const { return schema_.children[at(name)]->format; }
  bool null(const std::string& name, std::int64_t row) const {
    const auto& column = *batch_.children[at(name)];
    const auto* const valid = static_cast<const std::uint8_t*>(column.buffers[0]);
    return valid != nullptr && (valid[row / 8] >> (row % 8) & 1) == 0;
  }
  std::string text(const std::string& name, std::int64_t row) const {
    const auto& column = *batch_.children[at(name)];
    const auto* const offsets = static_cast<const std::int32_t*>(column.buffers[1]);
    const auto* const bytes = static_cast<const char*>(column.buffers[2]);
    return {bytes + offsets[row], bytes + offsets[row + 1]};
  }
  double number(const std::string& name, std::int64_t row) const {
    return static_cast<const double*>(batch_.children[at(name)]->buffers[1])[row];
  }
  bool ends() {
    ArrowArray more{};
    return stream_.get_next(&stream_, &more) == 0 && more.release == nullptr;
  }

 private:
  std::int64_t at(const std::string& name) const {
    for (std::int64_t i = 0; i < schema_.n_children; ++i)
      if (schema_.children[i]->name == name) return i;
    ADD_FAILURE() << "no column " << name;
    return 0;
  }
  ArrowArrayStream stream_{};
  ArrowSchema schema_{};
  ArrowArray batch_{};
};

std::vector<MarkedPatch> two_patches() {
  const Marks marks = full_marks();
  return {{full_patch(), 1, marks.severity, marks.marks, marks.findings, marks.overlaps, marks.pieces},
          {bare_patch(7), 2, "", {}, {}, {}, {}}};
}

std::vector<std::string> with_geometry(std::span<const Column> columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.emplace_back(column.name);
  names.emplace_back("wkb_geometry");
  return names;
}

TEST(ArrowExport, PatchesHaveTheColumnsOfTheTableAndTheirGeometry) {
  Arrow arrow(ResultTable::patches, two_patches());
  EXPECT_EQ(arrow.names(), with_geometry(patch_columns()));
  ASSERT_EQ(arrow.rows(), 2);
  EXPECT_EQ(arrow.format("patch_id"), "u");
  EXPECT_EQ(arrow.format("rank"), "l");
  EXPECT_EQ(arrow.format("area_m2"), "g");
  EXPECT_EQ(arrow.format("construction_like"), "b");
  EXPECT_EQ(arrow.format("after_date"), "tdD");
  EXPECT_EQ(arrow.format("wkb_geometry"), "z");
  EXPECT_EQ(arrow.text("patch_id", 0), full_patch().patch_id);
  EXPECT_EQ(arrow.text("severity", 0), full_marks().severity);
  EXPECT_EQ(arrow.number("area_m2", 0), *full_patch().area_m2);
  EXPECT_EQ(arrow.text("wkb_geometry", 0).substr(0, 5), std::string("\1\6\0\0\0", 5));
  EXPECT_TRUE(arrow.ends());
}

TEST(ArrowExport, WhatIsUnknownIsNull) {
  const auto patches = two_patches();
  Arrow arrow(ResultTable::patches, patches);
  ASSERT_EQ(patches[1].patch.ndvi.before, std::nullopt);
  EXPECT_TRUE(arrow.null("ndvi_before", 1));
  EXPECT_FALSE(arrow.null("area_m2", 0));
}

TEST(ArrowExport, EveryTableHasItsRows) {
  const auto patches = two_patches();
  const auto& full = patches[0];
  const auto rows = [&](ResultTable table) { return Arrow(table, patches).rows(); };
  EXPECT_EQ(rows(ResultTable::findings), static_cast<std::int64_t>(full.findings.size()));
  EXPECT_EQ(rows(ResultTable::overlaps), static_cast<std::int64_t>(full.overlaps.size()));
  EXPECT_EQ(rows(ResultTable::pieces), static_cast<std::int64_t>(full.pieces.size()));
  EXPECT_EQ(rows(ResultTable::spectra),
            static_cast<std::int64_t>(2 * (full.patch.spectra.size() + patches[1].patch.spectra.size())));
  EXPECT_NE(Arrow(ResultTable::findings, patches).text("evidence", 0).find("when"), std::string::npos);
}

TEST(ArrowExport, NoPatchesAreAnEmptyStreamWithItsSchema) {
  Arrow arrow(ResultTable::patches, {});
  EXPECT_EQ(arrow.rows(), 0);
  EXPECT_EQ(arrow.names(), with_geometry(patch_columns()));
}

TEST(ArrowExport, NowhereToPutTheStreamIsRefused) {
  EXPECT_THROW(export_arrow(ResultTable::patches, {}, sample_grid(), nullptr), Error);
}

}  // namespace
}  // namespace tuban::test
