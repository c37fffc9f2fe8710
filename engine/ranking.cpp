// SPDX-License-Identifier: Apache-2.0
#include "engine/ranking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string_view>
#include <tuple>

#include "engine/patch/change_type.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::array<std::string_view, 8> kConstruction{"C10", "C11", "C12", "C13",
                                                        "C14", "C15", "C16", "C17"};
constexpr std::array<std::string_view, 3> kEarthwork{"C11", "C30", "C31"};

void add_types(const std::string& name, std::vector<std::string>& to) {
  if (name == "construction") {
    to.insert(to.end(), kConstruction.begin(), kConstruction.end());
  } else if (name == "earthwork") {
    to.insert(to.end(), kEarthwork.begin(), kEarthwork.end());
  } else if (std::find(kChangeTypes.begin(), kChangeTypes.end(), name) != kChangeTypes.end()) {
    to.push_back(name);
  } else {
    throw Error(ErrorCode::usage,
                fmt::format("--types \"{}\" is unknown; there are construction, earthwork and {}", name,
                            fmt::join(kChangeTypes, ", ")));
  }
}

void set_budget(const std::string& text, PatchFilter& filter) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const bool share = unit == "%";
  if (error != std::errc() || !std::isfinite(value) || !(value > 0) || (share && value > 100) ||
      (!share && unit != "/100km2"))
    throw Error(ErrorCode::usage,
                fmt::format("--budget \"{}\" is no budget; expected a share of the valid area above 0 and up "
                            "to 100 such as 3%, or a number of patches such as 50/100km2",
                            text));
  filter.budget = share ? PatchFilter::Budget::share : PatchFilter::Budget::density;
  filter.limit = share ? value / 100 : value;
}

auto order_of(const RankKey& key) noexcept {
  return std::tuple(std::string_view(key.severity), key.confidence, key.score, key.area);
}

}  // namespace

PatchFilter patch_filter(const Job& job) {
  PatchFilter filter;
  for (const std::string& name : job.types) add_types(name, filter.types);
  if (!job.budget.empty()) set_budget(job.budget, filter);
  return filter;
}

Ranks rank_patches(const std::vector<RankKey>& keys, const PatchFilter& filter, const ValidGround& ground) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) {
    return !filter.types.empty() &&
           std::find(filter.types.begin(), filter.types.end(), keys[i].type) == filter.types.end();
  });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return order_of(keys[b]) < order_of(keys[a]); });
  Ranks ranks;
  ranks.left_out_by_types = static_cast<std::int64_t>(keys.size() - order.size());

  ranks.of.resize(keys.size());
  std::int64_t pixels = 0;
  const double most_pixels = filter.limit * static_cast<double>(ground.pixels);
  const double most_patches = filter.limit * ground.area_m2 / 1e8;
  for (const std::size_t i : order) {
    const std::int64_t with_it = pixels + keys[i].pixels;
    if (filter.budget == PatchFilter::Budget::share && static_cast<double>(with_it) > most_pixels) continue;
    if (filter.budget == PatchFilter::Budget::density && static_cast<double>(ranks.kept + 1) > most_patches)
      continue;
    pixels = with_it;
    ranks.of[i] = ++ranks.kept;
    ranks.findings += keys[i].findings;
  }
  ranks.left_out_by_budget = static_cast<std::int64_t>(order.size()) - ranks.kept;
  return ranks;
}

}  // namespace tuban
