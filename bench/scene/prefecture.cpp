// SPDX-License-Identifier: Apache-2.0
#include "bench/scene/prefecture.h"

#include <gdal_priv.h>

#include <cmath>
#include <stdexcept>

#include "bench/scene/prefecture_parts.h"

namespace tuban::scene {

PrefectureSummary generate_prefecture(const PrefectureOptions& options) {
  if (!(options.scale >= 0.001 && options.scale <= 1))
    throw std::runtime_error("the scale of a prefecture lies between 0.001 and 1");
  GDALAllRegister();
  std::filesystem::create_directories(options.folder);
  const Country country(options.seed, options.scale, at_scale(674000, options.scale));
  // A fifth of it lies beyond 112.5 E, at the foot of zone 37, as Jiangmen's does.
  const Point origin{2 * std::floor((38345700 - 0.2 * country.width()) / 2), 2535000};
  PrefectureSummary summary;
  summary.km2 = country.width() * country.height() / 1e6;
  const Sites sites = write_prefecture_layers(country, options, origin, summary);
  write_prefecture_patches(country, sites, options, origin, summary);
  return summary;
}

}  // namespace tuban::scene
