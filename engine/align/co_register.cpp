// SPDX-License-Identifier: Apache-2.0
#include "engine/align/co_register.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "engine/scan/cell_order.h"
#include "tuban/error.h"

namespace tuban {
namespace {

// Windows of 256 px scatter by .01 to .05 px, of 128 px by twice that: 8 of either are surer than .05 px.
// Small rasters get smaller windows that overlap by half.
constexpr int kSizes[] = {256, 128, 64};
constexpr int kEnough = 8;  // windows that agree
constexpr int kMost = 36;   // windows that are read, where clouds or change keep some from matching
constexpr int kRound = 12;  // windows between two looks at what has been found
constexpr int kFewestOfLarge = 12;
constexpr int kFewest = 4;

// Resampling costs time and sharpness; less than this changes fewer pixels than it does.
constexpr double kLeastShift = 0.3;
constexpr double kStandardErrors = 3;
constexpr double kPerPixel = 256;
constexpr std::size_t kBands = 4;
constexpr double kScatter = 0.5;  // windows of one shift scatter by less than half of this

struct Lattice {
  int size = 0, step = 0, across = 0, down = 0;
  std::int64_t count() const { return std::int64_t{across} * down; }
};

Lattice lattice_of(int width, int height) {
  const auto fit = [&](int size, int step) {
    return Lattice{size, step, width < size ? 0 : (width - size) / step + 1,
                   height < size ? 0 : (height - size) / step + 1};
  };
  const Lattice large = fit(kSizes[0], kSizes[0]);
  if (large.count() >= kFewestOfLarge) return large;
  for (const int size : {kSizes[1], kSizes[2]})
    if (const Lattice small = fit(size, size / 2); small.count() >= kFewest) return small;
  return {};
}

// At most four: more make a shift no surer. Those that sensors resolve best come first, whatever place they
// have; bands of coarser pixels, brought onto the grid by repeating them, would draw a shift to whole pixels.
std::vector<std::size_t> sharpest(const SourceInfo& before, const SourceInfo& after) {
  std::vector<std::size_t> chosen;
  const auto take = [&](auto&& wanted) {
    for (std::size_t b = 0; b < before.bands.size() && chosen.size() < kBands; ++b)
      if (wanted(before.bands[b].role, after.bands[b].role) &&
          std::find(chosen.begin(), chosen.end(), b) == chosen.end())
        chosen.push_back(b);
  };
  for (const BandRole role : {BandRole::blue, BandRole::green, BandRole::red, BandRole::nir})
    take([&](BandRole first, BandRole second) { return first == role || second == role; });
  take([](BandRole, BandRole) { return true; });
  return chosen;
}

struct Slot {
  std::optional<kernels::WindowMatcher> matcher;
  std::vector<std::byte> samples;
  std::vector<std::uint8_t> valid;
  std::vector<std::byte*> before, after;  // all bands
  std::vector<const std::byte*> sharp_before, sharp_after;
  kernels::WindowShift found;
};

std::vector<kernels::WindowShift> match_windows(const ScanPlan& plan, const Lattice& lattice,
                                                ReaderPool& before, ReaderPool& after, Executor& executor,
                                                const std::stop_token& stop) {
  const CellOrder order(static_cast<std::uint64_t>(lattice.count()));
  const auto bands = static_cast<std::size_t>(plan.bands);
  const std::size_t pixels = static_cast<std::size_t>(lattice.size) * static_cast<std::size_t>(lattice.size);
  const std::size_t plane = pixels * kernels::sample_size(plan.type);
  const std::vector<std::size_t> chosen = sharpest(before.info(), after.info());
  Pass pass;
  pass.slots = std::min(2 * executor.threads(), plan.slots);
  pass.max_fetches = plan.max_fetches;
  std::vector<Slot> slots(static_cast<std::size_t>(pass.slots));
  std::vector<kernels::WindowShift> found;
  std::int64_t begun = 0;
  pass.fetch = [&](std::int64_t item, int index) {
    Slot& slot = slots[static_cast<std::size_t>(index)];
    if (!slot.matcher) {
      slot.matcher.emplace(lattice.size);
      slot.samples.resize(2 * bands * plane);
      for (std::size_t b = 0; b < bands; ++b) {
        slot.before.push_back(slot.samples.data() + b * plane);
        slot.after.push_back(slot.samples.data() + (bands + b) * plane);
      }
      for (const std::size_t b : chosen) {
        slot.sharp_before.push_back(slot.before[b]);
        slot.sharp_after.push_back(slot.after[b]);
      }
    }
    slot.valid.assign(pixels, 1);
    const auto cell = static_cast<int>(order[static_cast<std::uint64_t>(begun + item)]);
    const Window window{cell % lattice.across * lattice.step, cell / lattice.across * lattice.step,
                        lattice.size, lattice.size};
    before.read(window, {slot.before, lattice.size, slot.valid.data(), lattice.size});
    after.read(window, {slot.after, lattice.size, slot.valid.data(), lattice.size});
  };
  pass.compute = [&](std::int64_t, int index) {
    Slot& slot = slots[static_cast<std::size_t>(index)];
    slot.found = slot.matcher->match({plan.type,
                                      lattice.size,
                                      lattice.size,
                                      slot.sharp_before,
                                      slot.sharp_after,
                                      lattice.size,
                                      {slot.valid.data(), lattice.size, lattice.size, lattice.size}});
  };
  pass.commit = [&](std::int64_t, int index) {
    found.push_back(slots[static_cast<std::size_t>(index)].found);
  };
  const std::int64_t most = std::min<std::int64_t>(lattice.count(), kMost);
  while (begun < most && kernels::agree(found).used < kEnough) {
    pass.count = std::min<std::int64_t>(kRound, most - begun);
    executor.run(pass, stop);
    begun += pass.count;
  }
  return found;
}

}  // namespace

Registration measure_shift(const Job& job, const ScanPlan& plan, ReaderPool& before, ReaderPool& after,
                           Executor& executor, const std::stop_token& stop) {
  Registration result;
  if (job.registration == RegistrationKind::off) return result;
  const Lattice lattice = lattice_of(plan.width, plan.height);
  if (lattice.size == 0) {
    result.why_not = fmt::format("{} x {} pixels are too few to measure a shift on", plan.width, plan.height);
    return result;
  }
  const auto windows = match_windows(plan, lattice, before, after, executor, stop);
  result.window = lattice.size;
  result.windows = static_cast<int>(windows.size());
  result.shift = kernels::agree(windows);
  const kernels::Shift& shift = result.shift;
  if (!shift.found) {
    result.why_not =
        shift.matched == 0
            ? "no window has texture that both scenes show"
            : fmt::format("{} of {} windows show both scenes alike, and {} of them agree on a shift",
                          shift.matched, result.windows, shift.used);
    return result;
  }
  const double length = std::sqrt(shift.x * shift.x + shift.y * shift.y);
  const bool significant = length >= kLeastShift && length > kStandardErrors * shift.error;
  const bool wanted = job.registration == RegistrationKind::translation ||
                      (job.registration == RegistrationKind::automatic && significant);
  if (wanted && length > job.max_shift)
    throw Error(ErrorCode::mismatch,
                fmt::format("{} lies {:.2f} px from {} ({:.2f} across, {:.2f} down), more than {:g} px; "
                            "georeference it again, or give --max-shift {} if that is what it is",
                            after.info().name, length, before.info().name, shift.x, shift.y, job.max_shift,
                            std::ceil(length)));
  if (wanted) {
    result.correct_x = std::round(shift.x * kPerPixel) / kPerPixel;
    result.correct_y = std::round(shift.y * kPerPixel) / kPerPixel;
    result.corrected = result.correct_x != 0 || result.correct_y != 0;
  }
  const double left_x = shift.x - result.correct_x;
  const double left_y = shift.y - result.correct_y;
  result.residual = std::sqrt(left_x * left_x + left_y * left_y + shift.scatter * shift.scatter);
  if (!wanted && length > job.max_shift)
    result.notes.push_back(fmt::format("{} lies {:.2f} px from {}, and that is not corrected",
                                       after.info().name, length, before.info().name));
  if (shift.scatter > kScatter)
    result.notes.push_back(
        fmt::format("parts of {} and {} lie {:.2f} px apart in different directions (median of {} windows): "
                    "no one shift brings them together, and edges may be taken for change",
                    before.info().name, after.info().name, shift.scatter, shift.used));
  return result;
}

}  // namespace tuban
