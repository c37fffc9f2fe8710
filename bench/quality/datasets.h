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
  double least_kappa = -1, least_f1 = 0;  ///< of the default detector at the automatic cut
};

/// Every pair of the list that is there, in the order of list and name.
std::vector<DataSet> find_data_sets(const std::string& list, const std::string& data);

Truth read_truth(const DataSet& set);

}  // namespace tuban::bench
