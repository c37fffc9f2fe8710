// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "engine/scan/executor.h"
#include "tests/support/stall.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using Case = std::tuple<ExecutorKind, int, int>;

// Watches a pass from inside its stages.
class Watch {
 public:
  explicit Watch(int slots) : slot_holder_(static_cast<std::size_t>(slots), -1) {}

  void started(std::int64_t item, int slot) {
    const std::lock_guard lock(mutex_);
    const auto place = static_cast<std::size_t>(slot);
    if (slot_holder_[place] != -1) ++slot_conflicts;
    if (item - static_cast<std::int64_t>(slot_holder_.size()) >= static_cast<std::int64_t>(commits.size())) {
      ++early_starts;
    }
    slot_holder_[place] = item;
    most_in_flight = std::max(most_in_flight, ++in_flight_);
    ++starts;
  }
  void fetching(int change) {
    const std::lock_guard lock(mutex_);
    fetching_ += change;
    most_fetching = std::max(most_fetching, fetching_);
  }
  void computed(std::int64_t item, int slot) {
    const std::lock_guard lock(mutex_);
    if (slot_holder_[static_cast<std::size_t>(slot)] != item) ++slot_conflicts;
  }
  void commit_begins(std::int64_t item, int slot) {
    const std::lock_guard lock(mutex_);
    if (slot_holder_[static_cast<std::size_t>(slot)] != item) ++slot_conflicts;
    if (committing_) ++commit_overlaps;
    committing_ = true;
  }
  void commit_ends(std::int64_t item, int slot) {
    const std::lock_guard lock(mutex_);
    committing_ = false;
    slot_holder_[static_cast<std::size_t>(slot)] = -1;
    --in_flight_;
    commits.push_back(item);
  }

  std::vector<std::int64_t> commits;
  int starts = 0, slot_conflicts = 0, early_starts = 0, commit_overlaps = 0, most_in_flight = 0,
      most_fetching = 0;

 private:
  std::mutex mutex_;
  std::vector<std::int64_t> slot_holder_;
  int in_flight_ = 0, fetching_ = 0;
  bool committing_ = false;
};

Pass watched(Watch& watch, std::int64_t count, int slots) {
  Pass pass;
  pass.count = count;
  pass.slots = slots;
  pass.fetch = [&watch](std::int64_t item, int slot) {
    watch.started(item, slot);
    watch.fetching(1);
    std::this_thread::yield();
    watch.fetching(-1);
  };
  pass.compute = [&watch](std::int64_t item, int slot) { watch.computed(item, slot); };
  pass.commit = [&watch](std::int64_t item, int slot) {
    watch.commit_begins(item, slot);
    std::this_thread::yield();
    watch.commit_ends(item, slot);
  };
  return testing::stalled(pass);
}

std::vector<std::int64_t> first(std::int64_t count) {
  std::vector<std::int64_t> items;
  for (std::int64_t i = 0; i < count; ++i) items.push_back(i);
  return items;
}

class ExecutorTest : public ::testing::TestWithParam<Case> {
 protected:
  int slots() const { return std::get<2>(GetParam()); }
  void run(const Pass& pass, std::stop_token stop = {}) {
    make_executor(std::get<0>(GetParam()), std::get<1>(GetParam()))->run(pass, std::move(stop));
  }
};

TEST_P(ExecutorTest, commits_every_item_once_in_index_order_one_at_a_time) {
  Watch watch(slots());
  run(watched(watch, 60, slots()));
  EXPECT_EQ(watch.commits, first(60));
  EXPECT_EQ(watch.commit_overlaps, 0);
}

TEST_P(ExecutorTest, starts_an_item_only_after_the_last_user_of_its_slot_has_committed) {
  Watch watch(slots());
  run(watched(watch, 60, slots()));
  EXPECT_EQ(watch.slot_conflicts, 0);
  EXPECT_EQ(watch.early_starts, 0);
  EXPECT_LE(watch.most_in_flight, slots());
}

TEST_P(ExecutorTest, runs_no_more_fetches_at_once_than_allowed) {
  for (const int limit : {1, 2}) {
    Watch watch(slots());
    Pass pass = watched(watch, 60, slots());
    pass.max_fetches = limit;
    run(pass);
    EXPECT_LE(watch.most_fetching, limit);
    EXPECT_EQ(watch.commits, first(60));
  }
}

TEST_P(ExecutorTest, a_slot_carries_its_value_from_fetch_to_commit) {
  std::vector<std::int64_t> value(static_cast<std::size_t>(slots()));
  std::vector<std::int64_t> seen;
  Pass pass;
  pass.count = 200;
  pass.slots = slots();
  pass.fetch = [&](std::int64_t item, int slot) { value[static_cast<std::size_t>(slot)] = item; };
  pass.compute = [&](std::int64_t, int slot) { value[static_cast<std::size_t>(slot)] *= 3; };
  pass.commit = [&](std::int64_t, int slot) { seen.push_back(value[static_cast<std::size_t>(slot)]); };
  run(testing::stalled(pass));
  auto expected = first(200);
  for (auto& item : expected) item *= 3;
  EXPECT_EQ(seen, expected);
}

TEST_P(ExecutorTest, does_nothing_for_no_items) {
  Watch watch(slots());
  EXPECT_NO_THROW(run(watched(watch, 0, slots())));
  EXPECT_EQ(watch.starts, 0);
}

TEST_P(ExecutorTest, accepts_stages_that_are_empty) {
  Pass pass;
  pass.count = 20;
  pass.slots = slots();
  std::int64_t commits = 0;
  EXPECT_NO_THROW(run(pass));
  pass.commit = [&](std::int64_t, int) { ++commits; };
  run(pass);
  EXPECT_EQ(commits, 20);
}

// Which stage throws must make no difference to what is promised.
TEST_P(ExecutorTest, an_exception_in_any_stage_is_rethrown_and_nothing_after_it_commits) {
  for (const int stage : {0, 1, 2}) {
    Watch watch(slots());
    Pass pass = watched(watch, 60, slots());
    auto& broken = stage == 0 ? pass.fetch : stage == 1 ? pass.compute : pass.commit;
    broken = [inner = broken](std::int64_t item, int slot) {
      if (item == 23) throw std::invalid_argument("item 23");
      inner(item, slot);
    };
    EXPECT_THROW(run(pass), std::invalid_argument);
    EXPECT_LE(watch.commits.size(), 23u);
    EXPECT_EQ(watch.commits, first(static_cast<std::int64_t>(watch.commits.size())));
    EXPECT_LE(watch.starts, 23 + slots());
  }
}

TEST_P(ExecutorTest, of_several_errors_the_one_of_the_lowest_item_wins) {
  std::mutex mutex;
  std::set<std::int64_t> thrown;
  Pass pass;
  pass.count = 60;
  pass.slots = slots();
  pass.compute = [&](std::int64_t item, int) {
    if (item < 10) return;
    const std::lock_guard lock(mutex);
    thrown.insert(item);
    throw item;
  };
  try {
    run(testing::stalled(pass));
    FAIL() << "the error was swallowed";
  } catch (const std::int64_t& item) {
    EXPECT_EQ(item, *thrown.begin());
  }
}

TEST_P(ExecutorTest, a_stop_request_ends_the_pass_as_cancelled_after_the_running_commit) {
  for (const std::int64_t share : {0, 10, 50}) {
    Watch watch(slots());
    std::stop_source stop;
    Pass pass = watched(watch, 60, slots());
    const std::int64_t last = 60 * share / 100;
    if (share == 0) stop.request_stop();
    pass.commit = [&, inner = pass.commit](std::int64_t item, int slot) {
      if (item + 1 == last) stop.request_stop();
      inner(item, slot);
    };
    try {
      run(pass, stop.get_token());
      ADD_FAILURE() << "the pass was not cancelled at " << share << " %";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::cancelled);
    }
    EXPECT_EQ(watch.commits, first(last));
    EXPECT_LE(watch.starts, last + slots());
  }
}

TEST_P(ExecutorTest, a_stop_request_in_the_last_commit_changes_nothing) {
  Watch watch(slots());
  std::stop_source stop;
  Pass pass = watched(watch, 60, slots());
  pass.commit = [&, inner = pass.commit](std::int64_t item, int slot) {
    if (item == 59) stop.request_stop();
    inner(item, slot);
  };
  EXPECT_NO_THROW(run(pass, stop.get_token()));
  EXPECT_EQ(watch.commits, first(60));
}

TEST_P(ExecutorTest, serves_pass_after_pass_also_after_a_failure) {
  const auto executor = make_executor(std::get<0>(GetParam()), std::get<1>(GetParam()));
  Watch broken(slots()), whole(slots());
  Pass pass = watched(broken, 30, slots());
  pass.compute = [](std::int64_t, int) { throw std::runtime_error("broken"); };
  EXPECT_THROW(executor->run(pass, {}), std::runtime_error);
  executor->run(watched(whole, 30, slots()), {});
  EXPECT_EQ(whole.commits, first(30));
}

// The runtimes of oneTBB and OpenMP are not instrumented, so ThreadSanitizer is shown the other two.
#ifdef TUBAN_TEST_INSTRUMENTED_KINDS
constexpr ExecutorKind kKinds[] = {ExecutorKind::serial, ExecutorKind::jthread};
#else
constexpr ExecutorKind kKinds[] = {ExecutorKind::serial, ExecutorKind::tbb, ExecutorKind::openmp,
                                   ExecutorKind::jthread};
#endif

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  const char* const names[] = {"tbb", "serial", "openmp", "jthread"};
  const auto& [kind, threads, slots] = info.param;
  return std::string(names[static_cast<int>(kind)]) + "_threads_" + std::to_string(threads) + "_slots_" +
         std::to_string(slots);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ExecutorTest,
                         ::testing::Combine(::testing::ValuesIn(kKinds), ::testing::Values(1, 2, 3, 8),
                                            ::testing::Values(1, 2, 5)),
                         name_of);

TEST(MakeExecutor, zero_threads_means_all_this_process_may_use) {
  EXPECT_GE(make_executor(ExecutorKind::jthread, 0)->threads(), 1);
  EXPECT_EQ(make_executor(ExecutorKind::jthread, 5)->threads(), 5);
}

TEST(MakeExecutor, a_negative_number_of_threads_is_refused) {
  EXPECT_THROW(make_executor(ExecutorKind::tbb, -1), Error);
}

}  // namespace
}  // namespace tuban
