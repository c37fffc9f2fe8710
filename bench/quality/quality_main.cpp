// SPDX-License-Identifier: Apache-2.0
// How well the shipped program agrees with labels: runs it on every pair of datasets.csv and prints one
// table. Ends with 1 where the default detector misses a bar of the list.
#include <fmt/format.h>
#include <gdal_priv.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/quality/datasets.h"
#include "bench/quality/derive.h"
#include "bench/quality/outputs.h"
#include "kernels/detector.h"

namespace tuban::bench {
namespace {

constexpr int kSkipped = 77;

constexpr const char* kUsage =
    "usage: tuban_quality [--detector NAME|all]... [--only GROUP]... [--program FILE] [--list FILE]\n"
    "                     [--out FOLDER] [-- OPTION OF tuban detect...]\n"
    "Labelled pairs are looked for in TUBAN_DATA; the table is also written as FOLDER/quality.csv and .md.\n";

struct Settings {
  std::vector<std::string> detectors, only, options;
  std::string program, list = TUBAN_QUALITY_LIST, out = "out/bench";
};

// The last but one: wrong patches per 100,000 pixels, 10 km2 at 10 m.
constexpr std::array kColumns{"AUROC", "AP",      "best F1",     "cut F1",       "kappa",    "flagged", "F1",
                              "share", "patches", "patch prec.", "patch recall", "first 20", "false",   "s"};
using Row = std::array<double, kColumns.size()>;
constexpr std::size_t kCutF1 = 3, kKappa = 4, kPatches = 8, kFalse = 12, kSeconds = 13;

// One table in two forms.
class Table {
 public:
  explicit Table(const std::string& stem)
      : csv_(std::fopen((stem + ".csv").c_str(), "w")), markdown_(std::fopen((stem + ".md").c_str(), "w")) {
    if (csv_ == nullptr || markdown_ == nullptr) throw std::runtime_error("cannot write " + stem);
    std::string line = "| detector | pair |";
    std::string rule = "|---|---|";
    fmt::print(csv_, "detector,pair");
    for (const char* column : kColumns) {
      line += fmt::format(" {} |", column);
      rule += "---|";
      fmt::print(csv_, ",{}", column);
    }
    fmt::print(csv_, "\n");
    say(line);
    say(rule);
  }
  ~Table() {
    std::fclose(csv_);
    std::fclose(markdown_);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void add(const std::string& detector, const std::string& pair, const Row& row, bool mean) {
    const char* mark = mean ? "**" : "";
    std::string line = fmt::format("| {} | {}{}{} |", detector, mark, pair, mark);
    fmt::print(csv_, "{},{}", detector, pair);
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i == kPatches        ? fmt::format(" {:.0f} |", row[i])
              : i == kSeconds      ? fmt::format(" {:.1f} |", row[i])
              : std::isnan(row[i]) ? std::string(" - |")
                                   : fmt::format(" {:.4f} |", row[i]);
      fmt::print(csv_, ",{:.6g}", row[i]);
    }
    fmt::print(csv_, "\n");
    say(line);
  }

  void say(const std::string& line) {
    fmt::print(markdown_, "{}\n", line);
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

 private:
  std::FILE* csv_;
  std::FILE* markdown_;
};

Row assess(const Settings& settings, const std::string& detector, const DataSet& set) {
  const auto start = std::chrono::steady_clock::now();
  std::string after = set.after;
  if (!set.recipe.empty()) {
    after = settings.out + "/quality/after.tif";
    derive_after(set, after);
  }
  // The default is what the program takes by itself: where a profile is given, that of the profile.
  std::vector<std::string> arguments{set.before, after};
  if (detector != "default") arguments.insert(arguments.end(), {"--detector", detector});
  arguments.insert(arguments.end(), set.options.begin(), set.options.end());
  arguments.insert(arguments.end(), settings.options.begin(), settings.options.end());
  const Outputs outputs = detect(settings.program, arguments, settings.out + "/quality");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Truth truth = read_truth(set);
  if (truth.width != outputs.mask.width || truth.height != outputs.mask.height)
    throw std::runtime_error(set.label + " has another size than its images");
  const Ranking ranking = rank(outputs.score, truth);
  const Confusion cut = compare(outputs.mask, truth);
  const PatchAgreement patches = compare_patches(outputs.ranks, truth);
  const double wrong =
      patches.patches == 0 ? 0 : static_cast<double>(patches.patches) * (1 - patches.precision);
  return {ranking.auc,
          ranking.average_precision,
          ranking.best_f1,
          cut.f1(),
          cut.kappa(),
          flagged_share(outputs.mask),
          compare(outputs.patch_mask, truth).f1(),
          flagged_share(outputs.patch_mask),
          static_cast<double>(patches.patches),
          patches.precision,
          patches.recall,
          patches.precision_first,
          wrong * 1e5 / static_cast<double>(truth.labels.size()),
          seconds};
}

struct Mean {
  std::string group;
  Row sum{};
  double count = 0;

  void add(const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) sum[i] += row[i];
    count += 1;
  }
  Row value() const {
    Row row = sum;
    for (double& v : row) v /= count;
    return row;
  }
};

int run(const Settings& settings) {
  const char* data = std::getenv("TUBAN_DATA");
  std::vector<DataSet> sets = find_data_sets(settings.list, data != nullptr ? data : TUBAN_QUALITY_DATA);
  if (!settings.only.empty()) {
    std::erase_if(sets, [&](const DataSet& set) {
      return std::find(settings.only.begin(), settings.only.end(), set.group) == settings.only.end();
    });
  }
  if (sets.empty()) {
    fmt::print(stderr, "tuban_quality: no such labelled pairs; they are looked for in TUBAN_DATA\n");
    return kSkipped;
  }
  std::filesystem::create_directories(settings.out + "/quality");
  Table table(settings.out + "/quality");
  int failures = 0;
  for (const std::string& detector : settings.detectors) {
    Mean mean;
    const auto end_group = [&] {
      if (mean.count > 1) table.add(detector, mean.group + " mean", mean.value(), true);
      mean = {};
    };
    for (const DataSet& set : sets) {
      if (set.group != mean.group) end_group();
      mean.group = set.group;
      const bool counts = detector == "default";
      try {
        const Row row = assess(settings, detector, set);
        table.add(detector, set.name, row, false);
        mean.add(row);
        if (counts && (row[kKappa] < set.least_kappa || row[kCutF1] < set.least_f1)) {
          fmt::print(stderr, "tuban_quality: {}: kappa {:.4f} and F1 {:.4f}, expected at least {} and {}\n",
                     set.name, row[kKappa], row[kCutF1], set.least_kappa, set.least_f1);
          ++failures;
        }
        if (counts && row[kFalse] > set.most_false) {
          fmt::print(stderr,
                     "tuban_quality: {}: {:.2f} wrong patches per 100,000 pixels, expected at most {}\n",
                     set.name, row[kFalse], set.most_false);
          ++failures;
        }
      } catch (const ProgramFailed& error) {
        fmt::print(stderr, "tuban_quality: {} on {}: {}\n", detector, set.name, error.what());
        failures += counts ? 1 : 0;
      }
    }
    end_group();
  }
  return failures > 0 ? 1 : 0;
}

Settings settings_from(int argc, char** argv) {
  Settings settings;
  settings.program = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tuban").string();
  int i = 1;
  const auto value = [&] {
    if (i + 1 >= argc) throw std::invalid_argument(fmt::format("{} needs a value", argv[i]));
    return std::string(argv[++i]);
  };
  for (; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") {
      settings.options.assign(argv + i + 1, argv + argc);
      break;
    }
    if (word == "--only") {
      settings.only.push_back(value());
    } else if (word == "--program") {
      settings.program = value();
    } else if (word == "--list") {
      settings.list = value();
    } else if (word == "--out") {
      settings.out = value();
    } else if (word == "--detector") {
      settings.detectors.push_back(value());
    } else {
      throw std::invalid_argument(word + " is unknown");
    }
  }
  if (settings.detectors.empty()) settings.detectors = {"default"};
  if (settings.detectors == std::vector<std::string>{"all"}) {
    settings.detectors.clear();
    for (const kernels::Detector* detector : kernels::detectors())
      settings.detectors.emplace_back(detector->name());
  }
  return settings;
}

}  // namespace
}  // namespace tuban::bench

int main(int argc, char** argv) {
  GDALAllRegister();
  try {
    return tuban::bench::run(tuban::bench::settings_from(argc, argv));
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "tuban_quality: {}\n{}", error.what(), tuban::bench::kUsage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tuban_quality: {}\n", error.what());
  }
  return 2;
}
