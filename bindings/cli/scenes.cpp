// SPDX-License-Identifier: Apache-2.0
#include "tuban/scenes.h"

#include <fmt/format.h>

#include "bindings/cli/commands.h"
#include "bindings/cli/json.h"

namespace tuban::cli {
namespace {

const char* name_of(DateOrigin origin) {
  switch (origin) {
    case DateOrigin::list:
      return "list";
    case DateOrigin::stac:
      return "stac";
    case DateOrigin::name:
      return "name";
    case DateOrigin::metadata:
      break;
  }
  return "metadata";
}

std::string as_json(const ListedScene& listed) {
  const Scene& scene = listed.scene;
  JsonObject object;
  object.add("date", *scene.date).add("date_from", name_of(listed.origin)).add("path", scene.path);
  object.raw("bands", json_list(listed.bands, json_text));
  object.raw("cloud", scene.cloud.empty() ? "null" : json_text(scene.cloud));
  object.raw("valid", scene.valid_path.empty() ? "null" : json_text(scene.valid_path));
  return object.str();
}

std::string as_text(const ListedScene& listed) {
  const Scene& scene = listed.scene;
  std::string text = fmt::format("{:<20}  {:<8}  {}", *scene.date, name_of(listed.origin), scene.path);
  if (!listed.bands.empty()) text += ", band " + listed.bands.front();
  if (!scene.cloud.empty()) text += ", clouds in " + scene.cloud;
  if (!scene.valid_path.empty()) text += ", valid in " + scene.valid_path;
  return text + "\n";
}

}  // namespace

void ScenesCommand::add(CLI::App& app) {
  command_ =
      app.add_subcommand("scenes", "show which scenes a list holds, when they were taken and what says so");
  command_->allow_extras();
  command_
      ->add_option("LIST", list_,
                   "folder, list (.txt, .lst, .csv), STAC item or collection (.json), or stack of bands")
      ->required();
  command_
      ->add_option(
          "--date-pattern", options_.date_pattern,
          "where file names tell the date: %Y with %m and %d, or %Y with %j; * any characters, ? one")
      ->type_name("PATTERN");
  command_->add_option("--asset", options_.asset, "STAC asset with the image")->type_name("KEY");
  command_->add_option("--cloud-asset", options_.cloud_asset, "STAC asset with clouds")->type_name("KEY");
  command_->add_flag("--json", json_, "print one JSON object");
  command_->footer("Example:\n  tuban scenes 2021 --date-pattern 'S2?_*_%Y%m%dT*'\n");
}

int ScenesCommand::run() {
  refuse_extras(*command_);
  set_gdal_cache(0);
  const std::vector<ListedScene> scenes = list_scenes(list_, options_);
  if (json_) {
    print(JsonObject().raw("scenes", json_list(scenes, as_json)).str() + "\n");
  } else {
    for (const ListedScene& one : scenes) print(as_text(one));
  }
  return 0;
}

}  // namespace tuban::cli
