// SPDX-License-Identifier: Apache-2.0
// Patches and reference layers drawn in metres from a point on the central meridian of GK zone 38, where a
// metre on the plane is a metre on the ellipsoid: areas can be computed by hand.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/rules/layers.h"
#include "engine/rules/mark.h"
#include "tests/support/sample_results.h"
#include "tuban/error.h"
#include "tuban/patch.h"

namespace tuban::test {

inline constexpr double kOriginX = 38500000, kOriginY = 2500000;
/// Square metres that hand and ellipsoid may differ by: the projection's scale a kilometre off the meridian.
inline constexpr double kSmall = 0.01;

/// 2 m pixels, a kilometre around the origin.
inline Grid rule_grid() {
  Grid grid;
  grid.width = grid.height = 1000;
  grid.transform = {kOriginX - 1000, 2, 0, kOriginY + 1000, 0, -2};
  grid.crs = kGaussKruger38;
  return grid;
}

inline MultiPolygon polygon(const std::vector<Point>& corners) {
  Ring ring;
  for (const auto& p : corners) ring.push_back({kOriginX + p.x, kOriginY + p.y});
  ring.push_back(ring.front());
  return {Polygon{{ring}}};
}

inline MultiPolygon box(double x0, double y0, double x1, double y1) {
  return polygon({{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}});
}

/// Well-known binary, written independently of the engine.
inline std::vector<unsigned char> wkb(const MultiPolygon& polygons) {
  std::vector<unsigned char> bytes;
  const auto put = [&](const auto& value) {
    const auto* from = reinterpret_cast<const unsigned char*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof(value));
  };
  const auto head = [&](std::uint32_t type, std::size_t count) {
    bytes.push_back(1);
    put(type);
    put(static_cast<std::uint32_t>(count));
  };
  head(6, polygons.size());
  for (const auto& one : polygons) {
    head(3, one.rings.size());
    for (const auto& ring : one.rings) {
      put(static_cast<std::uint32_t>(ring.size()));
      for (const auto& p : ring) {
        put(p.x);
        put(p.y);
      }
    }
  }
  return bytes;
}

struct Feature {
  std::string id;
  MultiPolygon shape;
  std::string feature_class = {}, from = {}, to = {};
  std::optional<double> ridge = {};
  std::string number = {}, dated = {}, mode = {}, holder = {};
};

/// Reference layers out of features drawn in the test.
class Ground {
 public:
  /// A layer of this role; with dates if any feature has one, with ridges if any has one.
  Ground& layer(const std::string& role, const std::vector<Feature>& features, bool dated = false) {
    LayerSpec spec;
    spec.role = role;
    spec.path = role + std::to_string(specs_.size()) + ".gpkg";
    spec.declared_in = "layers.yaml";
    spec.id_field = "id";
    if (role == "land_use") spec.class_field = "DLBM";
    spec.id_field = "BSM";
    std::vector<LayerFeature> read;
    for (const auto& f : features) {
      if (dated || !f.from.empty() || !f.to.empty()) spec.valid_from_field = spec.valid_to_field = "date";
      if (f.ridge) spec.ridge_field = "KCXS";
      if (!f.mode.empty()) spec.mode_field = "KCFS";
      if (!f.feature_class.empty() && spec.class_field.empty()) spec.class_field = "class";
      read.push_back({f.id, f.feature_class, f.ridge, f.from, f.to, wkb(f.shape), -1, f.number, f.mode,
                      f.holder, f.dated});
    }
    specs_.push_back(spec);
    features_[spec.path] = std::move(read);
    return *this;
  }

  std::shared_ptr<const ReferenceLayers> load(std::vector<std::string>* warnings = nullptr) const {
    return ReferenceLayers::load(
        specs_, rule_grid(), [this](const LayerSpec& spec, const Grid&) { return features_.at(spec.path); },
        [&](const std::string& text) {
          if (warnings != nullptr) warnings->push_back(text);
        });
  }

 private:
  std::vector<LayerSpec> specs_;
  std::map<std::string, std::vector<LayerFeature>> features_;
};

/// A patch of a type, imaged in 2021 (or without a date), its area measured by hand.
inline Patch rule_patch(const MultiPolygon& shape, double area_m2, const std::string& type = "C10",
                        std::optional<std::string> after = "2021-06-15") {
  Patch patch;
  patch.patch_id = "00000000000000aa";
  patch.geometry = shape;
  patch.area_m2 = area_m2;
  patch.area_px = static_cast<std::int64_t>(area_m2 / 4);
  patch.after_date = std::move(after);
  patch.change_type = type;
  patch.direction = "brightening";
  patch.construction_like = type >= "C10" && type <= "C17";
  patch.earthwork_like = type == "C11" || type == "C30" || type == "C31";
  return patch;
}

inline FactValue fact(const Marker& marker, const Patch& patch, std::string_view name) {
  for (const auto& [known, value] : marker.facts(patch)) {
    if (known == name) return value;
  }
  ADD_FAILURE() << "no fact " << name;
  return {};
}

/// A number, or NaN where the fact is unknown.
inline double number(const std::shared_ptr<const ReferenceLayers>& layers, const Patch& patch,
                     std::string_view name) {
  const auto value = fact(Marker(layers, nullptr), patch, name);
  return value.kind == FactValue::Kind::number ? value.number : std::numeric_limits<double>::quiet_NaN();
}

inline bool unknown(const std::shared_ptr<const ReferenceLayers>& layers, const Patch& patch,
                    std::string_view name) {
  return fact(Marker(layers, nullptr), patch, name).kind == FactValue::Kind::unknown;
}

/// The sentence an action is refused with; fails the test where it is not.
template <typename Action>
std::string refusal(ErrorCode code, const Action& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(static_cast<int>(e.code()), static_cast<int>(code)) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

inline ::testing::AssertionResult holds(const std::string& text, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (text.find(word) == std::string::npos) {
      return ::testing::AssertionFailure() << "\"" << text << "\" does not say \"" << word << "\"";
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace tuban::test
