// SPDX-License-Identifier: Apache-2.0
// Index differencing (Singh 1989): how far one index has moved between the dates, in the units of the index.
// For questions that one index answers (where did vegetation go, where did water come); as general detectors
// they lose to all others, since an index is blind to what it was not made for. The later date is normalised
// first: indices of samples with an offset between the dates are not the same index. Negative samples count
// as 0, so that normalised differences stay within -1 and 1; where their denominator is 0 there is no score.
// Halo 0.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/match_curve.h"
#include "kernels/normalise.h"
#include "kernels/pixel_score.h"

namespace tuban::kernels {
namespace {

using Place = int RoleBands::*;

// (plus - minus) / (plus + minus), sums over bands; the mean of `plus` where there is no `minus`.
struct Index {
  std::string_view name, summary;
  std::array<Place, 4> roles;  // those of plus, then those of minus
  std::size_t plus, minus;
};

constexpr double kLeastSum = 1e-6;

constexpr Index kIndices[] = {
    {"ndvi",
     "difference of NDVI (Rouse 1974), on normalised samples",
     {&RoleBands::nir, &RoleBands::red},
     1,
     1},
    {"ndwi",
     "difference of NDWI (McFeeters 1996), on normalised samples",
     {&RoleBands::green, &RoleBands::nir},
     1,
     1},
    {"mndwi",
     "difference of MNDWI (Xu 2006), on normalised samples",
     {&RoleBands::green, &RoleBands::swir1},
     1,
     1},
    {"ndbi",
     "difference of NDBI (Zha 2003), on normalised samples",
     {&RoleBands::swir1, &RoleBands::nir},
     1,
     1},
    {"bsi",
     "difference of the bare soil index (Rikimaru 2002), on normalised samples",
     {&RoleBands::swir1, &RoleBands::red, &RoleBands::nir, &RoleBands::blue},
     2,
     2},
    {"brightness",
     "difference of the mean of blue, green and red (Singh 1989), on normalised samples",
     {&RoleBands::blue, &RoleBands::green, &RoleBands::red},
     3,
     0},
};

// coefficients: the bands of roles().
class IndexDetector final : public Detector {
 public:
  explicit IndexDetector(const Index& index) : index_(index) {}
  std::string_view name() const noexcept override { return index_.name; }
  std::string_view summary() const noexcept override { return index_.summary; }
  bool normalises() const noexcept override { return true; }
  bool has_sign() const noexcept override { return true; }
  std::span<Place const> roles() const noexcept override {
    return {index_.roles.data(), index_.plus + index_.minus};
  }

  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name(), each).model;
    for (const Place place : roles()) model.coefficients.push_back(static_cast<float>(sample.roles.*place));
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    std::array<std::size_t, 4> band{};
    std::array<double, 4> slope{}, offset{};
    const std::size_t used = index_.plus + index_.minus;
    for (std::size_t k = 0; k < used; ++k) {
      band[k] = static_cast<std::size_t>(model.coefficients[k]);
      slope[k] = static_cast<double>(model.normalisation[band[k]].slope);
      offset[k] = static_cast<double>(model.normalisation[band[k]].offset);
    }
    score_pixels(pair, out, [&](const double* x, const double* y) {
      std::array<double, 4> before{}, after{};
      for (std::size_t k = 0; k < used; ++k) {
        before[k] = std::max(x[band[k]], 0.0);
        const double moved =
            model.curves.empty()
                ? offset[k] + slope[k] * y[band[k]]
                : static_cast<double>(on_curve(model.curves[band[k]], static_cast<float>(y[band[k]])));
        after[k] = std::max(moved, 0.0);
      }
      return value(after) - value(before);
    });
  }

 private:
  double value(const std::array<double, 4>& v) const noexcept {
    double plus = 0, minus = 0;
    for (std::size_t k = 0; k < index_.plus; ++k) plus += v[k];
    if (index_.minus == 0) return plus / static_cast<double>(index_.plus);
    for (std::size_t k = index_.plus; k < index_.plus + index_.minus; ++k) minus += v[k];
    return plus + minus < kLeastSum ? std::numeric_limits<double>::quiet_NaN()
                                    : (plus - minus) / (plus + minus);
  }

  const Index& index_;
};

}  // namespace

std::span<const Detector* const> index_detectors() {
  static const std::array<IndexDetector, std::size(kIndices)> all{
      IndexDetector(kIndices[0]), IndexDetector(kIndices[1]), IndexDetector(kIndices[2]),
      IndexDetector(kIndices[3]), IndexDetector(kIndices[4]), IndexDetector(kIndices[5])};
  static const std::array<const Detector*, std::size(kIndices)> pointers{&all[0], &all[1], &all[2],
                                                                         &all[3], &all[4], &all[5]};
  return pointers;
}

}  // namespace tuban::kernels
