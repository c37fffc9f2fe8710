// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/derive.h"

#include <gdal_priv.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <stdexcept>

namespace tuban::bench {
namespace {

struct Raster {
  int width = 0, height = 0;
  GDALDataType type = GDT_Unknown;
  std::vector<std::vector<float>> bands;
};

Raster read(GDALDataset& from) {
  Raster raster{from.GetRasterXSize(), from.GetRasterYSize(), from.GetRasterBand(1)->GetRasterDataType(), {}};
  for (int b = 1; b <= from.GetRasterCount(); ++b) {
    std::vector<float> pixels(static_cast<std::size_t>(raster.width) *
                              static_cast<std::size_t>(raster.height));
    if (from.GetRasterBand(b)->RasterIO(GF_Read, 0, 0, raster.width, raster.height, pixels.data(),
                                        raster.width, raster.height, GDT_Float32, 0, 0, nullptr) != CE_None)
      throw std::runtime_error("cannot read " + std::string(from.GetDescription()));
    raster.bands.push_back(std::move(pixels));
  }
  return raster;
}

void write(GDALDataset& like, const Raster& raster, const std::string& path) {
  const GDALDatasetUniquePtr to(GetGDALDriverManager()->GetDriverByName("GTiff")->Create(
      path.c_str(), raster.width, raster.height, static_cast<int>(raster.bands.size()), raster.type,
      nullptr));
  if (!to) throw std::runtime_error("cannot write " + path);
  std::array<double, 6> transform{};
  if (like.GetGeoTransform(transform.data()) == CE_None) to->SetGeoTransform(transform.data());
  if (like.GetSpatialRef() != nullptr) to->SetSpatialRef(like.GetSpatialRef());
  for (int b = 1; b <= like.GetRasterCount(); ++b) {
    to->GetRasterBand(b)->SetDescription(like.GetRasterBand(b)->GetDescription());
    std::vector<float> pixels = raster.bands[static_cast<std::size_t>(b - 1)];
    if (to->GetRasterBand(b)->RasterIO(GF_Write, 0, 0, raster.width, raster.height, pixels.data(),
                                       raster.width, raster.height, GDT_Float32, 0, 0, nullptr) != CE_None)
      throw std::runtime_error("cannot write " + path);
  }
}

/// Weights of the samples at -1, 0, 1 and 2 for the place `t` between 0 and 1.
std::array<double, 4> cubic(double t) {
  return {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t,
          (0.5 * t - 0.5) * t * t};
}

std::vector<float> moved(const std::vector<float>& from, int count, std::ptrdiff_t step, int lines,
                         std::ptrdiff_t line_step, double shift) {
  std::vector<float> to(from.size());
  const int whole = static_cast<int>(std::floor(-shift));
  const std::array<double, 4> weights = cubic(-shift - whole);
  for (int line = 0; line < lines; ++line) {
    for (int i = 0; i < count; ++i) {
      double sum = 0;
      for (int k = 0; k < 4; ++k) {
        const std::ptrdiff_t at = std::clamp(i + whole + k - 1, 0, count - 1) * step + line * line_step;
        sum += weights[static_cast<std::size_t>(k)] * static_cast<double>(from[static_cast<std::size_t>(at)]);
      }
      to[static_cast<std::size_t>(i * step + line * line_step)] = static_cast<float>(sum);
    }
  }
  return to;
}

void shift(Raster& raster, double dx, double dy) {
  for (std::vector<float>& band : raster.bands) {
    band = moved(band, raster.width, 1, raster.height, raster.width, dx);
    band = moved(band, raster.height, raster.width, raster.width, 1, dy);
  }
}

void see_again(Raster& raster, bool gain, bool haze) {
  constexpr std::array kGains{1.15, 1.08, 0.95, 1.1};
  constexpr std::array kVeil{1.0, 0.75, 0.5, 0.2};
  const bool bytes = raster.type == GDT_Byte;
  const double most_veil = bytes ? 10 : 400;  // samples of 16 bits count reflectance in 1/10,000
  std::mt19937 random(20261124);
  std::normal_distribution<double> normal;
  for (std::size_t b = 0; b < raster.bands.size(); ++b) {
    for (float& sample : raster.bands[b]) {
      double value = static_cast<double>(sample);
      if (gain) value *= kGains[b % kGains.size()];
      if (haze) value = 0.9 * value + most_veil * kVeil[b % kVeil.size()];
      value += ((bytes ? 1.0 : 15.0) + 0.005 * value) * normal(random);
      sample = static_cast<float>(std::clamp(std::round(value), 0.0, bytes ? 255.0 : 65535.0));
    }
  }
}

}  // namespace

bool nothing_changed(const DataSet& set) {
  return !set.recipe.empty() && set.recipe.front() != "shift";
}

void derive_after(const DataSet& set, const std::string& path) {
  const std::string& source = nothing_changed(set) ? set.before : set.after;
  const GDALDatasetUniquePtr from(GDALDataset::Open(source.c_str(), GDAL_OF_RASTER));
  if (!from) throw std::runtime_error("cannot open " + source);
  Raster raster = read(*from);
  const std::string& word = set.recipe.front();
  if (word == "shift" && set.recipe.size() == 3) {
    shift(raster, std::stod(set.recipe[1]), std::stod(set.recipe[2]));
  } else if (word == "noise" || word == "gain" || word == "haze") {
    see_again(raster, word != "noise", word == "haze");
  } else {
    throw std::runtime_error("no pair can be made by \"" + word + "\"");
  }
  write(*from, raster, path);
}

}  // namespace tuban::bench
