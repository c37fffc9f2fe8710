// SPDX-License-Identifier: Apache-2.0
// A result against the truth: what was found, what was marked, and whether the rules said what the law says.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <unordered_map>

#include "bench/scene/result.h"
#include "bench/scene/scene.h"

namespace tuban::scene {
namespace {

constexpr double kShare = 0.30;     // of a planted change to be found, of either to be the same
constexpr double kLarge = 400;      // m2
constexpr double kPhenology = 0.5;  // of a patch on paddies whose state changed

/// Boxes by place, so that a scene of a hundred thousand fields is scored in seconds.
class Places {
 public:
  template <typename Items>
  explicit Places(const Items& items, double bin = 400) : bin_(bin) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      each(items[i].box, [&](std::int64_t key) { bins_[key].push_back(i); });
      boxes_.push_back(items[i].box);
    }
  }

  std::vector<std::size_t> meeting(const OGREnvelope& box) const {
    std::vector<std::size_t> found;
    each(box, [&](std::int64_t key) {
      const auto bin = bins_.find(key);
      if (bin == bins_.end()) return;
      for (const std::size_t i : bin->second) {
        if (boxes_[i].Intersects(box)) found.push_back(i);
      }
    });
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

 private:
  template <typename Visit>
  void each(const OGREnvelope& box, const Visit& visit) const {
    const auto at = [&](double v) { return static_cast<std::int64_t>(v / bin_); };
    for (std::int64_t y = at(box.MinY); y <= at(box.MaxY); ++y) {
      for (std::int64_t x = at(box.MinX); x <= at(box.MaxX); ++x) visit(y * (std::int64_t{1} << 31) + x);
    }
  }

  double bin_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> bins_;
  std::vector<OGREnvelope> boxes_;
};

std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char* pattern, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(line, sizeof line, pattern, arguments);
  va_end(arguments);
  return line;
}

std::string join(const std::set<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out.empty() ? "-" : out;
}

/// Area under the ROC curve (Mann-Whitney); ties count half.
double roc(std::vector<double> real, std::vector<double> other) {
  if (real.empty() || other.empty()) return 0.5;
  std::sort(other.begin(), other.end());
  double sum = 0;
  for (const double value : real) {
    const auto below = std::lower_bound(other.begin(), other.end(), value);
    const auto above = std::upper_bound(below, other.end(), value);
    sum += static_cast<double>(below - other.begin()) + static_cast<double>(above - below) / 2;
  }
  return sum / (static_cast<double>(real.size()) * static_cast<double>(other.size()));
}

double share(int part, int whole) {
  return whole > 0 ? static_cast<double>(part) / whole : 1;
}

struct Contact {
  std::size_t patch;
  double area;
  bool same;  // at least kShare of either
};

struct Fired {
  int found = 0;
  std::map<std::string, int> rules;
};

void judge(const TruePlanted& planted, const std::vector<Contact>& contacts,
           const std::vector<FoundPatch>& patches, Score& score, std::map<std::string, Fired>& fired) {
  double covered = 0;
  const Contact* main = nullptr;
  bool any_same = false;
  for (const Contact& contact : contacts) {
    covered += contact.area;
    any_same = any_same || contact.same;
    if (main == nullptr || contact.area > main->area) main = &contact;
  }
  const bool found = covered >= kShare * planted.area_m2, large = planted.area_m2 >= kLarge;
  std::set<std::string> rules;
  for (const Contact& contact : contacts) {
    if (!any_same || contact.same)
      rules.insert(patches[contact.patch].rules.begin(), patches[contact.patch].rules.end());
  }
  const bool all_must =
      std::includes(rules.begin(), rules.end(), planted.must_fire.begin(), planted.must_fire.end());
  const bool none_not = std::none_of(planted.must_not_fire.begin(), planted.must_not_fire.end(),
                                     [&](const std::string& rule) { return rules.count(rule) > 0; });
  for (Tally* tally : {&score.by_kind[planted.kind], &score.by_situation[planted.situation], &score.all}) {
    ++tally->planted;
    tally->large += large ? 1 : 0;
    if (!found) continue;
    ++tally->found;
    tally->large_found += large ? 1 : 0;
    ++tally->judged;
    tally->right += all_must && none_not ? 1 : 0;
  }
  if (!found) {
    if (large) {
      score.missed.push_back(format("%s %s (%s) %.0f m2, %.0f %% covered", planted.id.c_str(),
                                    planted.kind.c_str(), planted.situation.c_str(), planted.area_m2,
                                    100 * covered / planted.area_m2));
    }
    return;
  }
  Fired& row = fired[planted.situation];
  ++row.found;
  for (const std::string& rule : rules) ++row.rules[rule];
  if (!(all_must && none_not)) {
    score.wrong.push_back(format("%s %s (%s) %.0f m2: fired %s, must fire %s, must not fire %s",
                                 planted.id.c_str(), planted.kind.c_str(), planted.situation.c_str(),
                                 planted.area_m2, join(rules).c_str(), join(planted.must_fire).c_str(),
                                 join(planted.must_not_fire).c_str()));
  }
  const std::string type = patches[main->patch].change_type.empty() ? "-" : patches[main->patch].change_type;
  ++score.confusion[planted.kind][type];
  ++score.typed;
  score.typed_right += planted.change_types.count(type) > 0 ? 1 : 0;
}

void tallies(std::string& out, const char* title, const std::map<std::string, Tally>& rows,
             const Tally& all) {
  out += format("\n%-18s %7s %6s %7s   %8s %6s\n", title, "planted", "found", "missed", ">=400 m2", "found");
  const auto line = [&](const std::string& name, const Tally& t) {
    out += format("%-18s %7d %6d %7d   %8d %6d\n", name.c_str(), t.planted, t.found, t.planted - t.found,
                  t.large, t.large_found);
  };
  for (const auto& [name, tally] : rows) line(name, tally);
  line("all", all);
}

std::string report(const Score& score, const std::map<std::string, Fired>& fired,
                   const std::map<std::string, std::pair<std::string, std::string>>& law) {
  std::string out = format("%-28s %8s %12s\n", "patches", "count", "area (mu)");
  double mu = 0;
  for (const auto& [key, tally] : score.by_mark) {
    out += format("%-28s %8d %12.2f\n", key.c_str(), tally.patches, tally.area_mu);
    mu += tally.area_mu;
  }
  out += format("%-28s %8d %12.2f\n", "all", score.patches, mu);
  tallies(out, "planted changes", score.by_kind, score.all);
  out += format("%-18s %.1f %% of those of 400 m2 or more (found: patches cover 30 %% or more of it)\n", "",
                100 * share(score.all.large_found, score.all.large));

  out += format("\n%-18s %6s %6s  %-6s %-12s %s\n", "legal situation", "found", "right", "must", "must not",
                "fired");
  for (const auto& [situation, tally] : score.by_situation) {
    const auto& [must, must_not] = law.at(situation);
    std::string counts;
    if (const auto row = fired.find(situation); row != fired.end()) {
      for (const auto& [rule, count] : row->second.rules) counts += format("%s x%d ", rule.c_str(), count);
    }
    if (!counts.empty()) counts.pop_back();
    out += format("%-18s %6d %6d  %-6s %-12s %s\n", situation.c_str(), tally.judged, tally.right,
                  must.c_str(), must_not.c_str(), counts.empty() ? "-" : counts.c_str());
  }

  out += format("\nmarked S3 or S4: %d patches, %d of them false, precision %.1f %%\n", score.marked,
                score.marked_false, 100 * score.precision);
  out += format("unmarked: %d real, %d phenology (on paddies whose crop state changed), %d other\n",
                score.real - (score.marked - score.marked_false), score.phenology, score.other_unmarked);
  out += format(
      "confidence: ROC area %.3f real against false, %.3f real against all others (phenology included)\n",
      score.roc_area, score.roc_area_all);

  std::set<std::string> types;
  for (const auto& [kind, row] : score.confusion) {
    for (const auto& [type, count] : row) types.insert(type);
  }
  out += format("\n%-18s", "change type");
  for (const std::string& type : types) out += format(" %5s", type.c_str());
  out += "\n";
  for (const auto& [kind, row] : score.confusion) {
    out += format("%-18s", kind.c_str());
    for (const std::string& type : types) out += format(" %5d", row.count(type) > 0 ? row.at(type) : 0);
    out += "\n";
  }
  out += format("%-18s %.1f %% right on planted changes found\n", "",
                100 * share(score.typed_right, score.typed));
  if (!score.missed.empty()) out += "\nmissed, 400 m2 or more\n";
  for (const std::string& line : score.missed) out += "  " + line + "\n";
  if (!score.wrong.empty()) out += "\nrules not as they must be\n";
  for (const std::string& line : score.wrong) out += "  " + line + "\n";
  return out;
}

}  // namespace

Score score(const std::string& folder, const std::string& result) {
  const std::vector<TruePlanted> planted = read_planted(folder);
  const std::vector<Field> fields = read_changed_paddies(folder);
  const std::vector<FoundPatch> patches = read_patches(result);
  const Places planted_places(planted), field_places(fields);

  Score score;
  score.patches = static_cast<int>(patches.size());
  std::vector<std::vector<Contact>> contacts(planted.size());
  std::vector<double> real, untrue, others;
  for (std::size_t p = 0; p < patches.size(); ++p) {
    const FoundPatch& patch = patches[p];
    bool is_real = false;
    for (const std::size_t i : planted_places.meeting(patch.box)) {
      const double common = shared_area(*patch.shape, *planted[i].shape);
      if (common <= 0) continue;
      const bool same = common >= kShare * patch.area_m2 || common >= kShare * planted[i].area_m2;
      contacts[i].push_back({p, common, same});
      is_real = is_real || same;
    }
    const bool marked = patch.marked();
    PatchTally& tally =
        score.by_mark[patch.severity.empty()
                          ? "unmarked"
                          : patch.severity + " " + (patch.marks.empty() ? "(no mark)" : patch.marks)];
    ++tally.patches;
    tally.area_mu += patch.area_mu;
    score.real += is_real ? 1 : 0;
    score.marked += marked ? 1 : 0;
    score.marked_false += marked && !is_real ? 1 : 0;
    bool phenology = false;
    if (!is_real && !marked) {
      double seasonal = 0;
      for (const std::size_t i : field_places.meeting(patch.box))
        seasonal += shared_area(*patch.shape, *fields[i].shape);
      phenology = seasonal >= kPhenology * patch.area_m2;
      ++(phenology ? score.phenology : score.other_unmarked);
    }
    if (patch.has_confidence) {
      (is_real ? real : others).push_back(patch.confidence);
      if (!is_real && !phenology) untrue.push_back(patch.confidence);
    }
  }
  score.precision = share(score.marked - score.marked_false, score.marked);
  score.roc_area = roc(real, untrue);
  score.roc_area_all = roc(real, others);

  std::map<std::string, Fired> fired;
  std::map<std::string, std::pair<std::string, std::string>> law;
  for (std::size_t i = 0; i < planted.size(); ++i) {
    judge(planted[i], contacts[i], patches, score, fired);
    law[planted[i].situation] = {join(planted[i].must_fire), join(planted[i].must_not_fire)};
  }
  score.text = report(score, fired, law);
  return score;
}

}  // namespace tuban::scene
