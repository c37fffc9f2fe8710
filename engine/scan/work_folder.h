// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tuban {

/// A private folder (mode 0700) for a run's files, known by the lock file in it and locked against other runs
/// as long as the object lives. Removed with its content when the object dies, unless it is to be kept.
class WorkFolder {
 public:
  /// Creates exactly this folder, refusing one that exists (it may hold what is not ours to remove).
  explicit WorkFolder(const std::filesystem::path& path);
  /// Creates a folder of a fresh name, "tuban-XXXXXX", inside a folder that exists.
  static WorkFolder inside(const std::filesystem::path& parent);
  /// The same in `parent`, or where that is empty in the system's folder for temporary files.
  static WorkFolder temporary(const std::string& parent);
  /// Takes the folder that an earlier run left, to be kept; nothing if there is none. Throws Error(runtime)
  /// if another run holds it, Error(usage) if what has this name is no work folder of this user's.
  static std::optional<WorkFolder> take(const std::filesystem::path& path);
  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();

  const std::filesystem::path& path() const noexcept { return path_; }
  bool has(const std::string& name) const;
  /// What its files take on the disk; holes of sparse ones take nothing.
  std::uint64_t bytes() const;
  /// An empty file of this name, on the disk when it returns.
  void leave(const std::string& name) const;
  /// Removes all it holds; it stays locked.
  void clear() noexcept;
  /// All is done: the folder goes with the object, and what a kill leaves of it until then says so.
  void end() noexcept;
  bool ended() const;
  /// Whether the folder outlives the object.
  void keep(bool kept) noexcept { kept_ = kept; }

 private:
  WorkFolder(std::filesystem::path path, int lock, bool kept);
  void remove_entries(bool and_end) noexcept;
  std::filesystem::path path_;
  int lock_ = -1;
  bool kept_ = false, ended_ = false;
};

/// Makes names that were given in `folder` last. Throws as other failures on the disk do.
void sync_folder(const std::filesystem::path& folder);

}  // namespace tuban
