// SPDX-License-Identifier: Apache-2.0
#include "kernels/sample_ops.h"

#include "kernels/view.h"

// SSSE3 adds nothing to SSE4, and vectors without a fixed size cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
// The least target must exist whatever flags the compiler was given, else `baseline` could not be asked for.
#define HWY_COMPILE_ALL_ATTAINABLE

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sample_ops.cpp"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway wants it.
#include <hwy/highway.h>
#pragma GCC diagnostic pop

HWY_BEFORE_NAMESPACE();
namespace tuban::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Four lanes, in as many vectors as it takes: the order of the sums must not depend on the width of a vector.
using Four = hn::CappedTag<double, 4>;
constexpr std::size_t kFourLanes = hn::MaxLanes(Four());
constexpr std::size_t kParts = 4 / kFourLanes;

// Several sums at once hide the latency of the adder.
template <std::size_t kSums>
HWY_INLINE void products_of(const SampleBlock& weighted, const double* const* values, double* sums) {
  const Four d;
  std::array<std::array<hn::Vec<Four>, kParts>, kSums> lanes;
  for (auto& parts : lanes)
    for (auto& part : parts) part = hn::Zero(d);
  for (std::size_t i = 0; i < kSampleBlock; i += 4)
    for (std::size_t part = 0; part < kParts; ++part) {
      const std::size_t at = i + part * kFourLanes;
      const auto weight = hn::LoadU(d, weighted.data() + at);
      for (std::size_t k = 0; k < kSums; ++k)
        lanes[k][part] = hn::Add(lanes[k][part], hn::Mul(weight, hn::LoadU(d, values[k] + at)));
    }
  for (std::size_t k = 0; k < kSums; ++k) {
    std::array<double, 4> four;
    for (std::size_t part = 0; part < kParts; ++part)
      hn::StoreU(lanes[k][part], d, four.data() + part * kFourLanes);
    sums[k] += (four[0] + four[1]) + (four[2] + four[3]);
  }
}

void products(const SampleBlock& weighted, std::span<const double* const> values, double* sums) noexcept {
  std::size_t k = 0;
  for (; k + 4 <= values.size(); k += 4) products_of<4>(weighted, values.data() + k, sums + k);
  for (; k < values.size(); ++k) products_of<1>(weighted, values.data() + k, sums + k);
}

// With the number of bands known to the compiler, the samples of a vector stay in registers.
constexpr std::size_t kAnyBands = 0;

template <std::size_t kBands, typename Tag>
HWY_INLINE void statistic_at(Tag d, std::span<const float* const> planes, const double* mean, const double* a,
                             const double* b, std::size_t at, double* z) {
  const hn::Rebind<float, Tag> native;
  using V = hn::Vec<Tag>;
  constexpr std::size_t kMost = kBands == kAnyBands ? kMaxBands : kBands;
  const std::size_t p = kBands == kAnyBands ? planes.size() / 2 : kBands;
  std::array<V, 2 * kMost> centred;
  for (std::size_t v = 0; v < 2 * p; ++v)
    centred[v] = hn::Sub(hn::PromoteTo(d, hn::LoadU(native, planes[v] + at)), hn::Set(d, mean[v]));
  V sum = hn::Zero(d);
  for (std::size_t j = 0; j < p; ++j) {
    V variate = hn::Zero(d);
    for (std::size_t k = 0; k < p; ++k) {
      const V first = hn::Mul(hn::Set(d, a[j * p + k]), centred[k]);
      variate = hn::Add(variate, hn::Sub(first, hn::Mul(hn::Set(d, b[j * p + k]), centred[p + k])));
    }
    sum = hn::Add(sum, hn::Mul(variate, variate));
  }
  hn::StoreU(sum, d, z + at);
}

template <std::size_t kBands>
void statistic_of(std::span<const float* const> planes, const double* mean, const double* a, const double* b,
                  std::span<double> z) {
  const hn::ScalableTag<double> d;
  const hn::CappedTag<double, 1> one;
  std::size_t i = 0;
  for (; i + hn::MaxLanes(d) <= z.size(); i += hn::MaxLanes(d))
    statistic_at<kBands>(d, planes, mean, a, b, i, z.data());
  for (; i < z.size(); ++i) statistic_at<kBands>(one, planes, mean, a, b, i, z.data());
}

void statistic(std::span<const float* const> planes, const double* mean, const double* a, const double* b,
               std::span<double> z) noexcept {
  if (planes.size() == 8) return statistic_of<4>(planes, mean, a, b, z);
  if (planes.size() == 6) return statistic_of<3>(planes, mean, a, b, z);
  statistic_of<kAnyBands>(planes, mean, a, b, z);
}

}  // namespace

const SampleOps* sample_table() {
  static const SampleOps kTable{products, statistic, hwy::TargetName(HWY_TARGET)};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace tuban::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tuban::kernels {
namespace {

HWY_EXPORT(sample_table);

// A chooser of our own instead of Highway's process-wide one: a library does not switch its host's kernels.
const SampleOps& best_sample_ops(std::int64_t targets) {
  hwy::ChosenTarget chosen;
  chosen.Update(hwy::SupportedTargets() & targets);
  return *HWY_DISPATCH_TABLE(sample_table)[chosen.GetIndex()]();
}

}  // namespace

const SampleOps* sample_ops(Isa isa) noexcept {
  return table_of(isa, best_sample_ops);
}

const SampleOps& sample_ops() noexcept {
  static const SampleOps& chosen = best_sample_ops(allowed_targets(requested_isa()));
  return chosen;
}

}  // namespace tuban::kernels
#endif  // HWY_ONCE
