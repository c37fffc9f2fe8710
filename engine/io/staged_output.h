// SPDX-License-Identifier: Apache-2.0
// Files that get their final names only when they are whole (G4).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tuban {

/// A hidden folder beside the output in which it is written under its own base name, with any side files the
/// format needs. publish() moves everything out; the destructor removes what was not published, or what was
/// replaced, and the next one of that name what a killed process has left. One thread.
class StagedOutput {
 public:
  /// Throws Error(runtime) or Error(resource) if the folder cannot be made.
  /// `confidential`: only this user may read what is published (mode 0600).
  StagedOutput(const std::string& final_path, bool overwrite, bool confidential = false);
  ~StagedOutput();
  StagedOutput(const StagedOutput&) = delete;
  StagedOutput& operator=(const StagedOutput&) = delete;

  /// Where to write the output now.
  std::string path() const { return (folder_ / final_.filename()).string(); }
  /// Where to write a side file that will stand beside the output as STEM + suffix.
  std::string side_path(const std::string& suffix) const;
  /// Writes a whole side file.
  void write_side_file(const std::string& suffix, const std::string& content) const;

  /// Makes everything written durable. Throws as fail() does.
  void sync() const;
  /// For drivers that do not notice failed writes: throws as fail() does unless every file could still grow
  /// by a megabyte, which it cannot where a write has failed for want of space. Leaves the files as they are.
  void require_room() const;
  /// Gives everything its final name, the output itself last, and removes companions of an older output that
  /// would be taken for the new one's. Throws Error(usage) if the output has appeared meanwhile; then, as
  /// after any failure, everything is as it was.
  void publish();
  /// Instead of publish(): copies the output to kStandardOutput. Throws Error(runtime); a part may be told
  /// then.
  void publish_as_stream() const;
  /// Undoes publish(). What was replaced stands there again if it could be kept, which takes hard links.
  void withdraw() noexcept;

  /// Throws Error(resource) if the device or a quota is full, else Error(runtime), naming the final path.
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  /// A name that was given away or taken, and where the file is kept that had it, if one had.
  struct Change {
    std::filesystem::path name, kept;
  };
  void set_aside(const std::filesystem::path& old);
  void move(const std::filesystem::path& file);
  void remove_folder() noexcept;

  std::filesystem::path final_, folder_;
  bool overwrite_, confidential_;
  std::vector<Change> changes_;
  int lock_ = -1;
};

/// Existing files that belong to an output of that name: its own, and side files by naming convention (.shp
/// has .dbf and others; .gpkg may have a -wal).
std::vector<std::string> existing_companions(const std::string& path);

}  // namespace tuban
