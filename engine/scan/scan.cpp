// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/scan.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <tuple>

#include "engine/scan/assemble.h"
#include "engine/scan/burn.h"
#include "engine/scan/noise.h"
#include "engine/scan/scan_files.h"
#include "engine/scan/unit_buffer.h"
#include "kernels/extract.h"
#include "kernels/kind.h"
#include "kernels/shift_tolerance.h"
#include "kernels/smooth.h"

namespace tuban {
namespace {

using kernels::View;

constexpr std::size_t kLargeRecord = 1 << 20;  // bytes; a buffer that held more is not kept

// Outlines of open regions in memory, of all kinds together; part of the plan's reserve. Their buffers may be
// twice as large.
constexpr std::size_t kOpenOutlines = std::size_t{24} << 20;

// What one slot needs to turn a scored unit into tiles of regions; allocated once.
struct Workshop {
  std::vector<float> smooth, smooth_scratch;
  kernels::ToleranceScratch tolerance;
  kernels::BitPlane changed, invalid;
  std::vector<std::uint8_t> mask;  // as bytes, where it is to be written
  kernels::KindFlags flags;
  kernels::KindSplitter splitter;
  std::vector<std::byte*> before, after;
  kernels::Extractor extractor;
  std::vector<std::vector<kernels::TileRegions>> tiles;  // by kind
  std::size_t tile_count = 0;
  std::int64_t valid_pixels = 0;
  std::int64_t changed_pixels = 0;
};

kernels::PairView pair_view(const ScanPlan& plan, UnitBuffer& buffer, const kernels::Window& window,
                            std::vector<std::byte*>& before, std::vector<std::byte*>& after) {
  buffer.planes(window.x, window.y, before, after);
  return {plan.type,
          window.width,
          window.height,
          {const_cast<const std::byte* const*>(before.data()), before.size()},
          {const_cast<const std::byte* const*>(after.data()), after.size()},
          buffer.stride(),
          buffer.valid(window)};
}

// Tells when the next checkpoint is due.
class Clock {
 public:
  explicit Clock(double seconds) : pause_(seconds), due_(Time::now() + cast(pause_)) {}
  bool due() const { return Time::now() >= due_; }
  void saved_since(std::chrono::steady_clock::time_point begin) {
    const Seconds cost = Time::now() - begin;
    due_ = Time::now() + cast(pause_.count() > 0 ? std::max(pause_, 20 * cost) : pause_);
  }

 private:
  using Time = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  static Time::duration cast(Seconds seconds) { return std::chrono::duration_cast<Time::duration>(seconds); }
  Seconds pause_;
  Time::time_point due_;
};

std::vector<std::byte> model_bytes(const ScanModel& model) {
  Encoder encoder;
  encode(encoder, model);
  return {encoder.bytes().begin(), encoder.bytes().end()};
}

class Scanner {
 public:
  Scanner(const ScanPlan& plan, const ScanModel& model, ReaderPool& before, ReaderPool& after,
          ScanResult& result, Spool& outlines, const WorkFolder& folder, const ScanOutputs& outputs,
          const ScanSaving& saving)
      : plan_(plan),
        model_(model),
        before_(before),
        after_(after),
        result_(result),
        outlines_(outlines),
        folder_(folder),
        outputs_(outputs),
        saving_(saving),
        clock_(saving.seconds),
        frontier_(plan) {
    const int kinds = kernels::tell_kinds(plan.roles) ? kernels::kKinds : 1;
    // The rasters show regions that are too small for a patch as well.
    const std::int64_t fewest = outputs.withholding.secret ? 1 : plan.fewest_pixels;
    for (int kind = 0; kind < kinds; ++kind)
      assemblers_.push_back(std::make_unique<Assembler>(
          plan.width, plan.height, plan.connectivity, plan.bands, fewest,
          [this, kind](Region&& region) {
            region.kind = static_cast<kernels::Kind>(kind);
            keep(region);
          },
          CutLimit{}, OutlineSpill{&outlines_, kOpenOutlines / static_cast<std::size_t>(kinds)}));
    for (int i = 0; i < plan.slots; ++i) {
      shops_.push_back(std::make_unique<Workshop>());
      shops_.back()->tiles.resize(assemblers_.size());
    }
    for (int i = 0; i < plan.buffers(); ++i) buffers_.push_back(std::make_unique<UnitBuffer>(plan));
  }

  // Item i scores unit i and extracts unit i - slots: by then the scores all around it are committed, so no
  // worker ever waits for a neighbour.
  std::int64_t items() const noexcept { return start_ == plan_.units() ? 0 : plan_.units() + plan_.slots; }

  // The first item that has work: the unit whose strips the next one to extract needs through its neighbours.
  std::int64_t first_item() const noexcept {
    const auto reach = [&](int unit) { return (plan_.pad() + unit - 1) / unit; };
    const std::int64_t back =
        std::int64_t{reach(plan_.unit_height)} * plan_.units_across() + reach(plan_.unit_width);
    return std::min(items(), std::max(std::int64_t{0}, start_ - back));
  }

  void restore(const ScanHead& head, StateReader& state) {
    start_ = extracted_ = saved_ = head.extracted;
    result_.valid_pixels = head.valid_pixels;
    result_.changed_pixels = head.changed_pixels;
    withheld_regions_ = head.withheld_regions;
    for (std::int64_t unit = 0; unit < extracted_; ++unit)
      result_.resumed_pixels += plan_.extract_window(unit).pixels();
    for (const auto& assembler : assemblers_) assembler->restore(state);
  }

  void fetch(std::int64_t item, int slot) {
    if (item >= plan_.units()) return;
    const kernels::Window unit = plan_.unit(item);
    UnitBuffer& buffer = buffer_of(item);
    buffer.reset(unit);
    const View<std::uint8_t> valid = buffer.valid(unit);
    for (int y = 0; y < valid.height; ++y) std::fill_n(valid.row(y), valid.width, std::uint8_t{1});
    Workshop& shop = shop_of(slot);
    buffer.planes(unit.x, unit.y, shop.before, shop.after);
    const Window window{unit.x, unit.y, unit.width, unit.height};
    before_.read(window, {shop.before, buffer.stride(), valid.data, valid.stride});
    after_.read(window, {shop.after, buffer.stride(), valid.data, valid.stride});
  }

  void compute(std::int64_t item, int slot) {
    Workshop& shop = shop_of(slot);
    if (item < plan_.units()) {
      UnitBuffer& buffer = buffer_of(item);
      const kernels::Window unit = buffer.unit();
      if (plan_.tolerance == 0)
        model_.detector->score(model_.model, pair_view(plan_, buffer, unit, shop.before, shop.after),
                               buffer.scores(unit));
    }
    shop.tile_count = 0;
    if (item - plan_.slots >= start_) extract(item - plan_.slots, shop);
  }

  void commit(std::int64_t item, int slot) {
    if (item < plan_.units()) frontier_.exchange(buffer_of(item));
    if (item - plan_.slots < start_) return;
    Workshop& shop = shop_of(slot);
    whole_ = false;
    for (std::size_t kind = 0; kind < assemblers_.size(); ++kind)
      for (std::size_t i = 0; i < shop.tile_count; ++i) assemblers_[kind]->commit(shop.tiles[kind][i]);
    if (shop.tile_count > 0) {
      result_.valid_pixels += shop.valid_pixels;
      result_.changed_pixels += shop.changed_pixels;
    }
    extracted_ = item - plan_.slots + 1;
    whole_ = true;
    if (clock_.due()) save();
  }

  void finish() {
    for (const auto& assembler : assemblers_) {
      assembler->finish();
      const RegionTotals& totals = assembler->totals();
      result_.closed_regions += totals.regions;
      result_.outline_edges += totals.edges;
      result_.cut_regions += totals.cut;
      result_.cut_pixels += totals.cut_pixels;
    }
    result_.closed_regions -= withheld_regions_;
    // What was open when it was saved last may turn out to be secret.
    if (saved_ < extracted_ || outputs_.withholding.secret) save();
    for (auto* order : {&result_.order, &result_.withheld_order})
      std::sort(order->begin(), order->end(), [](const RegionKey& a, const RegionKey& b) {
        return std::tie(a.last_row, a.id) < std::tie(b.last_row, b.id);
      });
  }

  // After a pass that ended early. What made it end matters more than what keeps its state from being saved;
  // the one saved before is then still there.
  void save_if_possible() noexcept {
    if (!whole_ || saved_ == extracted_) return;
    try {
      save();
    } catch (const std::exception&) {
    }
  }

 private:
  UnitBuffer& buffer_of(std::int64_t item) {
    return *buffers_[static_cast<std::size_t>(item) % buffers_.size()];
  }
  Workshop& shop_of(int slot) { return *shops_[static_cast<std::size_t>(slot)]; }

  void save() {
    const auto begin = std::chrono::steady_clock::now();
    result_.regions.flush();
    if (outlines_.bytes() > 0) outlines_.flush();
    if (result_.withheld) result_.withheld->flush();
    if (result_.mask) result_.mask->sync();
    if (result_.score) result_.score->sync();
    StateWriter state(folder_.path() / kScanState);
    state.put(saving_.preface, model_bytes(model_),
              ScanHead{extracted_, result_.regions.bytes(), outlines_.bytes(),
                       result_.withheld ? result_.withheld->bytes() : 0, result_.valid_pixels,
                       result_.changed_pixels, withheld_regions_});
    for (const auto& assembler : assemblers_) assembler->save(state);
    state.commit();
    saved_ = extracted_;
    clock_.saved_since(begin);
  }

  void extract(std::int64_t index, Workshop& shop) {
    UnitBuffer& buffer = buffer_of(index);
    const kernels::Window all = plan_.extract_window(index);
    shop.valid_pixels = shop.changed_pixels = 0;
    for (int y = all.y; y < all.bottom(); y += plan_.tile_height)
      for (int x = all.x; x < all.right(); x += plan_.tile_width)
        extract_tile({x, y, std::min(plan_.tile_width, all.right() - x),
                      std::min(plan_.tile_height, all.bottom() - y)},
                     buffer, shop);
  }

  // Scores as the detector gives them; with a tolerance they need samples of neighbouring units, which were
  // not there when the unit was scored.
  View<const float> raw_scores(const kernels::Window& window, UnitBuffer& buffer, Workshop& shop) {
    const View<float> scored = buffer.scores(window);
    if (plan_.tolerance == 0) return scored;
    const kernels::Window around = kernels::grown(window, plan_.tolerance);
    kernels::tolerant_score(*model_.detector, model_.model,
                            pair_view(plan_, buffer, around, shop.before, shop.after), scored,
                            shop.tolerance);
    return scored;
  }

  void extract_tile(const kernels::Window& tile, UnitBuffer& buffer, Workshop& shop) {
    const kernels::Window apron = kernels::grown(tile, 1);
    shop.smooth.resize(std::max(shop.smooth.size(), static_cast<std::size_t>(apron.pixels())));
    const View<float> smooth{shop.smooth.data(), apron.width, apron.height, apron.width};
    const float nowhere = std::numeric_limits<float>::quiet_NaN();
    kernels::smooth_and_cut(plan_.smoothing,
                            raw_scores(kernels::grown(apron, plan_.smoothing.radius()), buffer, shop),
                            model_.cut.changed ? model_.cut.value : nowhere,
                            result_.score ? kernels::Scores::all : kernels::Scores::changed, smooth,
                            shop.changed, shop.invalid, shop.smooth_scratch);
    const View<float> score = smooth.sub(1, 1, tile.width, tile.height);
    shop.valid_pixels += tile.pixels();
    for (int y = 1; y <= tile.height; ++y) {
      shop.valid_pixels -= kernels::count_bits(shop.invalid.row(y), 1, tile.width);
      shop.changed_pixels += kernels::count_bits(shop.changed.row(y), 1, tile.width);
    }
    write_rasters(tile, score, shop);

    const std::size_t index = shop.tile_count++;
    for (auto& tiles : shop.tiles)
      if (tiles.size() <= index) tiles.emplace_back();
    const auto label = [&](const kernels::BitPlane& changed, std::size_t kind) {
      shop.extractor.extract(
          {tile, plan_.width, &changed, &shop.invalid, score,
           pair_view(plan_, buffer, tile, shop.before, shop.after), model_.fixed_before, model_.fixed_after},
          shop.tiles[kind][index]);
    };
    // Where nothing changed, that is so of each kind.
    if (shop.tiles.size() == 1 || !shop.changed.any()) {
      for (std::size_t kind = 0; kind < shop.tiles.size(); ++kind) label(shop.changed, kind);
      return;
    }
    const kernels::Window seen = kernels::grown(apron, kernels::kKindRadius);
    kernels::find_kinds(plan_.roles, model_.model.normalisation,
                        pair_view(plan_, buffer, seen, shop.before, shop.after),
                        shop.splitter.reach(shop.changed), shop.flags);
    const auto& kinds = shop.splitter.split(shop.flags, shop.changed);
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) label(kinds[kind], kind);
  }

  void write_rasters(const kernels::Window& tile, const View<float>& score, Workshop& shop) {
    if (result_.mask) {
      shop.mask.resize(std::max(shop.mask.size(), static_cast<std::size_t>(tile.pixels())));
      kernels::unpack(shop.changed, shop.invalid, 1, 1,
                      {shop.mask.data(), tile.width, tile.height, tile.width});
      result_.mask->write(tile, reinterpret_cast<const std::byte*>(shop.mask.data()), tile.width);
    }
    if (result_.score)
      result_.score->write(tile, reinterpret_cast<const std::byte*>(score.data),
                           score.stride * static_cast<std::ptrdiff_t>(sizeof(float)));
  }

  void keep(const Region& region) {
    const auto& asked = outputs_.withholding.secret;
    const bool secret = asked && asked(region);
    if (secret) erase(region);
    if (region.stats.pixels < plan_.fewest_pixels && !region.cut) return;
    if (!secret) {
      append(region, result_.regions, result_.order);
      result_.clamped_samples += region.stats.clamped;
      if (outputs_.closed) outputs_.closed(region);
    } else if (result_.withheld) {
      append(region, *result_.withheld, result_.withheld_order);
    }
  }

  void append(const Region& region, Spool& spool, std::vector<RegionKey>& order) {
    record_.clear();
    encode(record_, region, plan_.bands);
    const std::uint64_t offset = spool.append(record_.bytes());
    order.push_back(
        {region.last_row(), static_cast<std::uint32_t>(record_.bytes().size() / 1024), region.id, offset});
    if (record_.bytes().size() > kLargeRecord) record_ = Encoder();
  }

  // As if nothing had been seen there.
  void erase(const Region& region) {
    ++withheld_regions_;
    result_.valid_pixels -= region.stats.pixels;
    result_.changed_pixels -= region.stats.pixels;
    if (!result_.mask && !result_.score) return;
    const auto width = static_cast<std::size_t>(plan_.width);
    const std::vector<std::uint8_t> invalid(result_.mask ? width : 0, kernels::kInvalid);
    const std::vector<float> nowhere(result_.score ? width : 0, std::numeric_limits<float>::quiet_NaN());
    burn(region, [&](int y, int x0, int x1) {
      const kernels::Window span{x0, y, x1 - x0, 1};
      if (result_.mask) result_.mask->write(span, reinterpret_cast<const std::byte*>(invalid.data()), 0);
      if (result_.score) result_.score->write(span, reinterpret_cast<const std::byte*>(nowhere.data()), 0);
    });
  }

  const ScanPlan& plan_;
  const ScanModel& model_;
  ReaderPool& before_;
  ReaderPool& after_;
  ScanResult& result_;
  Spool& outlines_;
  const WorkFolder& folder_;
  const ScanOutputs& outputs_;
  const ScanSaving& saving_;
  Clock clock_;
  std::int64_t start_ = 0;                  // the first unit to extract
  std::int64_t extracted_ = 0, saved_ = 0;  // units committed so far, and those in the state saved last
  std::int64_t withheld_regions_ = 0;
  bool whole_ = true;  // no commit has stopped half way
  UnitFrontier frontier_;
  std::vector<std::unique_ptr<Assembler>> assemblers_;  // one per kind: kinds never join
  Encoder record_;
  std::vector<std::unique_ptr<Workshop>> shops_;
  std::vector<std::unique_ptr<UnitBuffer>> buffers_;
};

}  // namespace

ScanResult scan(const ScanPlan& plan, const ScanModel& model, ReaderPool& before, ReaderPool& after,
                Executor& executor, const WorkFolder& folder, const ScanOutputs& outputs,
                const ScanSaving& saving, std::stop_token stop,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& advance) {
  std::optional<StateReader> state;
  ScanHead head;
  if (saving.resume) {
    state.emplace(folder.path() / kScanState);
    std::vector<std::byte> preface, former;
    state->get(preface, former, head);
    if (former != model_bytes(model))
      throw CannotResume("pixels of the images are not what they were when the run was interrupted");
  }
  ScanResult result = open_files(folder, plan, outputs, saving.resume, head);
  Spool outlines = open_outlines(folder, saving.resume, head);
  Scanner scanner(plan, model, before, after, result, outlines, folder, outputs, saving);
  if (state) scanner.restore(head, *state);

  const std::int64_t first = scanner.first_item();
  if (state && saving.taken_up)
    saving.taken_up(
        scanner.items() == 0 ? 1 : static_cast<double>(first) / static_cast<double>(scanner.items()),
        result.regions.records());
  Pass pass;
  pass.count = scanner.items() - first;
  pass.slots = plan.slots;
  pass.max_fetches = plan.max_fetches;
  pass.fetch = [&](std::int64_t item, int slot) { scanner.fetch(first + item, slot); };
  pass.compute = [&](std::int64_t item, int slot) { scanner.compute(first + item, slot); };
  pass.commit = [&](std::int64_t item, int slot) {
    scanner.commit(first + item, slot);
    advance(first + item + 1, scanner.items(), result.regions.records());
  };
  try {
    executor.run(pass, stop);
  } catch (...) {
    scanner.save_if_possible();
    throw;
  }
  scanner.finish();
  if (std::string note = warn_of_noise({result.valid_pixels, result.changed_pixels, result.closed_regions,
                                        result.outline_edges, result.cut_regions, result.cut_pixels,
                                        plan.smoothing.radius()});
      !note.empty())
    result.notes.push_back(std::move(note));
  return result;
}

}  // namespace tuban
