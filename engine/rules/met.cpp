// SPDX-License-Identifier: Apache-2.0
// What is counted of features, each once, by whatever thread meets it.
#include <algorithm>

#include "engine/rules/reference.h"

namespace tuban {

void Ids::add(std::int64_t fid, const std::string& id) {
  const auto [place, fresh] = first_.emplace(id, fid);
  if (fresh) return;
  place->second = std::min(place->second, fid);
  ++again_[id];
}

Tally Ids::repeated() const {
  Tally tally;
  for (const auto& [id, count] : again_) {
    tally.add(first_.at(id), id);
    tally.count += count - 1;
  }
  return tally;
}

void Tally::add(std::int64_t fid, const std::string& name) {
  if (count++ > 0 && first_fid <= fid) return;
  first_fid = fid;
  first = name;
}

Met::State Met::state(std::int64_t fid) const {
  const std::lock_guard lock(mutex_);
  const auto page = seen_.find(fid >> kPageBits);
  if (page == seen_.end() || !page->second.test(static_cast<std::size_t>(fid & (kPage - 1))))
    return State::unmet;
  return mended_.contains(fid) ? State::repaired : State::sound;
}

void Met::add(const LayerFeature& feature, bool repaired, bool odd_class) {
  const std::lock_guard lock(mutex_);
  auto slot = seen_[feature.fid >> kPageBits][static_cast<std::size_t>(feature.fid & (kPage - 1))];
  if (slot) return;  // another thread met it at the same time
  slot = true;
  ++features_;
  if (repaired) {
    mended_.insert(feature.fid);
    repaired_.add(feature.fid, feature.id);
  }
  if (odd_class) odd_class_.add(feature.fid, feature.feature_class);
  if (quoted_) ids_.add(feature.fid, feature.id);
}

Tally Met::repeated() const {
  const std::lock_guard lock(mutex_);
  return ids_.repeated();
}

std::int64_t Met::features() const {
  const std::lock_guard lock(mutex_);
  return features_;
}

Tally Met::repaired() const {
  const std::lock_guard lock(mutex_);
  return repaired_;
}

Tally Met::odd_class() const {
  const std::lock_guard lock(mutex_);
  return odd_class_;
}

}  // namespace tuban
