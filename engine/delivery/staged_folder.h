// SPDX-License-Identifier: Apache-2.0
// A folder that gets its final name only when it is whole (G4). Internal to delivery.
#pragma once

#include <filesystem>
#include <string>

namespace tuban {

/// The file by which a folder is known as a delivery.
inline constexpr const char* kDeliveryFile = "delivery.json";

class StagedFolder {
 public:
  /// Throws Error(usage) where the folder exists, unless `overwrite` and it is a delivery or empty: nothing
  /// else is ever replaced; Error(runtime) where none can be made beside it.
  StagedFolder(const std::string& final_path, bool overwrite);
  ~StagedFolder();  ///< removes what was not published
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return folder_; }
  void publish();

 private:
  [[noreturn]] void fail(const std::string& reason) const;
  /// Folders of runs that were killed while they delivered here.
  void clear_leftovers() const;
  std::filesystem::path final_, folder_;
  bool overwrite_;
  int held_ = -1;  ///< the folder, locked as long as it is being filled
};

}  // namespace tuban
