// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class JobFileTest : public ::testing::Test {
 protected:
  JobFileTest() {
    std::string name = (fs::temp_directory_path() / "job-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~JobFileTest() override { fs::remove_all(folder_); }

  Job load(const std::string& text, const std::string& name = "job.yaml") {
    std::ofstream(folder_ / name) << text;
    return load_job((folder_ / name).string());
  }
  std::string refusal(const std::string& text) {
    try {
      load(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      return error.what();
    }
    return "accepted";
  }
  std::string in_folder(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

TEST_F(JobFileTest, every_key_arrives_where_it_belongs) {
  const Job job = load(R"(
before: {path: a.tif, date: 2020-01-02, valid: va.tif, cloud: ca.tif, offset: -1000, oo: [NUM_THREADS=2]}
after: b.tif
after_date: 2021-03-04
after_valid: vb.tif
after_cloud: band=SCL
after_offset: 0.5
cloud_classes: [scl, snow]
cloud_dilate: 2
profile: sentinel2
oo: [SHARING=NO]
bands: [1, 2, 3, 4]
detector: cva
connectivity: 4
min_area: 50px
simplify: 1.5
layers: [layers.yaml, more/layers.yaml]
rules: [farmland, own/book.yaml, book.yaml]
output: out.gpkg
of: GPKG
co: VERSION=1.3
lco: [A=1, B=2]
mask: mask.tif
patch_mask: pm.tif
score: score.tif
overwrite: true
memory: 1GB
threads: 3
tile: 1000x300
executor: jthread
reader: gdal
work_folder: tmp
)");
  EXPECT_EQ(job.before.path, in_folder("a.tif"));
  EXPECT_EQ(job.before.date, "2020-01-02");
  EXPECT_EQ(job.before.valid_path, in_folder("va.tif"));
  EXPECT_EQ(job.before.open_options, Strings{"NUM_THREADS=2"});
  EXPECT_EQ(job.after.path, in_folder("b.tif"));
  EXPECT_EQ(job.after.date, "2021-03-04");
  EXPECT_EQ(job.after.valid_path, in_folder("vb.tif"));
  EXPECT_EQ(job.after.open_options, Strings{"SHARING=NO"});
  EXPECT_EQ(job.bands, (Strings{"1", "2", "3", "4"}));
  EXPECT_EQ(job.before.cloud, in_folder("ca.tif"));
  EXPECT_EQ(job.after.cloud, "band=SCL");
  EXPECT_EQ(job.before.offset, -1000);
  EXPECT_EQ(job.after.offset, 0.5);
  EXPECT_EQ(job.cloud_classes, (std::vector<std::string>{"scl", "snow"}));
  EXPECT_EQ(job.cloud_dilate, 2);
  EXPECT_EQ(job.profile, "sentinel2");
  EXPECT_EQ(job.detector, "cva");
  EXPECT_EQ(job.connectivity, 4);
  EXPECT_EQ(job.min_area.value, 50);
  EXPECT_TRUE(job.min_area.pixels);
  EXPECT_EQ(job.simplify, 1.5);
  EXPECT_EQ(job.layers, (Strings{in_folder("layers.yaml"), in_folder("more/layers.yaml")}));
  EXPECT_EQ(job.rules, (Strings{"farmland", in_folder("own/book.yaml"), in_folder("book.yaml")}));
  EXPECT_EQ(job.output, in_folder("out.gpkg"));
  EXPECT_EQ(job.format, "GPKG");
  EXPECT_EQ(job.creation_options, Strings{"VERSION=1.3"});
  EXPECT_EQ(job.layer_creation_options, (Strings{"A=1", "B=2"}));
  EXPECT_EQ(job.mask_path, in_folder("mask.tif"));
  EXPECT_EQ(job.patch_mask_path, in_folder("pm.tif"));
  EXPECT_EQ(job.score_path, in_folder("score.tif"));
  EXPECT_TRUE(job.overwrite);
  EXPECT_EQ(job.memory_bytes, 1'000'000'000u);
  EXPECT_EQ(job.threads, 3);
  EXPECT_EQ(job.tile_width, 1000);
  EXPECT_EQ(job.tile_height, 300);
  EXPECT_EQ(job.executor, ExecutorKind::jthread);
  EXPECT_EQ(job.reader, ReaderKind::gdal);
  EXPECT_EQ(job.work_folder, in_folder("tmp"));
}

TEST_F(JobFileTest, json_says_the_same_as_yaml) {
  const Job job = load(
      "{\n\t\"before\": {\"path\": \"a.tif\"},\n\t\"after\": \"b.tif\",\n\t\"threads\": 2,\n"
      "\t\"bands\": \"blue=1,green=2\",\n\t\"overwrite\": false\n}\n",
      "job.json");
  EXPECT_EQ(job.before.path, in_folder("a.tif"));
  EXPECT_EQ(job.after.path, in_folder("b.tif"));
  EXPECT_EQ(job.threads, 2);
  EXPECT_EQ(job.bands, (Strings{"blue=1", "green=2"}));
  EXPECT_FALSE(job.overwrite);
}

TEST_F(JobFileTest, what_is_not_said_stays_at_its_default) {
  const Job job = load("before: a.tif\n");
  EXPECT_EQ(job.connectivity, 8);
  EXPECT_EQ(job.min_area.value, 200);
  EXPECT_FALSE(job.min_area.pixels);
  EXPECT_EQ(job.executor, ExecutorKind::tbb);
  EXPECT_EQ(job.reader, ReaderKind::automatic);
  EXPECT_EQ(job.memory_bytes, 0u);
}

TEST_F(JobFileTest, paths_that_are_no_relative_files_stay_as_they_are) {
  for (const char* path : {"/abs/a.tif", "/vsizip/x.zip/a.tif", "PG:dbname=x host=/tmp", "https://host/a.tif",
                           "<VRTDataset></VRTDataset>"}) {
    EXPECT_EQ(load(std::string("before: '") + path + "'\n").before.path, path);
  }
}

TEST_F(JobFileTest, an_unknown_key_is_refused_with_file_line_and_the_nearest) {
  EXPECT_EQ(refusal("before: a.tif\nthraeds: 3\n"),
            in_folder("job.yaml") + ":2: thraeds is unknown; did you mean \"threads\"?");
  EXPECT_EQ(refusal("before: {path: a.tif,\n  dte: 2020-01-01}\n"),
            in_folder("job.yaml") + ":2: before.dte is unknown; did you mean \"date\"?");
}

TEST_F(JobFileTest, a_wrong_value_names_the_key_and_what_is_expected) {
  const std::string at = in_folder("job.yaml") + ":1: ";
  EXPECT_EQ(refusal("threads: many\n"),
            at + "threads: expected a whole number from 0 to 4096, found \"many\"");
  EXPECT_EQ(refusal("threads: [1, 2]\n"),
            at + "threads: expected a whole number from 0 to 4096, found a list");
  EXPECT_EQ(refusal("tile: {w: 1}\n"),
            at + "tile: expected N or WxH in pixels, such as 512 or 1000x300, found a map");
  EXPECT_EQ(refusal("output:\n"), at + "output: expected a file or data source, found nothing");
  EXPECT_EQ(refusal("overwrite: maybe\n"), at + "overwrite: expected true or false, found \"maybe\"");
  EXPECT_EQ(refusal("layers: [[a]]\n"), at + "layers: expected a value, found a list");
  EXPECT_EQ(refusal("before: {date: 2020-01-01}\n"), at + "before: expected a key path");
}

TEST_F(JobFileTest, a_key_said_twice_is_refused) {
  EXPECT_EQ(refusal("threads: 1\nthreads: 2\n"), in_folder("job.yaml") + ":2: threads appears twice");
}

TEST_F(JobFileTest, broken_yaml_names_file_and_line) {
  EXPECT_TRUE(refusal("before: a.tif\nafter: [b\n").starts_with(in_folder("job.yaml") + ":"));
  EXPECT_NE(refusal("before: a.tif\nafter: [b\n").find("no YAML or JSON"), std::string::npos);
}

TEST_F(JobFileTest, a_file_that_is_missing_empty_or_a_list_is_refused) {
  EXPECT_THROW(load_job(in_folder("nowhere.yaml")), Error);
  EXPECT_THROW(load_job(folder_.string()), Error);
  EXPECT_NE(refusal("").find("found an empty file"), std::string::npos);
  EXPECT_NE(refusal("- a\n- b\n").find("found a list"), std::string::npos);
}

template <typename Value, typename From>
auto given(const std::string& key, const std::string& text, Value From::*member) {
  Job job;
  set_option(job, key, {text});
  return job.*member;
}

TEST(SetOption, memory_takes_decimal_and_binary_units) {
  EXPECT_EQ(given("memory", "1GB", &Job::memory_bytes), 1'000'000'000u);
  EXPECT_EQ(given("memory", "512MB", &Job::memory_bytes), 512'000'000u);
  EXPECT_EQ(given("memory", "2GiB", &Job::memory_bytes), 2'147'483'648u);
  EXPECT_EQ(given("memory", "1.5 GB", &Job::memory_bytes), 1'500'000'000u);
}

TEST(SetOption, memory_without_a_unit_below_a_byte_or_beyond_sense_is_refused) {
  Job job;
  for (const char* text :
       {"512", "", "GB", "-1GB", "0GB", "1gb", "1GBx", "nanGB", "infGB", "1e30GB", "1 2GB"}) {
    EXPECT_THROW(set_option(job, "memory", {text}), Error) << text;
  }
  EXPECT_EQ(job.memory_bytes, 0u);
}

TEST(SetOption, a_minimum_area_is_in_square_metres_or_pixels) {
  EXPECT_FALSE(given("min_area", "400", &Job::min_area).pixels);
  EXPECT_FALSE(given("min_area", "400m2", &Job::min_area).pixels);
  EXPECT_TRUE(given("min_area", "9px", &Job::min_area).pixels);
  EXPECT_EQ(given("min_area", "0", &Job::min_area).value, 0);
  Job job;
  for (const char* text : {"-1", "px", "5ha", "nan", "1,5", ""}) {
    EXPECT_THROW(set_option(job, "min_area", {text}), Error) << text;
  }
}

TEST(SetOption, a_tile_is_a_square_or_a_width_and_a_height) {
  EXPECT_EQ(given("tile", "64", &Job::tile_height), 64);
  EXPECT_EQ(given("tile", "1000x300", &Job::tile_width), 1000);
  EXPECT_EQ(given("tile", "1000x300", &Job::tile_height), 300);
  Job job;
  for (const char* text : {"0", "0x5", "5x", "x5", "-5", "5x5x5", "1e3", "9999999999", ""}) {
    EXPECT_THROW(set_option(job, "tile", {text}), Error) << text;
  }
}

TEST(SetOption, lists_replace_what_was_there) {
  Job job;
  set_option(job, "layers", {"a.yaml"});
  set_option(job, "layers", {"b.yaml", "c.yaml"});
  EXPECT_EQ(job.layers, (Strings{"b.yaml", "c.yaml"}));
  set_option(job, "bands", {"1,2", "3"});
  EXPECT_EQ(job.bands, (Strings{"1", "2", "3"}));
}

TEST(SetOption, lists_refuse_items_that_are_empty_or_no_pairs) {
  Job job;
  for (const char* text : {"", ",", "1,,2", "1,"})
    EXPECT_THROW(set_option(job, "bands", {text}), Error) << text;
  for (const char* text : {"", "A", "=1"}) EXPECT_THROW(set_option(job, "co", {text}), Error) << text;
  EXPECT_THROW(set_option(job, "layers", {}), Error);
}

TEST(SetOption, connectivity_is_4_or_8) {
  EXPECT_EQ(given("connectivity", "4", &Job::connectivity), 4);
  Job job;
  for (const char* text : {"5", "6", "0", "eight"}) {
    EXPECT_THROW(set_option(job, "connectivity", {text}), Error) << text;
  }
}

TEST(SetOption, an_error_begins_with_the_place_it_was_given_at) {
  Job job;
  try {
    set_option(job, "threads", {"x"}, "TUBAN_THREADS");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "TUBAN_THREADS: expected a whole number from 0 to 4096, found \"x\"");
  }
}

TEST(SetOption, every_option_of_the_table_can_be_set_and_explains_itself) {
  for (const OptionInfo& option : job_options()) {
    EXPECT_FALSE(option.help.empty() || option.expects.empty() || option.group.empty()) << option.key;
    Job job;
    EXPECT_THROW(set_option(job, option.key, {"", ""}), Error) << option.key;
  }
  Job job;
  EXPECT_THROW(set_option(job, "no_such_option", {"1"}), Error);
}

}  // namespace
}  // namespace tuban
