// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "bindings/cli/console.h"
#include "bindings/cli/json.h"
#include "bindings/cli/stop_signals.h"

namespace tuban::cli {
namespace {

std::string stderr_of(const std::function<void()>& action) {
  ::testing::internal::CaptureStderr();
  action();
  return ::testing::internal::GetCapturedStderr();
}

Progress at(double share, const char* stage = "scan") {
  Progress progress;
  progress.stage = stage;
  progress.share = share;
  return progress;
}

TEST(Console, draws_the_bar_of_gdal_whatever_the_steps) {
  const std::string whole = "0...10...20...30...40...50...60...70...80...90...100 - done.\n";
  for (const int steps : {1, 7, 1000}) {
    EXPECT_EQ(stderr_of([&] {
                Console console(ProgressStyle::bar, false);
                for (int i = 0; i < steps; ++i) console.progress(at(static_cast<double>(i) / steps));
                console.finish();
              }),
              whole);
  }
}

TEST(Console, ends_the_line_of_a_bar_that_stops_half_way) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::bar, false);
              console.progress(at(.11));
            }),
            "0...10\n");
}

TEST(Console, shows_warnings_at_once_or_after_the_bar) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::bar, false);
              console.warn("before");
              console.progress(at(.06));
              console.warn("within");
              console.progress(at(.11));
            }),
            "tuban: warning: before\n0...10\ntuban: warning: within\n");
}

TEST(Console, says_nothing_when_quiet) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::none, true);
              console.warn("a warning");
              console.progress(at(.5));
              console.finish();
            }),
            "");
}

Progress half_way() {
  Progress progress;
  progress.stage = "scan";
  progress.share = .5;
  progress.patches = 3;
  progress.pixels_done = 60'000'000;
  progress.pixels = 120'500'000;
  progress.pixels_per_second = 98.25e6;
  progress.seconds = .625;
  progress.seconds_left = 61.2;
  return progress;
}

TEST(Console, reports_progress_as_json_lines) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::json, false);
              console.progress(half_way());
              console.progress(at(0, "plan"));
              console.finish();
            }),
            "{\"stage\": \"scan\", \"share\": 0.500, \"pixels\": 60000000, \"pixels_total\": 120500000, "
            "\"patches\": 3, \"pixels_per_second\": 98250000, \"seconds\": 0.625, \"seconds_left\": 61.200}\n"
            "{\"stage\": \"plan\", \"share\": 0.000, \"pixels\": 0, \"pixels_total\": 0, "
            "\"patches\": 0, \"pixels_per_second\": 0, \"seconds\": 0.000, \"seconds_left\": null}\n");
}

TEST(Console, shows_on_a_terminal_what_is_known_and_nothing_else) {
  EXPECT_EQ(progress_line(half_way()),
            "[==========          ]  50 % scan      60.0 of 120.5 Mpx  98.2 Mpx/s  3 patches  1:02 left");
  EXPECT_EQ(progress_line(at(0, "plan")), "[                    ]   0 % plan    ");
}

TEST(Console, draws_the_line_of_a_terminal_anew_and_warnings_above_it) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::line, false);
              console.progress(at(0, "plan"));
              console.warn("careful");
              console.progress(at(1, "emit"));
              console.finish();
            }),
            "\r\x1b[K[                    ]   0 % plan    \r\x1b[Ktuban: warning: careful\n"
            "\r\x1b[K[====================] 100 % emit    \n");
}

TEST(Json, quotes_what_needs_quoting_and_keeps_utf8) {
  EXPECT_EQ(json_text("a\"b\\c\n\t\x01\xe5\x9b\xbe"), "\"a\\\"b\\\\c\\n\\t\\u0001\xe5\x9b\xbe\"");
  EXPECT_EQ(
      JsonObject().add("n", 3).add("x", 0.5).add("t", "a").add("l", std::vector<std::string>{"b"}).str(),
      "{\"n\": 3, \"x\": 0.5, \"t\": \"a\", \"l\": [\"b\"]}");
  EXPECT_EQ(json_number(std::nan("")), "null");
}

bool wait_for(const std::stop_token& token) {
  for (int i = 0; i < 2000 && !token.stop_requested(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return token.stop_requested();
}

TEST(StopSignals, the_first_interrupt_asks_for_a_stop_also_when_it_arrives_twice_at_once) {
  for (const int number : {SIGINT, SIGTERM}) {
    const StopSignals signals;
    EXPECT_FALSE(signals.token().stop_requested());
    ::kill(::getpid(), number);
    ::kill(::getpid(), number);
    EXPECT_TRUE(wait_for(signals.token()));
  }
}

TEST(StopSignals, without_an_interrupt_it_ends_in_silence) {
  { const StopSignals signals; }
  { const StopSignals signals; }
}

void interrupt_until_the_end() {
  const StopSignals signals;
  for (int i = 0; i < 2000; ++i) {
    ::kill(::getpid(), SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST(StopSignalsDeathTest, a_later_interrupt_ends_the_process_with_130) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(interrupt_until_the_end(), ::testing::ExitedWithCode(130), "stopped at once");
}

}  // namespace
}  // namespace tuban::cli
