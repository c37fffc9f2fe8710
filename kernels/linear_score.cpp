// SPDX-License-Identifier: Apache-2.0
#include "kernels/linear_score.h"

#include <algorithm>

#include "kernels/change_vector.h"

namespace tuban::kernels {
namespace {

Variates unpack(const std::vector<float>& packed, std::size_t bands) noexcept {
  Variates v;
  const float* p = packed.data();
  std::copy_n(p, bands, v.centre_before.begin());
  std::copy_n(p + bands, bands, v.centre_after.begin());
  for (std::size_t j = 0; j < bands; ++j) {
    const float* row = p + 2 * bands + j * (2 * bands + 1);
    std::copy_n(row, bands, v.before[j].begin());
    std::copy_n(row + bands, bands, v.after[j].begin());
    v.shift[j] = row[2 * bands];
  }
  return v;
}

}  // namespace

std::vector<float> pack(const LinearMap& map, std::size_t bands) {
  if (map.bands.empty()) return {};
  const std::size_t used = map.bands.size();
  std::vector<float> packed(2 * bands + bands * (2 * bands + 1), 0.0F);
  for (std::size_t k = 0; k < used; ++k) {
    packed[map.bands[k]] = static_cast<float>(map.mean_before[k]);
    packed[bands + map.bands[k]] = static_cast<float>(map.mean_after[k]);
  }
  for (std::size_t j = 0; j < used; ++j) {
    float* row = packed.data() + 2 * bands + j * (2 * bands + 1);
    double shift = 0;
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t band = map.bands[k];
      const double a = map.a[j * used + k];
      const double b = map.b[j * used + k];
      row[band] = static_cast<float>(a);
      row[bands + band] = static_cast<float>(b);
      shift += a * (map.mean_before[k] - static_cast<double>(packed[band])) -
               b * (map.mean_after[k] - static_cast<double>(packed[bands + band]));
    }
    row[2 * bands] = static_cast<float>(shift);
  }
  return packed;
}

void score_linear(const Model& model, const PairView& pair, View<float> out) noexcept {
  if (model.coefficients.empty()) return pixel_ops().change_vector(pair, normalised_change(model), out);
  pixel_ops().lengths(pair, unpack(model.coefficients, pair.before.size()), out);
}

}  // namespace tuban::kernels
