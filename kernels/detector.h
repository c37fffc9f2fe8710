// SPDX-License-Identifier: Apache-2.0
// The detector contract: measure on a sample, solve once, score every pixel. A new detector is one file in
// this folder that implements Detector, one line in registry.cpp and one test section.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/for_each.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// Bands by what they show; -1 where there is none.
struct RoleBands {
  int blue = -1, green = -1, red = -1, nir = -1, swir1 = -1;
};

/// How the later date is brought to the radiometry of the earlier one, band by band (kernels/normalise.h).
enum class Normalisation : std::uint8_t { invariant, none, mean_sigma, histogram };

/// The pixels a model is fitted on: `bands` planes per date, each `size()` valid pixels long, in the order
/// the sample visited them. Clouds and nodata never enter it.
struct Sample {
  std::vector<std::vector<float>> before;  ///< [band][pixel]
  std::vector<std::vector<float>> after;   ///< [band][pixel]
  RoleBands roles{};
  Normalisation normalisation = Normalisation::invariant;

  int bands() const noexcept { return static_cast<int>(before.size()); }
  std::size_t size() const noexcept { return before.empty() ? 0 : before.front().size(); }
};

/// Relative radiometric normalisation of one band: before ~ offset + slope * after, residual sd `sigma`.
struct BandNormalisation {
  float slope = 1;
  float offset = 0;
  float sigma = 1;
  bool fallback = false;  ///< true: what was asked for was not accepted, a simpler match was taken
  float correlation = 0;  ///< of the dates over the pixels it was fitted on; 0 where nothing was fitted
};

/// A monotone map of one band of the later date, linear between knots (`after` strictly ascending, `before`
/// ascending) and parallel to the line of slope `slope` beyond them.
struct MatchCurve {
  std::vector<float> after, before;
  float slope = 1;
};

/// Fitted once, then immutable and shared by all workers. `coefficients` belongs to the detector that made
/// it; `normalisation` also serves describe (indices and direction are measured on normalised spectra).
struct Model {
  std::string detector;
  std::vector<BandNormalisation> normalisation;  ///< one per band
  /// One per band under Normalisation::histogram, else empty. Scores are then taken from samples mapped by
  /// these; `normalisation` keeps the line of mean and deviation, for spectra of patches, with the sigma of
  /// what the curve leaves.
  std::vector<MatchCurve> curves;
  std::vector<float> coefficients;
  int iterations = 0;              ///< of the iterative part, 0 where there is none
  std::vector<double> rho;         ///< canonical correlations, ascending; empty where there are none
  double looks = 0;                ///< equivalent number of looks (SAR); 0 where it was not estimated
  std::int64_t invariant = 0;      ///< pseudo-invariant pixels used for the normalisation
  std::vector<std::string> notes;  ///< fallbacks taken, in plain sentences, for the manifest
};

/// Two co-registered rectangles of native samples. `before[b]` and `after[b]` point at the first sample of
/// plane b, of type `type`; all planes share `stride` (samples). `valid` is 1 where all used bands of both
/// dates are valid, else 0; elsewhere samples may hold anything.
struct PairView {
  SampleType type = SampleType::uint8;
  int width = 0;
  int height = 0;
  std::span<const std::byte* const> before;
  std::span<const std::byte* const> after;
  std::ptrdiff_t stride = 0;
  View<const std::uint8_t> valid;

  int bands() const noexcept { return static_cast<int>(before.size()); }
};

/// A change detector. Const and stateless: one instance serves all threads.
class Detector {
 public:
  virtual ~Detector() = default;
  virtual std::string_view name() const noexcept = 0;
  /// One line for `--help` and the manifest, with the paper.
  virtual std::string_view summary() const noexcept = 0;
  /// No automatic cut of smoothed scores is lower, however the sample is spread; 0: no such bound. A detector
  /// that scores in deviations of the invariant pixels has one.
  virtual double least_cut() const noexcept { return 0; }
  /// Whether scores have a sign, which smoothing takes off at its end: noise of both signs cancels, change of
  /// one sign does not. What did not change is then about 0.
  virtual bool has_sign() const noexcept { return false; }
  /// Of the chi-square distribution that the squared score of unchanged pixels has, not smoothed; 0: none.
  virtual int degrees_of_freedom(const Model&) const noexcept { return 0; }
  /// Whether degrees_of_freedom() is above 0 for samples that are large enough.
  virtual bool is_chi_square() const noexcept { return false; }
  /// Whether it estimates Model::looks.
  virtual bool has_looks() const noexcept { return false; }
  /// Whether the score is taken from samples normalised by Model::normalisation. The others have an
  /// invariance of their own, or are meant for samples as they are.
  virtual bool normalises() const noexcept { return false; }
  /// Bands that it cannot do without; images that lack one are refused before solve().
  virtual std::span<int RoleBands::*const> roles() const noexcept { return {}; }
  /// Fits on the sample. Too small or degenerate samples take a documented fallback, said in Model::notes.
  virtual Model solve(const Sample& sample, const ForEach& each) const = 0;
  Model solve(const Sample& sample) const { return solve(sample, in_turn); }
  /// Writes one score per pixel, >= 0 (or has_sign()), larger in size = more changed, NaN where invalid.
  /// Pointwise: the value depends on this pixel's samples and the model alone (G1). Same bits for every
  /// instruction set. Only a detector of a host's own throws.
  virtual void score(const Model& model, const PairView& pair, View<float> out) const = 0;
};

/// All detectors, in the order they are listed to users; the first is the default.
std::span<const Detector* const> detectors();

/// The detector of that name, or nullptr.
const Detector* find_detector(std::string_view name);

}  // namespace tuban::kernels
