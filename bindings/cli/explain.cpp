// SPDX-License-Identifier: Apache-2.0
#include "tuban/explain.h"

#include "bindings/cli/commands.h"
#include "bindings/cli/json.h"
#include "bindings/cli/language.h"
#include "tuban/error.h"

namespace tuban::cli {

void ExplainCommand::add(CLI::App& app) {
  command_ = app.add_subcommand("explain", "tell what stands behind a patch of a result");
  command_->allow_extras();
  command_->add_option("RESULT", result_, "GeoPackage that tuban has written")->required();
  command_->add_option("PATCH_ID", ids_, "patches to explain");
  command_->add_option("--rank", ranks_, "patch with this rank, 1 the first; repeatable")
      ->type_name("N")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_language(*command_, language_);
  command_->add_flag("--json", json_, "print one JSON object, names in both languages");
  command_->footer(
      "Examples:\n  tuban explain result.gpkg 4ea4e801127994a4\n"
      "  tuban explain result.gpkg --rank 1 --lang zh\n");
}

int ExplainCommand::run() {
  refuse_extras(*command_);
  const Language language = parse_language(language_);
  std::vector<std::string> ids = ids_;
  for (const std::int64_t rank : ranks_) ids.push_back(patch_of_rank(result_, rank));
  if (ids.empty()) {
    throw Error(ErrorCode::usage, "which patch? tuban explain RESULT PATCH_ID, or --rank N");
  }
  if (json_) {
    const auto list = json_list(ids, [&](const std::string& id) { return explain_json(result_, id); });
    print(JsonObject().raw("patches", list).str() + "\n");
    return 0;
  }
  std::string pages;
  for (const std::string& id : ids) pages += (pages.empty() ? "" : "\n") + explain(result_, id, language);
  print(pages);
  return 0;
}

}  // namespace tuban::cli
