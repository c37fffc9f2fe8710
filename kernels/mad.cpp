// SPDX-License-Identifier: Apache-2.0
#include "kernels/mad.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "kernels/math.h"
#include "kernels/moments.h"
#include "kernels/sample_ops.h"

namespace tuban::kernels {
namespace {

using Matrix = Eigen::MatrixXd;

constexpr int kMaxIterations = 8;
constexpr int kTextbookIterations = 50;
constexpr double kConverged = 1e-3;

// Of a correlation matrix. Above this Cholesky in double keeps ten digits and needs no ridge, which leaves
// the statistic exactly affine invariant; below, bands are linear combinations of others and the ridge steps
// in.
constexpr double kCollinear = 1e-6;
constexpr double kRidge = 1e-6;

// 1 - rho at least this: noise a thousandth of the signal. Identical or affinely related dates have rho = 1,
// and their variates (rounding errors) must not be blown up.
constexpr double kMinDecorrelation = 1e-6;

// c at least this. It is .1 to 1 on real pairs; 0 where a quarter of the pixels is identical on both dates.
constexpr double kMinTemper = 1e-3;
constexpr double kTemperQuantile = 0.25;

constexpr std::size_t kPart = 16384;  // pixels that are worth a thread's while

struct Canonical {
  Matrix a, b;  // rows: variates, ascending rho, divided by the variates' standard deviation
  std::vector<double> rho;
  bool collinear = false;
};

// Whitens one date's correlation matrix; adds the ridge only where it is needed.
Matrix whitener(Matrix correlation, bool& collinear) {
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(correlation, Eigen::EigenvaluesOnly);
  if (eigen.eigenvalues()(0) < kCollinear) {
    collinear = true;
    correlation.diagonal().array() += kRidge;
  }
  const Eigen::LLT<Matrix> cholesky(correlation);
  const auto n = correlation.rows();
  return cholesky.matrixL().solve(Matrix::Identity(n, n));
}

// rho are the singular values of K = L1^-1 S12 L2^-T, which does not square them as the eigenproblem would.
Canonical canonical(const Moments& moments) {
  const auto p = static_cast<Eigen::Index>(moments.mean.size() / 2);
  Matrix s = Eigen::Map<const Matrix>(moments.covariance.data(), 2 * p, 2 * p);
  // Weights can make a band constant that was not: unit scale keeps its (zero) rows harmless.
  Eigen::VectorXd scale(2 * p);
  for (Eigen::Index i = 0; i < 2 * p; ++i) scale(i) = s(i, i) > 0 ? 1 / std::sqrt(s(i, i)) : 1.0;
  s = scale.asDiagonal() * s * scale.asDiagonal();

  Canonical result;
  const Matrix w1 = whitener(s.topLeftCorner(p, p), result.collinear);
  const Matrix w2 = whitener(s.bottomRightCorner(p, p), result.collinear);
  const Matrix k = w1 * s.topRightCorner(p, p) * w2.transpose();
  const Eigen::JacobiSVD<Matrix> svd(k, Eigen::ComputeFullU | Eigen::ComputeFullV);
  result.a = svd.matrixU().transpose() * w1 * scale.head(p).asDiagonal();
  result.b = svd.matrixV().transpose() * w2 * scale.tail(p).asDiagonal();
  result.a.colwise().reverseInPlace();
  result.b.colwise().reverseInPlace();
  for (Eigen::Index j = 0; j < p; ++j) {
    const double rho = svd.singularValues()(p - 1 - j);
    const double sd = std::sqrt(2 * std::max(1 - rho, kMinDecorrelation));
    result.a.row(j) /= sd;
    result.b.row(j) /= sd;
    result.rho.push_back(std::min(rho, 1.0));
  }
  return result;
}

// The value of that rank among values >= 0, whose bits are in the same order. A count by the leading bits
// finds the few among which it is.
double at_rank(const std::vector<double>& values, std::size_t rank, std::vector<double>& scratch) {
  constexpr int kShift = 50;
  const auto leading = [](double value) { return std::bit_cast<std::uint64_t>(value) >> kShift; };
  std::vector<std::uint32_t> count(std::size_t{1} << (64 - kShift));
  for (const double value : values) ++count[leading(value)];
  std::size_t bin = 0;
  while (rank >= count[bin]) rank -= count[bin++];
  scratch.clear();
  for (const double value : values)
    if (leading(value) == bin) scratch.push_back(value);
  std::nth_element(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(rank), scratch.end());
  return scratch[rank];
}

void in_parts(std::size_t pixels, const ForEach& each,
              const std::function<void(std::size_t first, std::size_t count)>& work) {
  each((pixels + kPart - 1) / kPart,
       [&](std::size_t part) { work(part * kPart, std::min(kPart, pixels - part * kPart)); });
}

std::vector<std::size_t> varying_bands(const Sample& sample) {
  const auto varies = [](const std::vector<float>& plane) {
    return std::any_of(plane.begin(), plane.end(), [&](float v) { return v != plane.front(); });
  };
  std::vector<std::size_t> bands;
  for (std::size_t b = 0; b < sample.before.size(); ++b)
    if (varies(sample.before[b]) && varies(sample.after[b])) bands.push_back(b);
  return bands;
}

std::vector<double> row_major(const Matrix& m, double scale) {
  std::vector<double> values;
  for (Eigen::Index j = 0; j < m.rows(); ++j)
    for (Eigen::Index k = 0; k < m.cols(); ++k) values.push_back(m(j, k) * scale);
  return values;
}

}  // namespace

MadFit fit_mad(const Sample& sample, const ForEach& each, MadKind kind) {
  const bool tempered = kind == MadKind::tempered;
  const int rounds = tempered ? kMaxIterations : kind == MadKind::plain ? 1 : kTextbookIterations;
  MadFit fit;
  fit.bands = varying_bands(sample);
  for (std::size_t b = 0; b < sample.before.size(); ++b)
    if (std::find(fit.bands.begin(), fit.bands.end(), b) == fit.bands.end())
      fit.notes.push_back("band " + std::to_string(b + 1) +
                          " is constant on one of the dates and takes no part in IR-MAD");
  if (fit.bands.empty()) return fit;

  std::vector<const float*> planes;
  for (const std::size_t b : fit.bands) planes.push_back(sample.before[b].data());
  for (const std::size_t b : fit.bands) planes.push_back(sample.after[b].data());
  const std::size_t pixels = sample.size();
  const std::size_t p = fit.bands.size();
  const int dof = static_cast<int>(p);
  const std::vector<double> centre = means(planes, pixels);
  const double expected = math::chi2_quantile(kTemperQuantile, dof);
  const auto quartile = static_cast<std::size_t>(kTemperQuantile * static_cast<double>(pixels - 1));
  const math::Chi2Table table(dof);

  Moments moments;
  Canonical current;
  std::vector<double> z(pixels);
  std::vector<double> scratch;
  std::vector<double> rho(p, 2.0);
  bool collinear = false;
  while (fit.iterations < rounds) {
    moments = weighted_moments(planes, pixels, fit.weight, centre, each);
    current = canonical(moments);
    collinear = collinear || current.collinear;
    const std::vector<double> a = row_major(current.a, 1);
    const std::vector<double> b = row_major(current.b, 1);
    in_parts(pixels, each, [&](std::size_t first, std::size_t count) {
      std::vector<const float*> part;
      for (const float* plane : planes) part.push_back(plane + first);
      sample_ops().statistic(part, moments.mean.data(), a.data(), b.data(),
                             std::span(z).subspan(first, count));
    });
    if (tempered) fit.temper = std::max(at_rank(z, quartile, scratch) / expected, kMinTemper);
    fit.weight.resize(pixels);
    in_parts(pixels, each, [&](std::size_t first, std::size_t count) {
      for (std::size_t i = first; i < first + count; ++i)
        fit.weight[i] = table.survival(std::sqrt(z[i] / fit.temper));
    });
    ++fit.iterations;
    double moved = 0;
    for (std::size_t j = 0; j < p; ++j) moved = std::max(moved, std::abs(current.rho[j] - rho[j]));
    rho = current.rho;
    if (moved < kConverged) break;
  }
  if (collinear) fit.notes.push_back("the bands are linearly dependent; IR-MAD used a ridge of 1e-6");
  fit.mean_before.assign(moments.mean.begin(), moments.mean.begin() + static_cast<std::ptrdiff_t>(p));
  fit.mean_after.assign(moments.mean.begin() + static_cast<std::ptrdiff_t>(p), moments.mean.end());
  const double scale = 1 / std::sqrt(fit.temper);
  fit.a = row_major(current.a, scale);
  fit.b = row_major(current.b, scale);
  fit.rho = rho;
  return fit;
}

}  // namespace tuban::kernels
