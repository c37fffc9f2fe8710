// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/rules/aliases.h"
#include "engine/rules/land_class.h"
#include "engine/rules/nearest.h"
#include "engine/rules/plain_ring.h"
#include "engine/rules/reference.h"
#include "engine/rules/roles.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {
namespace {

/// Keys that name a field each; a term has two of its own.
constexpr std::pair<const char*, std::string LayerSpec::*> kFieldKeys[] = {
    {"id", &LayerSpec::id_field},         {"class", &LayerSpec::class_field},
    {"ridge", &LayerSpec::ridge_field},   {"number", &LayerSpec::number_field},
    {"dated", &LayerSpec::dated_field},   {"mode", &LayerSpec::mode_field},
    {"holder", &LayerSpec::holder_field},
};

/// A path relative to the file that names it; a database (PG:...), a URL and /vsi... stay as they are.
std::string resolved(const std::string& path, const std::string& yaml_path) {
  const auto colon = path.find(':');
  if (path.starts_with("/") || (colon != std::string::npos && colon > 1)) return path;
  return (std::filesystem::path(yaml_path).parent_path() / path).string();
}

/// The value of a key that names a layer or field. `~` there takes its aliases away.
std::string name_in(const StrictMap& map, const char* key, LayerSpec& spec, const std::string& alias) {
  const bool none = map.has(key) && map.node(key).IsNull();
  if (none) spec.aliases.erase(alias);
  return none ? std::string() : map.optional_text(key);
}

void read_term(const StrictMap& map, LayerSpec& spec) {
  if (!map.has("valid")) return;
  spec.aliases.erase("valid: from");
  spec.aliases.erase("valid: to");
  if (map.node("valid").IsNull()) return;
  const StrictMap valid(map.node("valid"), map.where() + ": valid", {"from", "to"});
  spec.valid_from_field = valid.optional_text("from");
  spec.valid_to_field = valid.optional_text("to");
  if (spec.valid_from_field.empty() && spec.valid_to_field.empty()) {
    valid.refuse("it names no field; expected is from, to or both");
  }
}

LayerSpec read_spec(const YAML::Node& node, const std::string& file, std::size_t number,
                    const AliasMap& aliases) {
  const StrictMap map(
      node, fmt::format("{}: layer {}", file, number),
      {"role", "path", "layer", "id", "class", "ridge", "valid", "number", "dated", "mode", "holder", "crs"});
  LayerSpec spec;
  spec.declared_in = file;
  spec.role = map.text("role");
  const auto& known = layer_roles();
  if (std::find(known.begin(), known.end(), spec.role) == known.end()) {
    map.refuse(fmt::format("unknown role \"{}\"{}", spec.role, suggestion(spec.role, known)));
  }
  spec.path = resolved(map.text("path"), file);
  if (const auto names = aliases.find(spec.role); names != aliases.end()) spec.aliases = names->second;
  spec.layer = name_in(map, "layer", spec, "layer");
  for (const auto& [key, field] : kFieldKeys) spec.*field = name_in(map, key, spec, key);
  read_term(map, spec);
  spec.crs = map.optional_text("crs");
  return spec;
}

bool is_of(const LayerSpec& spec, RoleFamily family) {
  const Role* const role = find_role(spec.role);
  return role != nullptr && role->family == family;
}

/// Layers of farmland carry the classes of its parcels.
bool has_land_classes(const LayerSpec& spec) {
  return spec.role == "basic_farmland" || spec.role == "farmland_target";
}

/// Whether each feature should have an id of its own, which a finding can quote.
bool is_quoted(const LayerSpec& spec) {
  return !spec.id_field.empty() && (is_of(spec, RoleFamily::evidence) || is_of(spec, RoleFamily::right));
}

[[noreturn]] void refuse_feature(const LayerSpec& spec, const std::string& id, const std::string& why) {
  throw Error(ErrorCode::mismatch,
              fmt::format("{}: {} layer {}: feature {} {}", spec.declared_in, spec.role, spec.path, id, why));
}

/// Distances are measured to features of a right, however far they lie from a patch, and what is opaque is
/// asked while patches are still being found.
bool is_needed_whole(const LayerSpec& spec) {
  return is_of(spec, RoleFamily::right) || is_of(spec, RoleFamily::opaque);
}

/// Takes one feature in; returns whether it had to be repaired. A shape that has no area after repair is
/// dropped: there is nothing to overlap.
bool take(StoredLayer& layer, const geos::Context& context, LayerFeature&& feature) {
  check_feature(layer.spec, feature);
  bool repaired = false;
  const auto shape = sound_shape(layer.spec, feature, context, false, repaired);
  const auto bounds = shape.bounds(context);
  if (repaired) feature.wkb = context.to_wkb(shape.geometry(context));
  if (bounds.empty()) return repaired;
  const auto wkb = std::move(feature.wkb);
  StoredFeature stored{info_of(std::move(feature), bounds), layer.store.size(), wkb.size()};
  layer.store.insert(layer.store.end(), wkb.begin(), wkb.end());
  layer.features.push_back(std::move(stored));
  return repaired;
}

void index(StoredLayer& layer, const std::shared_ptr<geos::Context>& context) {
  if (layer.features.empty()) return;
  const auto h = context->handle();
  layer.tree.owner = context;
  layer.tree.tree = GEOSSTRtree_create_r(h, 16);
  for (const auto& feature : layer.features) {
    const auto& b = feature.bounds;
    const auto box = context->box(b.x0, b.y0, b.x1, b.y1);
    // The tree hands back a pointer it never follows: the feature itself, whose position is its index.
    GEOSSTRtree_insert_r(h, layer.tree.tree, box.get(), const_cast<StoredFeature*>(&feature));
  }
  layer.query(*context, layer.features.front().bounds, [](std::size_t) {});  // builds the tree, here and now
}

/// The fields that are read, by key.
nlohmann::json fields_json(const LayerSpec& spec) {
  auto fields = nlohmann::json::object();
  for (const auto& [key, field] : kFieldKeys)
    if (!(spec.*field).empty()) fields[key] = spec.*field;
  if (!spec.valid_from_field.empty()) fields["valid"]["from"] = spec.valid_from_field;
  if (!spec.valid_to_field.empty()) fields["valid"]["to"] = spec.valid_to_field;
  return fields;
}

std::string sentence(const LayerSpec& spec, const std::string& what) {
  return fmt::format("{} layer {}: {}", spec.role, spec.path, what);
}

std::vector<std::string> sentences(const LayerSpec& spec, const Tally& repaired, const Tally& odd_class,
                                   const Tally& repeated, std::int64_t features, std::string_view where) {
  std::vector<std::string> said;
  if (repaired.count > 0) {
    said.push_back(sentence(
        spec, fmt::format("{} of {} polygons{} were invalid and were repaired, the first is feature {}",
                          repaired.count, features, where, repaired.first)));
  }
  if (odd_class.count > 0) {
    said.push_back(sentence(
        spec,
        fmt::format("{} features{} have a land class of no known group and count in none, the first is {}",
                    odd_class.count, where, odd_class.first)));
  }
  if (repeated.count > 0) {
    said.push_back(
        sentence(spec, fmt::format("{} features{} have an id that another one has, the first is {}",
                                   repeated.count, where, repeated.first)));
  }
  return said;
}

StoredLayer load_layer(const LayerSpec& declared, const Grid& grid, const LayerReader& reader,
                       const std::shared_ptr<geos::Context>& context,
                       const std::function<void(const std::string&)>& warn) {
  StoredLayer layer;
  auto contents = reader(declared, grid);
  layer.spec = contents.spec ? std::move(*contents.spec) : declared;
  const LayerSpec& spec = layer.spec;
  layer.has_validity = !spec.valid_from_field.empty() || !spec.valid_to_field.empty();
  layer.has_ridge = !spec.ridge_field.empty();
  if (warn) {
    for (const auto& note : contents.notes) warn(sentence(spec, note));
  }
  if (contents.open && !is_needed_whole(spec)) {
    for (const auto& feature : contents.features) check_feature(spec, feature);
    layer.open = std::move(contents.open);
    layer.met = std::make_unique<Met>(is_quoted(spec));
    return layer;
  }
  Tally repaired, odd_class;
  Ids ids;
  std::int64_t position = 0;
  const auto take_in = [&](LayerFeature&& feature) {
    const auto id = feature.id, code = feature.feature_class;
    if (has_odd_class(spec, feature)) odd_class.add(position, code);
    if (is_quoted(spec)) ids.add(position, id);
    if (take(layer, *context, std::move(feature))) repaired.add(position, id);
    ++position;
  };
  if (contents.open) {
    contents.open()->all(take_in);
  } else {
    layer.features.reserve(contents.features.size());
    for (auto& feature : contents.features) {
      take_in(std::move(feature));
      feature = LayerFeature{};
    }
  }
  layer.repaired = repaired.count;
  if (warn) {
    for (const auto& text : sentences(spec, repaired, odd_class, ids.repeated(), position, "")) warn(text);
  }
  layer.store.shrink_to_fit();
  index(layer, context);
  return layer;
}

/// Nobody gets to know what is in it, not by a message either.
StoredLayer load_opaque(const LayerSpec& spec, const Grid& grid, const LayerReader& reader,
                        const std::shared_ptr<geos::Context>& context) {
  try {
    return load_layer(spec, grid, reader, context, nullptr);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::usage) throw;
    throw Error(error.code(), fmt::format("{}: the {} layer {} has features that are no sound polygons or no "
                                          "CRS; it is opaque, so no more is said",
                                          spec.declared_in, spec.role, spec.path));
  }
}

}  // namespace

std::vector<LayerSpec> load_layer_specs(const std::string& yaml_path) {
  const auto content = read_text_file(yaml_path, "a list of reference layers in YAML");
  const StrictMap map(parse_yaml(content, yaml_path), yaml_path, {"layers", "aliases"});
  const std::string named = map.optional_text("aliases");
  const std::string table = named.empty() ? named : resolved(named, yaml_path);
  const AliasMap aliases = table.empty() ? shipped_aliases() : load_aliases(table);
  const auto list = map.node("layers");
  if (!list.IsSequence()) map.refuse("key \"layers\" must be a list");
  std::vector<LayerSpec> specs;
  for (std::size_t i = 0; i < list.size(); ++i) {
    specs.push_back(read_spec(list[i], yaml_path, i + 1, aliases));
    specs.back().aliases_file = table;
  }
  return specs;
}

void check_feature(const LayerSpec& spec, const LayerFeature& feature) {
  const bool parcels = spec.role == "land_use",
             kept = has_land_classes(spec) && !feature.feature_class.empty();
  if (parcels || kept) {
    const auto fault = land_class_fault(feature.feature_class);
    const auto* const cure = parcels ? "" : "; \"class: ~\" leaves the field out";
    if (!fault.empty()) refuse_feature(spec, feature.id, fault + cure);
  }
  if (feature.ridge && !(*feature.ridge >= 0 && *feature.ridge < 1)) {
    refuse_feature(
        spec, feature.id,
        fmt::format("has the field-ridge coefficient {}; expected is a share from 0 up to, not including, 1",
                    *feature.ridge));
  }
}

bool has_odd_class(const LayerSpec& spec, const LayerFeature& feature) {
  const auto& code = feature.feature_class;
  return spec.role == "land_use" && !is_agricultural(code) && !is_construction_land(code) && !is_unused(code);
}

FeatureShape sound_shape(const LayerSpec& spec, const LayerFeature& feature, const geos::Context& context,
                         bool known_sound, bool& repaired) {
  repaired = false;
  if (auto polygons = plain_polygons(feature.wkb); polygons && (known_sound || surely_valid(*polygons)))
    return {std::move(*polygons), feature.wkb};
  auto shape = context.from_wkb(feature.wkb);
  if (!shape)
    refuse_feature(spec, feature.id, "has a geometry that cannot be read: " + context.last_message());
  repaired = !known_sound && !context.valid(shape.get());
  if (repaired) shape = context.repair(shape.get());
  if (!shape)
    refuse_feature(spec, feature.id, "has a geometry that cannot be repaired: " + context.last_message());
  return FeatureShape(std::move(shape));
}

FeatureInfo info_of(LayerFeature&& feature, const Bounds& bounds) {
  return {std::move(feature.id),       std::move(feature.feature_class), std::move(feature.valid_from),
          std::move(feature.valid_to), feature.ridge.value_or(0),        bounds,
          std::move(feature.number),   std::move(feature.dated),         std::move(feature.mode),
          std::move(feature.holder)};
}

void StoredLayer::query(const geos::Context& context, const Bounds& bounds,
                        const std::function<void(std::size_t)>& found) const {
  if (tree.tree == nullptr || bounds.empty()) return;
  std::vector<const StoredFeature*> hits;
  const auto box = context.box(bounds.x0, bounds.y0, bounds.x1, bounds.y1);
  GEOSSTRtree_query_r(
      context.handle(), tree.tree, box.get(),
      [](void* item, void* into) {
        static_cast<std::vector<const StoredFeature*>*>(into)->push_back(
            static_cast<const StoredFeature*>(item));
      },
      &hits);
  std::sort(hits.begin(), hits.end());
  for (const auto* hit : hits) found(static_cast<std::size_t>(hit - features.data()));
}

ReferenceLayers::ReferenceLayers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReferenceLayers::~ReferenceLayers() = default;

std::shared_ptr<const ReferenceLayers> ReferenceLayers::load(
    const std::vector<LayerSpec>& specs, const Grid& grid, const LayerReader& reader,
    const std::function<void(const std::string&)>& warn) {
  if (!specs.empty() && !grid.has_crs()) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format(
            "{}: reference layers need scenes with a CRS, and these scenes have none; give them one or "
            "leave --layers out",
            specs.front().declared_in));
  }
  auto impl = std::make_unique<Impl>();
  impl->grid = grid;
  if (!specs.empty()) impl->earth.emplace(grid.crs);
  auto ordered = specs;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.role < b.role; });
  const auto context = std::make_shared<geos::Context>();
  for (const auto& spec : ordered) {
    if (is_of(spec, RoleFamily::opaque)) {
      impl->opaque.push_back(load_opaque(spec, grid, reader, context));
    } else {
      impl->layers.push_back(load_layer(spec, grid, reader, context, warn));
    }
  }
  return std::shared_ptr<const ReferenceLayers>(new ReferenceLayers(std::move(impl)));
}

const Grid& ReferenceLayers::grid() const noexcept {
  return impl_->grid;
}

bool ReferenceLayers::has(const std::string& role) const noexcept {
  return std::any_of(impl_->layers.begin(), impl_->layers.end(),
                     [&](const auto& l) { return l.spec.role == role; });
}

std::vector<std::string> ReferenceLayers::notes() const {
  std::vector<std::string> said;
  for (const auto& layer : impl_->layers) {
    if (!layer.met) continue;
    for (auto& text : sentences(layer.spec, layer.met->repaired(), layer.met->odd_class(),
                                layer.met->repeated(), layer.met->features(), " near patches"))
      said.push_back(std::move(text));
  }
  if (const auto mended = impl_->mended->ids(); !mended.empty()) {
    said.push_back(
        fmt::format("{} patches were invalid and were repaired before layers were laid over them, the "
                    "first is {}",
                    mended.size(), *mended.begin()));
  }
  return said;
}

std::string ReferenceLayers::manifest_json() const {
  auto list = nlohmann::json::array();
  for (const auto& layer : impl_->layers) {
    list.push_back(
        {{"role", layer.spec.role},
         {"path", layer.spec.path},
         {"layer", layer.spec.layer},
         {"fields", fields_json(layer.spec)},
         {"read", layer.met ? "near patches" : "whole"},
         {"features", layer.met ? layer.met->features() : static_cast<std::int64_t>(layer.features.size())},
         {"repaired", layer.met ? layer.met->repaired().count : layer.repaired}});
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace tuban
