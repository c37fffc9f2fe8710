// SPDX-License-Identifier: Apache-2.0
// tuban.h in a C++ host whose functions throw, and what only a C++ test can compare with.
#include <gtest/gtest.h>
#include <tuban.h>

#include <cstdint>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kSide = 64;

/// A job of two images in memory with one changed square.
class CppHost : public ::testing::Test {
 protected:
  CppHost() : before_(kSide * kSide), after_(kSide * kSide) {
    for (std::size_t i = 0; i < before_.size(); ++i)
      before_[i] = after_[i] = static_cast<std::uint16_t>(1000 + i * 7919 % 61);
    for (std::size_t y = 20; y < 40; ++y)
      for (std::size_t x = 20; x < 40; ++x) after_[y * kSide + x] = 3000;
    const tuban_raster before = raster(before_, "before"), after = raster(after_, "after");
    EXPECT_EQ(tuban_job_set_before(job_, &before), TUBAN_OK);
    EXPECT_EQ(tuban_job_set_after(job_, &after), TUBAN_OK);
    EXPECT_EQ(tuban_job_set(job_, "register", "off"), TUBAN_OK);
    EXPECT_EQ(tuban_job_set(job_, "min_area", "20px"), TUBAN_OK);
  }
  ~CppHost() override { tuban_job_free(job_); }

  static tuban_raster raster(const std::vector<std::uint16_t>& samples, const char* name) {
    tuban_raster raster{};
    raster.struct_size = sizeof(raster);
    raster.type = TUBAN_UINT16;
    raster.name = name;
    raster.width = raster.height = kSide;
    raster.band_count = 1;
    raster.data = samples.data();
    raster.pixel_stride = 2;
    raster.row_stride = 2 * kSide;
    return raster;
  }

  /// Runs with a function that is called with every patch.
  tuban_status run(const std::function<void()>& each) {
    tuban_control control{};
    control.struct_size = sizeof(control);
    control.user = const_cast<std::function<void()>*>(&each);
    control.patch = [](void* user, const tuban_patch*) {
      (*static_cast<const std::function<void()>*>(user))();
      return 0;
    };
    return tuban_run(job_, &control, nullptr);
  }

  std::vector<std::uint16_t> before_, after_;
  tuban_job* job_ = tuban_job_new();
};

}  // namespace

TEST_F(CppHost, WhatACallbackThrowsIsAStatusAndItsSentence) {
  EXPECT_EQ(run([] { throw std::logic_error("the host's own"); }), TUBAN_RUNTIME);
  EXPECT_STREQ(tuban_job_error(job_), "the host's own");
  EXPECT_EQ(run([] { throw 7; }), TUBAN_RUNTIME);
  EXPECT_NE(std::string(tuban_job_error(job_)).find("no std::exception"), std::string::npos);
  EXPECT_EQ(run([] { throw std::bad_alloc(); }), TUBAN_RESOURCE);
  EXPECT_STREQ(tuban_job_error(job_), "out of memory");
  EXPECT_EQ(run([] {}), TUBAN_OK);
  EXPECT_STREQ(tuban_job_error(job_), "");
}

TEST_F(CppHost, AnEmptyJobSaysWhatItLacks) {
  tuban_job* const empty = tuban_job_new();
  tuban_result* result = nullptr;
  EXPECT_EQ(tuban_run(empty, nullptr, &result), TUBAN_USAGE);
  EXPECT_NE(std::string(tuban_job_error(empty)).find("needs before and after"), std::string::npos);
  tuban_job_free(empty);
}

TEST_F(CppHost, APathTakesThePlaceOfARasterInMemory) {
  EXPECT_EQ(tuban_job_set(job_, "after", "/nowhere/after.tif"), TUBAN_OK);
  EXPECT_EQ(run([] {}), TUBAN_USAGE);
  EXPECT_NE(std::string(tuban_job_error(job_)).find("/nowhere/after.tif"), std::string::npos);
}
