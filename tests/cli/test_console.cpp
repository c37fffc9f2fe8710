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

TEST(Console, draws_the_bar_of_gdal_whatever_the_steps) {
  const std::string whole = "0...10...20...30...40...50...60...70...80...90...100 - done.\n";
  for (const int steps : {1, 7, 1000}) {
    EXPECT_EQ(stderr_of([&] {
                Console console(ProgressStyle::bar, false);
                for (int i = 0; i < steps; ++i) console.progress({"scan", static_cast<double>(i) / steps, 0});
                console.finish();
              }),
              whole);
  }
}

TEST(Console, ends_the_line_of_a_bar_that_stops_half_way) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::bar, false);
              console.progress({"scan", .11, 0});
            }),
            "0...10\n");
}

TEST(Console, shows_warnings_at_once_or_after_the_bar) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::bar, false);
              console.warn("before");
              console.progress({"scan", .06, 0});
              console.warn("within");
              console.progress({"scan", .11, 0});
            }),
            "tuban: warning: before\n0...10\ntuban: warning: within\n");
}

TEST(Console, says_nothing_when_quiet) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::none, true);
              console.warn("a warning");
              console.progress({"scan", .5, 0});
              console.finish();
            }),
            "");
}

TEST(Console, reports_progress_as_json_lines_only_when_something_changes) {
  EXPECT_EQ(stderr_of([] {
              Console console(ProgressStyle::json, false);
              console.progress({"scan", .5, 3});
              console.progress({"scan", .50001, 3});
              console.progress({"emit", .5, 3});
              console.finish();
            }),
            "{\"stage\": \"scan\", \"share\": 0.500, \"patches\": 3}\n"
            "{\"stage\": \"emit\", \"share\": 0.500, \"patches\": 3}\n");
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
