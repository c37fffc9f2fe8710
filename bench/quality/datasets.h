// SPDX-License-Identifier: Apache-2.0
// The list of labelled pairs, datasets.csv.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/quality/measures.h"

namespace tuban::bench {

struct DataSet {
  std::string group, name;
  std::string before, after, label;
  std::vector<std::string> options;  ///< of the program, bands included
  float changed = 1;
  std::optional<float> unknown;
  std::vector<std::string> recipe;        ///< how the date after is made (derive.h); empty: it is read
  double least_kappa = -1, least_f1 = 0;  ///< of the default detector at the automatic cut
  double most_false = 1e9;                ///< wrong patches of the default detector per 100,000 pixels
};

/// Every pair of the list that is there, in the order of list and name.
std::vector<DataSet> find_data_sets(const std::string& list, const std::string& data);

Truth read_truth(const DataSet& set);

}  // namespace tuban::bench
