// SPDX-License-Identifier: Apache-2.0
// A rulebook whose rules look beyond a patch: clusters, pieces and what is judged on them.
#pragma once

#include <fstream>
#include <string>

namespace tuban::test {

inline constexpr const char* kGroupBook = R"yaml(
rulebook: together
version: 1
rules:
  - id: G1
    name: {zh: 疑似成片, en: Suspected cluster}
    scope: cluster
    effect: mark
    mark: cluster
    basis: none
    parameters: {least_m2: 2000}
    of: ["area_m2 >= 0"]
    within_m: 60
    cases:
      - {severity: S4, when: ["area_m2 >= :least_m2", "farmland_m2 >= 0"]}
      - {severity: S1, when: ["area_m2 >= 0"]}
  - id: D1
    name: {zh: 疑似占耕部分, en: Suspected part on land}
    scope: patch
    effect: derive
    derive: {inside: [land_use, basic_farmland]}
    basis: none
    cases: [{severity: S2, when: ["area_m2 >= 0"]}]
  - id: P1
    name: {zh: 疑似部分, en: Suspected part}
    scope: piece
    effect: mark
    mark: part
    basis: none
    cases: [{severity: S3, when: ["farmland_share > 0.5"]}]
)yaml";

/// Writes the book into a folder and returns its path.
inline std::string group_book(const std::string& folder) {
  const std::string path = folder + "/together.yaml";
  std::ofstream(path) << kGroupBook;
  return path;
}

}  // namespace tuban::test
