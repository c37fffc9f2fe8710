// SPDX-License-Identifier: Apache-2.0
// Patches made elsewhere on their way into the line: opened and checked, read into a spool, their ground laid
// out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/io/original_columns.h"
#include "engine/io/own_result.h"
#include "engine/io/patch_file.h"
#include "engine/rules/types_map.h"
#include "engine/scan/executor.h"
#include "engine/scan/work_folder.h"
#include "engine/stages.h"
#include "tuban/mark.h"

namespace tuban {

using Warn = std::function<void(const std::string&)>;

/// What is known before the first patch is read; every mistake of the user that shows by then is thrown from
/// here.
class GivenPlan {
 public:
  GivenPlan(const MarkJob& job, const Warn& warn);

  /// Reads every patch into the folder and measures it, and lays the layers out over their ground. Patches on
  /// military ground are kept back. Those that had to be repaired, have no shape, or a type that the map does
  /// not know are told in one sentence each.
  RecordFile read(const WorkFolder& folder, std::stop_token stop, const Advance& advance);
  Marking marking(const Receiver& receiver) const;
  /// What was kept back, whole but not yet under its final name; null where the job asks for no register.
  std::unique_ptr<Output> write_register(const RecordFile& patches, const std::string& manifest) const;

  const MarkJob& job() const noexcept { return job_; }
  const PatchFile& file() const noexcept { return file_; }
  const TypesMap& types() const noexcept { return types_; }
  Executor& executor() const noexcept { return *executor_; }
  std::int64_t repaired() const noexcept { return repaired_; }
  const std::vector<RuleChange>& rule_changes() const noexcept { return rule_changes_; }
  const std::vector<OriginalColumns::Renamed>& renamed() const noexcept { return originals_.renamed(); }

 private:
  struct Fields {
    int case_id = -1, type = -1, before = -1, after = -1;
  };
  void find_fields();
  Patch patch_of(const GivenPatchMaker& maker, const GivenPatch& given, bool& repaired) const;
  std::optional<std::string> date_of(const GivenPatch& given, int field, const char* option) const;
  /// A patch that there is something to say of.
  struct Odd {
    std::size_t index = 0;
    std::string id, type;
    bool repaired = false, shapeless = false, unknown_type = false;
  };
  void place();
  void keep_back(RecordFile& patches);
  void tell(std::int64_t patches);

  const MarkJob job_;
  Warn warn_;
  PatchFile file_;
  TypesMap types_;
  Fields fields_;
  bool own_result_ = false;
  OwnExtras extras_;
  std::vector<int> kept_;  ///< fields that stand in the output as they are
  OriginalColumns originals_;
  PatchFilter filter_;
  Grid grid_;
  std::unique_ptr<Executor> executor_;
  int slots_ = 1;
  std::shared_ptr<const std::vector<Rulebook>> books_;
  std::vector<RuleChange> rule_changes_;
  std::shared_ptr<const ReferenceLayers> layers_;
  PreviousFiles previous_;
  Bounds bounds_;
  std::vector<Odd> odd_;
  std::vector<std::uint64_t> withheld_;  ///< offsets of records
  std::int64_t repaired_ = 0;
};

}  // namespace tuban
