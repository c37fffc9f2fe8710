// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>

#include "engine/io/sink.h"
#include "tests/support/sample_results.h"
#include "tuban/error.h"

namespace tuban::test {
namespace {

using Names = std::vector<std::string>;

/// The error a call ends with, or a failed test.
Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::cancelled, "");
}

bool contains(const Error& error, const std::string& words) {
  return std::string(error.what()).find(words) != std::string::npos;
}

void touch(const std::string& path) {
  std::ofstream(path) << "x";
}

/// While it lives, no file of this process may grow beyond `bytes`: writes fail as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*handler_)(int);
};

TEST(CheckOutputs, AnExistingOutputIsRefusedAndTheOptionNamed) {
  const TempFolder folder;
  touch(folder / "out.gpkg");
  const Error error = error_of([&] { check_outputs(job_to(folder / "out.gpkg")); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_TRUE(contains(error, "out.gpkg") && contains(error, "--overwrite")) << error.what();
  Job job = job_to(folder / "out.gpkg");
  job.overwrite = true;
  EXPECT_NO_THROW(check_outputs(job));
}

TEST(CheckOutputs, AnExistingRasterOrSideFileIsRefusedToo) {
  const TempFolder folder;
  touch(folder / "mask.tif");
  touch(folder / "out_run.json");
  touch(folder / "shape.dbf");
  touch(folder / "log.gpkg-wal");
  Job masked = job_to("");
  masked.mask_path = folder / "mask.tif";
  EXPECT_TRUE(contains(error_of([&] { check_outputs(masked); }), "--mask"));
  EXPECT_TRUE(contains(error_of([&] { check_outputs(job_to(folder / "out.geojson")); }), "out_run.json"));
  EXPECT_TRUE(contains(error_of([&] { check_outputs(job_to(folder / "shape.shp")); }), "shape.dbf"));
  EXPECT_TRUE(contains(error_of([&] { check_outputs(job_to(folder / "log.gpkg")); }), "log.gpkg-wal"));
}

TEST(CheckOutputs, AFolderIsNeverReplaced) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "out.gpkg");
  Job job = job_to(folder / "out.gpkg");
  job.overwrite = true;
  EXPECT_TRUE(contains(error_of([&] { check_outputs(job); }), "not a regular file"));
  EXPECT_TRUE(contains(error_of([&] { check_outputs(job_to(folder / "")); }), "not a"));
}

TEST(CheckOutputs, AMissingFolderIsARuntimeError) {
  const TempFolder folder;
  const Error error = error_of([&] { check_outputs(job_to(folder / "nowhere/out.gpkg")); });
  EXPECT_EQ(error.code(), ErrorCode::runtime);
  EXPECT_TRUE(contains(error, "nowhere")) << error.what();
}

TEST(CheckOutputs, AFolderThatCannotBeWrittenToIsARuntimeError) {
  const TempFolder folder;
  ASSERT_EQ(::chmod((folder / "").c_str(), 0555), 0);
  const auto check = [&folder] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(3);  // root may write anywhere
    const Error error = error_of([&] { check_outputs(job_to(folder / "out.gpkg")); });
    ::_exit(error.code() == ErrorCode::runtime && contains(error, "cannot be written to") ? 0 : 1);
  };
  EXPECT_EXIT(check(), testing::ExitedWithCode(0), "");
}

TEST(CheckOutputs, OnePathForTwoOutputsIsRefusedHoweverItIsSpelled) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "sub");
  Job job;
  job.mask_path = folder / "a.tif";
  job.score_path = folder / "sub/../a.tif";
  const Error error = error_of([&] { check_outputs(job); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_TRUE(contains(error, "--mask") && contains(error, "--score")) << error.what();
}

TEST(CheckOutputs, AnOutputThatIsAnInputIsRefusedEvenWithOverwrite) {
  const TempFolder folder;
  touch(folder / "scene.tif");
  std::filesystem::create_symlink(folder / "scene.tif", folder / "link.tif");
  Job job;
  job.overwrite = true;
  job.before.path = folder / "scene.tif";
  job.mask_path = folder / "link.tif";
  const Error error = error_of([&] { check_outputs(job); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_TRUE(contains(error, "scene.tif")) << error.what();
}

TEST(CheckOutputs, AnUnknownFormatListsWhatCanBeWritten) {
  const TempFolder folder;
  for (const auto& [format, name] : {std::pair("", "out.xyz"), std::pair("NoSuchDriver", "out.gpkg"),
                                     std::pair("Memory", "out.gpkg"), std::pair("GTiff", "out.gpkg")}) {
    Job job = job_to(folder / name);
    job.format = format;
    const Error error = error_of([&] { check_outputs(job); });
    EXPECT_EQ(error.code(), ErrorCode::usage) << error.what();
    EXPECT_TRUE(contains(error, "FlatGeobuf") && contains(error, "GPKG")) << error.what();
  }
}

TEST(CheckOutputs, AnUnknownOptionIsRefusedByName) {
  const TempFolder folder;
  Job job = job_to(folder / "out.gpkg");
  job.layer_creation_options = {"SPATIAL_INDX=NO"};
  const Error layer = error_of([&] { check_outputs(job); });
  EXPECT_EQ(layer.code(), ErrorCode::usage);
  EXPECT_TRUE(contains(layer, "SPATIAL_INDX") && contains(layer, "SPATIAL_INDEX")) << layer.what();
  job.layer_creation_options = {"SPATIAL_INDEX=NO", "geometry_name=g"};
  EXPECT_NO_THROW(check_outputs(job));
  job.creation_options = {"VERSION"};
  EXPECT_TRUE(contains(error_of([&] { check_outputs(job); }), "KEY=VALUE"));
}

TEST(CheckOutputs, ARasterThatIsNoTifIsRefused) {
  const TempFolder folder;
  Job job;
  job.score_path = folder / "score.png";
  const Error error = error_of([&] { check_outputs(job); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_TRUE(contains(error, "--score") && contains(error, ".tif")) << error.what();
}

TEST(CheckOutputs, LeavesNothingBehind) {
  const TempFolder folder;
  Job job = job_to(folder / "out.gpkg");
  job.mask_path = folder / "mask.tif";
  check_outputs(job);
  EXPECT_TRUE(folder.entries().empty());
}

TEST(Sinks, AnUnfinishedResultLeavesNothingBehind) {
  const TempFolder folder;
  for (const char* name : {"out.gpkg", "out.geojson", "out.shp", "out.fgb"}) {
    const auto sink = make_patch_sink(job_to(folder / name), sample_grid());
    write_one(*sink, full_patch(), 1, full_marks());
  }
  {
    const auto sink =
        make_raster_sink(folder / "mask.tif", sample_grid(), kernels::SampleType::uint8, "changed");
    const std::vector<std::byte> rows(1000 * 600);
    sink->write_rows(0, {rows.data(), 1000, 600, 1000});
  }
  EXPECT_TRUE(folder.entries().empty());
}

TEST(Sinks, ABrokenManifestFinishesNothing) {
  const TempFolder folder;
  for (const char* name : {"out.gpkg", "out.geojson"}) {
    const auto sink = make_patch_sink(job_to(folder / name), sample_grid());
    EXPECT_EQ(error_of([&] { finish(sink, "[1]"); }).code(), ErrorCode::runtime);
  }
  EXPECT_TRUE(folder.entries().empty());
}

TEST(Sinks, AnOutputThatAppearedMeanwhileIsLeftAlone) {
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  touch(folder / "out.gpkg");
  const Error error = error_of([&] { finish(sink, kManifest); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_EQ(std::filesystem::file_size(folder / "out.gpkg"), 1u);
}

/// A mask and a table of patches, both whole.
struct Pair {
  std::unique_ptr<RasterSink> mask;
  std::unique_ptr<PatchSink> patches;

  Pair(const TempFolder& folder, bool overwrite) {
    mask = make_raster_sink(folder / "mask.tif", sample_grid(), kernels::SampleType::uint8, "m", overwrite);
    const std::vector<std::byte> rows(1000 * 800);
    mask->write_rows(0, {rows.data(), 1000, 800, 1000});
    mask->prepare();
    Job job = job_to(folder / "out.gpkg");
    job.overwrite = overwrite;
    patches = make_patch_sink(job, sample_grid());
    patches->prepare(kManifest);
  }
  void publish() const {
    Output* const outputs[] = {mask.get(), patches.get()};
    publish_all(outputs);
  }
};

TEST(Sinks, OutputsGetTheirNamesTogetherOrNotAtAll) {
  const TempFolder folder;
  {
    const Pair pair(folder, false);
    touch(folder / "out.gpkg");
    EXPECT_EQ(error_of([&] { pair.publish(); }).code(), ErrorCode::usage);
  }
  EXPECT_EQ(folder.entries(), Names{"out.gpkg"});
}

TEST(Sinks, WhatWasReplacedStandsAgainWhenALaterOutputFails) {
  const TempFolder folder;
  touch(folder / "mask.tif");
  touch(folder / "mask.tif.ovr");
  {
    const Pair pair(folder, true);
    std::filesystem::create_directory(folder / "out.gpkg");  // which no file can replace
    EXPECT_EQ(error_of([&] { pair.publish(); }).code(), ErrorCode::runtime);
    std::filesystem::remove(folder / "out.gpkg");
  }
  EXPECT_EQ(folder.entries(), (Names{"mask.tif", "mask.tif.ovr"}));
  EXPECT_EQ(std::filesystem::file_size(folder / "mask.tif"), 1u);
}

TEST(Sinks, ReplacedFilesAreGoneWhenAllIsDone) {
  const TempFolder folder;
  touch(folder / "mask.tif");
  touch(folder / "mask.tif.ovr");
  touch(folder / "out.gpkg");
  { Pair(folder, true).publish(); }
  EXPECT_EQ(folder.entries(), (Names{"mask.tif", "mask.tif.aux.xml", "out.gpkg"}));
  EXPECT_GT(std::filesystem::file_size(folder / "mask.tif"), 1u);
}

TEST(Sinks, AFolderThatVanishedIsNamed) {
  const TempFolder folder;
  const Error error = error_of([&] { make_patch_sink(job_to(folder / "gone/out.gpkg"), sample_grid()); });
  EXPECT_EQ(error.code(), ErrorCode::runtime);
  EXPECT_TRUE(contains(error, "gone/out.gpkg")) << error.what();
}

/// Writes until finish() with files limited to ever more bytes: each limit below the size of the whole result
/// must end in a resource error that names the output, and leave nothing.
void expect_full_disk_is_noticed(const std::string& name,
                                 const std::function<void(const std::string&)>& write, int steps,
                                 bool cause_known = true) {
  const TempFolder folder;
  write(folder / ("whole_" + name));
  const std::uintmax_t whole = std::filesystem::file_size(folder / ("whole_" + name));
  const Names before = folder.entries();
  for (int i = 0; i < steps; ++i) {
    // The last steps take away only the very end, which is written when the file is closed.
    const std::uintmax_t missing = i < 4 ? std::uintmax_t{4} << (4 * i)
                                         : whole / static_cast<unsigned>(steps) * static_cast<unsigned>(i);
    if (missing >= whole) continue;
    const FileSizeLimit limit(whole - missing);
    const Error error = error_of([&] { write(folder / name); });
    EXPECT_TRUE(error.code() == ErrorCode::resource || (!cause_known && error.code() == ErrorCode::runtime))
        << missing << " bytes short of " << whole << ": " << error.what();
    EXPECT_TRUE(contains(error, name)) << error.what();
    ASSERT_EQ(folder.entries(), before) << missing << " bytes short of " << whole;
  }
}

class FullDisk : public testing::TestWithParam<const char*> {};

TEST_P(FullDisk, IsNoticedWhereverItStrikes) {
  expect_full_disk_is_noticed(
      GetParam(),
      [](const std::string& path) {
        const auto sink = make_patch_sink(job_to(path), sample_grid());
        for (int i = 0; i < 500; ++i)
          write_one(*sink, i % 2 == 0 ? full_patch() : bare_patch(i), i, full_marks());
        finish(sink, R"({"a": 1})");
      },
      10, std::string(GetParam()) != "out.fgb");  // FlatGeobuf hides its temporary file and the reason
}

INSTANTIATE_TEST_SUITE_P(Formats, FullDisk, testing::Values("out.gpkg", "out.geojson", "out.fgb", "out.shp"));

TEST(FullDiskRaster, IsNoticedWhereverItStrikes) {
  Grid grid = sample_grid();
  grid.height = 1200;
  std::vector<std::byte> noise(1000 * 1200 * 4);
  std::minstd_rand random(7);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random() >> 8);
  for (const auto type : {kernels::SampleType::uint8, kernels::SampleType::float32}) {
    const int row = 1000 * static_cast<int>(kernels::sample_size(type));
    expect_full_disk_is_noticed(
        "out.tif",
        [&](const std::string& path) {
          const auto sink = make_raster_sink(path, grid, type, "changed");
          for (int y = 0; y < 1200; y += 300) sink->write_rows(y, {noise.data() + y * row, row, 300, row});
          finish(sink);
        },
        8);
  }
}

TEST(Raster, MissingRowsAreNeverFinished) {
  const TempFolder folder;
  const auto sink = make_raster_sink(folder / "m.tif", sample_grid(), kernels::SampleType::uint8, "changed");
  const std::vector<std::byte> rows(1000 * 100);
  sink->write_rows(0, {rows.data(), 1000, 100, 1000});
  EXPECT_EQ(error_of([&] { finish(sink); }).code(), ErrorCode::runtime);
}

TEST(Raster, RowsOutOfOrderAreRefused) {
  const TempFolder folder;
  const auto sink = make_raster_sink(folder / "m.tif", sample_grid(), kernels::SampleType::uint8, "changed");
  const std::vector<std::byte> rows(1000 * 100);
  EXPECT_EQ(error_of([&] {
              sink->write_rows(100, {rows.data(), 1000, 100, 1000});
            }).code(),
            ErrorCode::runtime);
  EXPECT_EQ(error_of([&] { sink->write_rows(0, {rows.data(), 999, 100, 999}); }).code(), ErrorCode::runtime);
}

TEST(Sinks, GdalPrintsNothingWhenAWriteFails) {
  const TempFolder folder;
  testing::internal::CaptureStderr();
  {
    const FileSizeLimit limit(40'000);
    error_of([&] {
      const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
      for (int i = 0; i < 500; ++i) write_one(*sink, full_patch(), i, full_marks());
      finish(sink, kManifest);
    });
    error_of([&] {
      const std::vector<std::byte> rows(1000 * 800 * 4, std::byte{1});
      const auto sink =
          make_raster_sink(folder / "s.tif", sample_grid(), kernels::SampleType::float32, "score");
      sink->write_rows(0, {rows.data(), 1000 * 4, 800, 1000 * 4});
      finish(sink);
      throw Error(ErrorCode::resource, "constant rows fit");
    });
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace tuban::test
