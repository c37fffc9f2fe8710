// SPDX-License-Identifier: Apache-2.0
#include "engine/io/band_roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::size_t kMostListed = 20;

struct Word {
  std::string_view text;
  BandRole role;
};

// STAC's common names (nir08, swir16, rededge071 ...) among them.
constexpr Word kRoleWords[] = {{"blue", BandRole::blue},
                               {"green", BandRole::green},
                               {"red", BandRole::red},
                               {"nir", BandRole::nir},
                               {"nir08", BandRole::nir},
                               {"nearinfrared", BandRole::nir},
                               {"rededge", BandRole::red_edge},
                               {"rededge1", BandRole::red_edge},
                               {"rededge2", BandRole::red_edge},
                               {"rededge3", BandRole::red_edge},
                               {"rededge071", BandRole::red_edge},
                               {"rededge075", BandRole::red_edge},
                               {"rededge078", BandRole::red_edge},
                               {"swir1", BandRole::swir1},
                               {"swir16", BandRole::swir1},
                               {"swir2", BandRole::swir2},
                               {"swir22", BandRole::swir2},
                               {"vv", BandRole::sar},
                               {"vh", BandRole::sar},
                               {"hh", BandRole::sar},
                               {"hv", BandRole::sar},
                               {"sar", BandRole::sar}};

// Words that may stand beside a role without changing it; any other word ("ratio", "mask") leaves it unknown.
constexpr std::string_view kFillers[] = {
    "band",   "channel", "surface", "reflectance", "radiance",   "toa", "boa", "sr",
    "sigma0", "gamma0",  "beta0",   "central",     "wavelength", "nm",  "um",  "the"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<std::string> tokens_of(std::string_view description) {
  std::vector<std::string> tokens(1);
  for (const char c : lower(description)) {
    if (letter_or_digit(c))
      tokens.back() += c;
    else if (!tokens.back().empty())
      tokens.emplace_back();
  }
  if (tokens.back().empty()) tokens.pop_back();
  return tokens;
}

std::optional<BandRole> role_of_word(std::string_view word) {
  for (const Word& known : kRoleWords)
    if (known.text == word) return known.role;
  return {};
}

/// "B8A", "b02": the letter, one or two digits, perhaps an A.
bool is_band_code(std::string_view token) {
  if (token.size() < 2 || token.size() > 4 || token[0] != 'b' || !digit(token[1])) return false;
  if (token.back() == 'a') token.remove_suffix(1);
  return std::all_of(token.begin() + 1, token.end(), digit) && token.size() <= 3;
}

/// The role its words spell, if they spell at most one and nothing else is said; unknown words give nothing.
std::optional<BandRole> role_of_words(const std::vector<std::string>& tokens) {
  std::optional<BandRole> found;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::optional<BandRole> role;
    // "red edge 1", "near infrared", "swir 1" are written as one word or several.
    for (std::size_t length = std::min<std::size_t>(3, tokens.size() - i); length > 0 && !role; --length) {
      std::string joined;
      for (std::size_t k = 0; k < length; ++k) joined += tokens[i + k];
      role = role_of_word(joined);
      if (role) i += length - 1;
    }
    if (role) {
      if (found && *found != *role) return {};
      found = role;
    } else if (std::find(std::begin(kFillers), std::end(kFillers), tokens[i]) == std::end(kFillers) &&
               !std::all_of(tokens[i].begin(), tokens[i].end(), digit) &&
               !(i == 0 && is_band_code(tokens[i]))) {
      return {};
    }
  }
  return found.value_or(BandRole::unknown);
}

/// Whether codes as written ("b02" or "b2") can only be Sentinel-2's. B8A and B12 are no other sensor's.
/// Padded B02 B03 B04 show the same in Harmonized Landsat, B05 and up do not. Unpadded B8 is Landsat 8's
/// panchromatic band too, but that never comes with B2..B4 and none of B1, B5, B6, B7, B9.
bool sentinel2(const std::set<std::string>& codes) {
  const auto has = [&](const char* code) { return codes.count(code) > 0; };
  if (has("b8a") || has("b12") || has("b08")) return true;
  return has("b8") && !has("b1") && !has("b5") && !has("b6") && !has("b7") && !has("b9") && !has("b10");
}

BandRole role_of_code(std::string_view code, bool is_sentinel2, bool has_broad_nir) {
  if (code == "b02") return BandRole::blue;
  if (code == "b03") return BandRole::green;
  if (code == "b04") return BandRole::red;
  if (!is_sentinel2) return BandRole::unknown;
  if (code == "b2") return BandRole::blue;
  if (code == "b3") return BandRole::green;
  if (code == "b4") return BandRole::red;
  if (code == "b8" || code == "b08") return BandRole::nir;
  // The narrow band stands in for the broad one only where that is missing (20 m products).
  if (code == "b8a") return has_broad_nir ? BandRole::unknown : BandRole::nir;
  if (code == "b05" || code == "b06" || code == "b07" || code == "b5" || code == "b6" || code == "b7")
    return BandRole::red_edge;
  if (code == "b11") return BandRole::swir1;
  if (code == "b12") return BandRole::swir2;
  return BandRole::unknown;
}

std::string list_of_bands(std::span<const BandFacts> bands) {
  std::string list;
  for (std::size_t b = 0; b < std::min(bands.size(), kMostListed); ++b) {
    list += fmt::format("{}{}", b ? ", " : "", b + 1);
    if (!bands[b].description.empty()) list += fmt::format(" ({})", bands[b].description);
    if (bands[b].alpha) list += " (alpha)";
    if (bands[b].cloud) list += " (clouds)";
  }
  if (bands.size() > kMostListed) list += ", ...";
  return list;
}

std::string_view word_of(BandRole role) {
  constexpr std::string_view kNames[] = {"unknown", "blue",  "green", "red", "red_edge",
                                         "nir",     "swir1", "swir2", "sar"};
  return kNames[static_cast<std::size_t>(role)];
}

/// "b02" and "SR_B2" are "b2"; empty where a description names no band.
std::string code_of(std::string_view description) {
  for (const std::string& token : tokens_of(description)) {
    if (is_band_code(token)) {
      std::string code = token;
      if (code.size() > 2 && code[1] == '0') code.erase(1, 1);
      return code;
    }
    if (std::find(std::begin(kFillers), std::end(kFillers), token) == std::end(kFillers)) break;
  }
  return {};
}

/// What each band shows on the profile's sensor; nothing for a band of which neither its description nor its
/// position tells.
std::vector<std::optional<BandRole>> roles_of_profile(const std::string& path,
                                                      std::span<const BandFacts> bands,
                                                      const Profile& profile) {
  const auto contradicts = [&](std::size_t b, const std::string& what) {
    throw Error(ErrorCode::mismatch,
                fmt::format("--profile {} contradicts {}: its band {} is described as \"{}\", {}; drop "
                            "--profile, or say what the bands show with --bands, such as red=3,nir=4",
                            profile.name, path, b + 1, bands[b].description, what));
  };
  std::vector<std::optional<BandRole>> roles(bands.size());
  std::vector<std::size_t> data;
  std::vector<std::pair<std::size_t, BandRole>> spare;
  bool all_described = true;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    if (!bands[b].data()) continue;
    data.push_back(b);
    if (const std::string code = code_of(bands[b].description); !code.empty() && !profile.codes.empty()) {
      const auto found = std::find_if(profile.codes.begin(), profile.codes.end(),
                                      [&](const ProfileBand& band) { return band.code == code; });
      if (found == profile.codes.end()) contradicts(b, "a band that this sensor does not have");
      roles[b] = found->spare ? BandRole::unknown : found->role;
      if (found->spare) spare.emplace_back(b, found->role);
    } else if (const auto role = role_of_words(tokens_of(bands[b].description));
               role && *role != BandRole::unknown) {
      roles[b] = *role;
    } else {
      all_described = false;
    }
  }
  // Where every band has a name of the sensor's own, their order says nothing.
  if (all_described && !profile.codes.empty()) {
    for (const auto& [b, role] : spare)
      if (std::find(roles.begin(), roles.end(), std::optional(role)) == roles.end()) roles[b] = role;
    return roles;
  }
  const auto layout = std::find_if(profile.layouts.begin(), profile.layouts.end(),
                                   [&](const auto& one) { return one.size() == data.size(); });
  if (layout == profile.layouts.end()) return roles;
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::optional<BandRole>& role = roles[data[i]];
    const BandRole by_position = (*layout)[i];
    if (role && *role != by_position)
      contradicts(data[i], by_position == BandRole::unknown
                               ? std::string("and has another place in its order of bands")
                               : fmt::format("and is {} in its order of bands", word_of(by_position)));
    role = by_position;
  }
  return roles;
}

std::string_view first_word(std::string_view description) {
  return description.substr(0, description.find_first_of(" ,;:("));
}

class Chooser {
 public:
  Chooser(const std::string& path, std::span<const BandFacts> bands, const Profile* profile)
      : path_(path), bands_(bands), profile_(profile) {
    if (profile) {
      of_profile_ = roles_of_profile(path, bands, *profile);
      for (const auto& role : of_profile_) roles_.push_back(role.value_or(BandRole::unknown));
      return;
    }
    std::vector<std::string> descriptions;
    for (const BandFacts& band : bands) descriptions.push_back(band.description);
    roles_ = roles_from_descriptions(descriptions);
    for (std::size_t b = 0; b < bands.size(); ++b)
      if (roles_[b] == BandRole::unknown) roles_[b] = bands[b].colour;
  }

  BandChoice choice(int number) const {
    const auto b = static_cast<std::size_t>(number - 1);
    const std::string& description = bands_[b].description;
    return {number, {description.empty() ? fmt::format("band {}", number) : description, roles_[b]}};
  }

  /// Refuses a band whose role the profile was to tell and cannot.
  void expect_role(const BandChoice& choice) const {
    const auto b = static_cast<std::size_t>(choice.number) - 1;
    if (!profile_ || of_profile_[b] || !bands_[b].data()) return;
    throw Error(ErrorCode::mismatch,
                fmt::format("--profile {} knows {}, and {} has {}: {}; say what they show with --bands, such "
                            "as blue=1,green=2,red=3,nir=4",
                            profile_->name, profile_->stacks, path_, bands_.size(), list_of_bands(bands_)));
  }

  /// A number, else a description, else the first word of one, else a role that one band has.
  int find(const std::string& word) const {
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (end == word.data() + word.size()) {
      if (error == std::errc() && number >= 1 && number <= static_cast<int>(bands_.size())) return number;
      missing(word);
    }
    const std::string wanted = lower(word);
    if (const int found = only(word, [&](std::size_t b) { return lower(bands_[b].description) == wanted; }))
      return found;
    if (const int found =
            only(word, [&](std::size_t b) { return lower(first_word(bands_[b].description)) == wanted; }))
      return found;
    if (const auto role = parse_role(word))
      if (const int found = only(word, [&](std::size_t b) { return roles_[b] == *role; })) return found;
    missing(word);
  }

 private:
  template <typename Matches>
  int only(const std::string& word, Matches matches) const {
    int found = 0;
    for (std::size_t b = 0; b < bands_.size(); ++b) {
      if (!matches(b)) continue;
      if (found)
        throw Error(ErrorCode::usage,
                    fmt::format("--bands: \"{}\" means both band {} and band {} of {}; give the number", word,
                                found, b + 1, path_));
      found = static_cast<int>(b) + 1;
    }
    return found;
  }

  [[noreturn]] void missing(const std::string& word) const {
    throw Error(ErrorCode::mismatch, fmt::format("--bands: {} has no band \"{}\"; it has {}: {}", path_, word,
                                                 bands_.size(), list_of_bands(bands_)));
  }

  const std::string& path_;
  std::span<const BandFacts> bands_;
  const Profile* profile_;
  std::vector<BandRole> roles_;
  std::vector<std::optional<BandRole>> of_profile_;
};

}  // namespace

std::optional<BandRole> parse_role(std::string_view word) {
  std::string joined;
  for (const std::string& token : tokens_of(word)) joined += token;
  return role_of_word(joined);
}

std::vector<BandRole> roles_from_descriptions(std::span<const std::string> descriptions) {
  std::vector<std::vector<std::string>> tokens;
  std::set<std::string> codes;
  for (const std::string& description : descriptions) {
    tokens.push_back(tokens_of(description));
    if (!tokens.back().empty() && is_band_code(tokens.back().front())) codes.insert(tokens.back().front());
  }
  const bool is_sentinel2 = sentinel2(codes);
  const bool has_broad_nir = codes.count("b08") > 0 || codes.count("b8") > 0;
  std::vector<BandRole> roles;
  for (const auto& words : tokens) {
    std::optional<BandRole> role = role_of_words(words);
    if (role == BandRole::unknown && !words.empty())
      role = role_of_code(words.front(), is_sentinel2, has_broad_nir);
    roles.push_back(role.value_or(BandRole::unknown));
  }
  return roles;
}

std::vector<BandChoice> choose_bands(const std::string& path, std::span<const BandFacts> bands,
                                     std::span<const std::string> selection, const Profile* profile) {
  const Chooser chooser(path, bands, profile);
  std::vector<BandChoice> chosen;
  if (selection.empty()) {
    for (std::size_t b = 0; b < bands.size(); ++b)
      if (bands[b].data()) chosen.push_back(chooser.choice(static_cast<int>(b) + 1));
    if (chosen.empty())
      throw Error(ErrorCode::mismatch,
                  fmt::format("{} has no band but alpha; there is nothing to compare", path));
    for (const BandChoice& choice : chosen) chooser.expect_role(choice);
    return chosen;
  }
  std::set<BandRole> given;
  for (const std::string& item : selection) {
    const auto equals = item.find('=');
    const std::string word = equals == std::string::npos ? item : item.substr(equals + 1);
    if (word.empty())
      throw Error(ErrorCode::usage,
                  fmt::format("--bands: \"{}\" names no band; expected a number, a description "
                              "or role=band, as 3, B04 or red=3",
                              item));
    BandChoice choice = chooser.choice(chooser.find(word));
    if (equals != std::string::npos) {
      const auto role = parse_role(item.substr(0, equals));
      if (!role)
        throw Error(ErrorCode::usage,
                    fmt::format("--bands: \"{}\" is no role; expected blue, green, red, red_edge, "
                                "nir, swir1, swir2 or sar, as in red=3",
                                item.substr(0, equals)));
      if (*role != BandRole::red_edge && *role != BandRole::sar && !given.insert(*role).second)
        throw Error(ErrorCode::usage,
                    fmt::format("--bands: role {} is given to two bands", item.substr(0, equals)));
      choice.info.role = *role;
    } else {
      chooser.expect_role(choice);
    }
    for (const BandChoice& other : chosen)
      if (other.number == choice.number)
        throw Error(ErrorCode::usage,
                    fmt::format("--bands: band {} of {} is chosen twice", choice.number, path));
    chosen.push_back(std::move(choice));
  }
  return chosen;
}

}  // namespace tuban
