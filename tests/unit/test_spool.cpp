// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "engine/scan/spool.h"
#include "engine/scan/state_file.h"
#include "engine/scan/work_folder.h"
#include "tuban/error.h"

// A disk that is full, for the calling thread, once this many bytes more have been written.
thread_local std::ptrdiff_t disk_left = -1;

extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  using Write = ssize_t (*)(int, const void*, size_t);
  static const auto real = reinterpret_cast<Write>(dlsym(RTLD_NEXT, "write"));
  if (disk_left >= 0) {
    if (disk_left == 0) {
      errno = ENOSPC;
      return -1;
    }
    count = std::min(count, static_cast<size_t>(disk_left));
    disk_left -= static_cast<std::ptrdiff_t>(count);
  }
  return real(file, bytes, count);
}

namespace tuban {
namespace {

namespace fs = std::filesystem;

WorkFolder fresh_folder() {
  return WorkFolder::inside(fs::temp_directory_path());
}

std::vector<std::byte> record(std::size_t size, int seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(i * 31 + static_cast<std::size_t>(seed));
  return bytes;
}

ErrorCode code_of(const std::function<void()>& action, std::string& sentence) {
  try {
    action();
  } catch (const Error& error) {
    sentence = error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error was thrown";
  return ErrorCode::cancelled;
}

void overwrite_byte(const fs::path& path, std::uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char old = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(old ^ 0x40));
}

TEST(Spool, gives_back_every_record_whatever_its_size) {
  const WorkFolder folder = fresh_folder();
  Spool spool(folder.path() / "regions");
  const std::size_t sizes[] = {0, 1, 7, 4096, (1u << 20) - 16, 3u << 20, 5};
  std::vector<std::uint64_t> offsets;
  for (const auto size : sizes) offsets.push_back(spool.append(record(size, 3)));
  spool.flush();
  EXPECT_EQ(spool.records(), 7);
  EXPECT_EQ(spool.bytes(), fs::file_size(folder.path() / "regions"));
  for (std::size_t i = offsets.size(); i-- > 0;) EXPECT_EQ(spool.read(offsets[i]), record(sizes[i], 3));
}

TEST(Spool, is_read_by_many_threads_while_one_appends) {
  const WorkFolder folder = fresh_folder();
  Spool spool(folder.path() / "regions");
  std::vector<std::uint64_t> offsets;
  for (int i = 0; i < 50; ++i) offsets.push_back(spool.append(record(1000, i)));
  spool.flush();
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> readers;
    for (int t = 0; t < 3; ++t) {
      readers.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          if (spool.read(offsets[static_cast<std::size_t>(i)]) != record(1000, i)) ++wrong;
        }
      });
    }
    for (int i = 0; i < 50; ++i) spool.append(record(100'000, i));
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Spool, refuses_a_file_that_exists) {
  const WorkFolder folder = fresh_folder();
  const Spool first(folder.path() / "regions");
  std::string sentence;
  EXPECT_EQ(code_of([&] { Spool second(folder.path() / "regions"); }, sentence), ErrorCode::runtime);
  EXPECT_NE(sentence.find((folder.path() / "regions").string()), std::string::npos);
}

TEST(Spool, notices_a_flipped_bit_in_length_checksum_and_payload) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "regions";
  Spool spool(path);
  spool.append(record(100, 1));
  const auto offset = spool.append(record(100, 2));
  spool.append(record(100, 3));
  spool.flush();
  for (const std::uint64_t at : {0u, 6u, 9u, 16u, 115u}) {
    overwrite_byte(path, offset + at);
    std::string sentence;
    EXPECT_EQ(code_of([&] { spool.read(offset); }, sentence), ErrorCode::runtime);
    EXPECT_NE(sentence.find(path.string()), std::string::npos) << sentence;
    overwrite_byte(path, offset + at);
    EXPECT_EQ(spool.read(offset), record(100, 2));
  }
}

TEST(Spool, notices_a_file_that_was_cut_short) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "regions";
  Spool spool(path);
  const auto offset = spool.append(record(100, 1));
  spool.flush();
  for (const std::uintmax_t size : {115u, 10u, 0u}) {
    fs::resize_file(path, size);
    EXPECT_THROW(spool.read(offset), Error);
  }
}

TEST(Spool, a_full_disk_is_a_resource_error_and_flushing_again_loses_nothing) {
  const WorkFolder folder = fresh_folder();
  Spool spool(folder.path() / "regions");
  const auto first = spool.append(record(5000, 1));
  const auto second = spool.append(record(5000, 2));
  std::string sentence;
  disk_left = 3000;
  EXPECT_EQ(code_of([&] { spool.flush(); }, sentence), ErrorCode::resource);
  disk_left = -1;
  EXPECT_NE(sentence.find((folder.path() / "regions").string()), std::string::npos);
  EXPECT_NE(sentence.find("--work-folder"), std::string::npos);
  spool.flush();
  EXPECT_EQ(spool.read(first), record(5000, 1));
  EXPECT_EQ(spool.read(second), record(5000, 2));
}

TEST(Spool, a_moved_spool_continues_where_it_was) {
  const WorkFolder folder = fresh_folder();
  Spool spool(folder.path() / "regions");
  const auto first = spool.append(record(10, 1));
  Spool moved(std::move(spool));
  const auto second = moved.append(record(10, 2));
  moved.flush();
  EXPECT_EQ(moved.read(first), record(10, 1));
  EXPECT_EQ(moved.read(second), record(10, 2));
}

TEST(Spool, taken_up_goes_on_behind_the_last_intact_record) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "regions";
  std::uint64_t third = 0;
  {
    Spool spool(path);
    for (int i = 0; i < 2; ++i) spool.append(record(100, i));
    third = spool.append(record(100, 2));
    spool.append(record(100, 3));
    spool.flush();
  }
  for (const std::uint64_t size : {third + 60, third + 8, third}) {
    fs::resize_file(path, size);
    std::vector<std::vector<std::byte>> seen;
    Spool spool = Spool::take_up(
        path, [&](std::uint64_t, std::span<const std::byte> r) { seen.emplace_back(r.begin(), r.end()); });
    EXPECT_EQ(seen, (std::vector{record(100, 0), record(100, 1)}));
    EXPECT_EQ(spool.append(record(50, 9)), third);
    spool.flush();
    EXPECT_EQ(spool.read(third), record(50, 9));
    EXPECT_EQ(spool.records(), 3);
  }
}

TEST(Spool, taken_up_forgets_what_lies_behind_the_limit) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "regions";
  std::uint64_t second = 0;
  {
    Spool spool(path);
    spool.append(record(100, 0));
    second = spool.append(record(100, 1));
    spool.flush();
  }
  const Spool spool = Spool::take_up(
      path, [](std::uint64_t, std::span<const std::byte>) {}, second);
  EXPECT_EQ(spool.records(), 1);
  EXPECT_EQ(fs::file_size(path), second);
}

TEST(Spool, taken_up_where_there_is_none_is_a_new_one) {
  const WorkFolder folder = fresh_folder();
  const Spool spool = Spool::take_up(
      folder.path() / "regions",
      [](std::uint64_t, std::span<const std::byte>) { ADD_FAILURE() << "there is no record"; });
  EXPECT_EQ(spool.bytes(), 0U);
}

TEST(StateFile, gives_back_what_was_put_whatever_its_length) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "state";
  std::vector<std::uint64_t> longs(100'000);
  for (std::size_t i = 0; i < longs.size(); ++i) longs[i] = i * i;
  StateWriter writer(path);
  writer.put(std::int32_t{-3}, longs, std::string("text"), std::vector<char>{}, 2.5);
  writer.commit();
  StateReader reader(path);
  std::int32_t number = 0;
  std::vector<std::uint64_t> values;
  std::string text;
  std::vector<char> none{'x'};
  double real = 0;
  reader.get(number, values, text, none, real);
  EXPECT_EQ(number, -3);
  EXPECT_EQ(values == longs, true);
  EXPECT_EQ(text, "text");
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(real, 2.5);
  EXPECT_THROW(reader.get(number), CannotResume);
}

TEST(StateFile, stays_the_former_one_until_the_next_is_whole) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "state";
  StateWriter first(path);
  first.put(1);
  first.commit();
  {
    StateWriter second(path);
    second.put(2, std::vector<char>(1 << 20));
  }
  int value = 0;
  StateReader(path).get(value);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()),
            2);  // and the lock
}

TEST(StateFile, damage_anywhere_is_refused) {
  const WorkFolder folder = fresh_folder();
  const auto path = folder.path() / "state";
  for (const bool shorter : {false, true}) {
    StateWriter writer(path);
    writer.put(std::vector<char>(100'000, 'x'));
    writer.commit();
    for (const std::uint64_t at : {100'000u, 70'000u, 5u}) {
      if (shorter)
        fs::resize_file(path, at);
      else
        overwrite_byte(path, at);
      EXPECT_THROW(StateReader{path}, CannotResume);
    }
  }
}

TEST(WorkFolder, is_taken_up_where_it_was_kept_and_by_one_at_a_time) {
  const WorkFolder parent = fresh_folder();
  const auto path = parent.path() / "work";
  EXPECT_FALSE(WorkFolder::take(path));
  {
    WorkFolder folder(path);
    std::string sentence;
    EXPECT_EQ(code_of([&] { WorkFolder::take(path); }, sentence), ErrorCode::runtime);
    EXPECT_NE(sentence.find("another run"), std::string::npos) << sentence;
    folder.leave("note");
    folder.keep(true);
  }
  auto taken = WorkFolder::take(path);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->has("note"));
  taken->clear();
  EXPECT_FALSE(taken->has("note"));
  EXPECT_THROW(WorkFolder::take(path), Error);
  taken->keep(false);
  taken.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST(WorkFolder, what_others_can_write_to_is_not_taken) {
  const WorkFolder parent = fresh_folder();
  const auto path = parent.path() / "work";
  WorkFolder(path).keep(true);
  fs::permissions(path, fs::perms::all);
  std::string sentence;
  EXPECT_EQ(code_of([&] { WorkFolder::take(path); }, sentence), ErrorCode::usage);
  fs::permissions(path, fs::perms::owner_all);
  fs::create_symlink(path, parent.path() / "link");
  EXPECT_EQ(code_of([&] { WorkFolder::take(parent.path() / "link"); }, sentence), ErrorCode::usage);
  EXPECT_TRUE(WorkFolder::take(path));
}

TEST(WorkFolder, is_private_and_disappears_with_its_content) {
  fs::path path;
  {
    const WorkFolder folder = fresh_folder();
    path = folder.path();
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0700u);
    fs::create_directory(path / "deep");
    std::ofstream(path / "deep" / "file") << "content";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(WorkFolder, refuses_and_spares_a_folder_that_exists) {
  const WorkFolder folder = fresh_folder();
  std::ofstream(folder.path() / "precious") << "content";
  EXPECT_THROW(WorkFolder{folder.path()}, Error);
  EXPECT_TRUE(fs::exists(folder.path() / "precious"));
}

TEST(WorkFolder, a_parent_that_is_missing_is_named) {
  std::string sentence;
  EXPECT_EQ(code_of([] { WorkFolder::inside("/nowhere/at/all"); }, sentence), ErrorCode::runtime);
  EXPECT_NE(sentence.find("/nowhere/at/all"), std::string::npos);
}

struct Sample {
  int id;
  double value;
  friend bool operator==(const Sample&, const Sample&) = default;
};

TEST(Encoder, what_is_put_comes_back_in_order) {
  Encoder encoder;
  encoder.put(std::int32_t{-5});
  encoder.put(std::string("\xe5\x9b\xbe\xe6\x96\x91"));
  encoder.put(std::vector<Sample>{{1, 0.5}, {2, -1.0}});
  encoder.put(std::vector<double>{});
  encoder.put(std::string());
  Decoder decoder(encoder.bytes());
  std::int32_t number = 0;
  std::string text, empty = "x";
  std::vector<Sample> samples;
  std::vector<double> none{1.0};
  decoder.get(number);
  decoder.get(text);
  decoder.get(samples);
  decoder.get(none);
  decoder.get(empty);
  EXPECT_EQ(number, -5);
  EXPECT_EQ(text, "\xe5\x9b\xbe\xe6\x96\x91");
  EXPECT_EQ(samples, (std::vector<Sample>{{1, 0.5}, {2, -1.0}}));
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(empty.empty());
  EXPECT_TRUE(decoder.done());
}

TEST(Decoder, a_record_that_ends_early_is_an_error_at_every_length) {
  Encoder encoder;
  encoder.put(std::uint64_t{7});
  encoder.put(std::string("abc"));
  encoder.put(std::vector<double>{1, 2});
  for (std::size_t length = 0; length < encoder.bytes().size(); ++length) {
    Decoder decoder(encoder.bytes().first(length));
    std::uint64_t number = 0;
    std::string text;
    std::vector<double> values;
    EXPECT_THROW(
        {
          decoder.get(number);
          decoder.get(text);
          decoder.get(values);
        },
        Error);
  }
}

TEST(Decoder, an_absurd_count_is_refused_before_memory_is_asked_for) {
  Encoder encoder;
  encoder.put(std::uint64_t{0x2000000000000001ull});
  encoder.put(double{1});
  std::vector<double> values;
  Decoder decoder(encoder.bytes());
  EXPECT_THROW(decoder.get(values), Error);
}

}  // namespace
}  // namespace tuban
