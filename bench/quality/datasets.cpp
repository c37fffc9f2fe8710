// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/datasets.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "bench/quality/derive.h"
#include "bench/quality/outputs.h"

namespace tuban::bench {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> result;
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

std::string joined(const std::vector<std::string>& items, const char* between) {
  return fmt::format("{}", fmt::join(items, between));
}

std::vector<std::string> cells(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> result;
  for (std::string cell; std::getline(in, cell, ',');) result.push_back(joined(words(cell), " "));
  return result;
}

std::string filled(std::string pattern, const std::string& mark, const std::string& text) {
  const auto at = pattern.find(mark);
  return at == std::string::npos ? pattern : pattern.replace(at, mark.size(), text);
}

// What stands for * in the files that fit "FOLDER/BEGIN*END".
std::vector<std::string> names_of(const fs::path& pattern) {
  std::vector<std::string> names;
  const std::string file = pattern.filename().string();
  const auto star = file.find('*');
  if (star == std::string::npos || !fs::is_directory(pattern.parent_path())) return names;
  const std::string begin = file.substr(0, star);
  const std::string end = file.substr(star + 1);
  for (const auto& entry : fs::directory_iterator(pattern.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.size() > begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end))
      names.push_back(name.substr(begin.size(), name.size() - begin.size() - end.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<DataSet> find_data_sets(const std::string& list, const std::string& data) {
  std::ifstream in(list);
  if (!in) throw std::runtime_error("cannot read " + list);
  std::vector<DataSet> sets;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> cell = cells(line);
    if (cell.size() < 4) throw std::runtime_error(fmt::format("{}: too few columns: {}", list, line));
    cell.resize(8);
    const std::string pattern = data + "/" + cell[1];
    for (const std::string& name : names_of(filled(pattern, "{}", "t1"))) {
      DataSet set;
      set.group = cell[0];
      set.name = set.group == name ? name : set.group + "/" + name;
      const std::string path = filled(pattern, "*", name);
      set.before = filled(path, "{}", "t1");
      set.after = filled(path, "{}", "t2");
      set.label = filled(path, "{}", "label");
      set.changed = std::stof(cell[3]);
      if (!cell[4].empty()) set.unknown = std::stof(cell[4]);
      set.options = words(cell[5]);
      if (!cell[2].empty()) set.options.insert(set.options.end(), {"--bands", joined(words(cell[2]), ",")});
      const std::vector<std::string> bar = words(cell[6]);
      for (std::size_t i = 0; i + 1 < bar.size(); i += 2)
        (bar[i] == "kappa"   ? set.least_kappa
         : bar[i] == "false" ? set.most_false
                             : set.least_f1) = std::stod(bar[i + 1]);
      set.recipe = words(cell[7]);
      sets.push_back(std::move(set));
    }
  }
  return sets;
}

Truth read_truth(const DataSet& set) {
  const Image image = read_image(set.label);
  Truth truth{image.width, image.height, std::vector<Label>(image.pixels.size())};
  std::transform(image.pixels.begin(), image.pixels.end(), truth.labels.begin(), [&](float value) {
    if (nothing_changed(set)) return Label::unchanged;
    if (set.unknown && value == *set.unknown) return Label::unknown;
    return value == set.changed ? Label::changed : Label::unchanged;
  });
  return truth;
}

}  // namespace tuban::bench
