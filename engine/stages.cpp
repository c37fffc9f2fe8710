// SPDX-License-Identifier: Apache-2.0
#include "engine/stages.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/patch/simplify.h"
#include "engine/rules/mark.h"
#include "engine/scan/burn.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::int64_t kChunk = 64;
constexpr std::uint64_t kChunkBytes = 1 << 20;
constexpr int kRasterRows = 512;
// Patches marked together: so many vertices, and one patch more.
constexpr std::size_t kGroupVertices = std::size_t{1} << 17;

// Chunks in flight: each slot holds databases of its own, so no more of them than there are chunks.
std::size_t chunk_slots(int most, std::size_t count) {
  const std::size_t chunks = count / static_cast<std::size_t>(kChunk) + 1;
  return std::min(chunks, static_cast<std::size_t>(most));
}

// Where chunks of begin .. end-1 begin, and the end, so that none has many vertices beside others: a giant
// region counts as much as thousands of small ones.
std::vector<std::size_t> chunk_starts(std::size_t begin, std::size_t end,
                                      const std::function<std::uint64_t(std::size_t)>& bytes_of) {
  std::vector<std::size_t> starts{begin};
  std::uint64_t bytes = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t count = i - starts.back();
    if (count > 0 && (count >= static_cast<std::size_t>(kChunk) || bytes >= kChunkBytes)) {
      starts.push_back(i);
      bytes = 0;
    }
    bytes += bytes_of(i);
  }
  if (begin < end) starts.push_back(end);
  return starts;
}

std::vector<std::size_t> chunk_starts(const RecordFile& file, std::size_t begin = 0) {
  return chunk_starts(begin, file.offsets.size(), [&](std::size_t i) {
    const bool last = i + 1 == file.offsets.size();
    return (last ? file.spool.bytes() : file.offsets[i + 1]) - file.offsets[i];
  });
}

// Runs `work(first, last, slot)` over chunks in parallel and `commit(slot)` in order.
void in_chunks(Executor& executor, const std::vector<std::size_t>& starts, int slots, std::stop_token stop,
               const Advance& advance, const std::function<void(std::size_t, std::size_t, int)>& work,
               const std::function<void(int)>& commit) {
  Pass pass;
  pass.count = static_cast<std::int64_t>(starts.size()) - 1;
  pass.slots = slots;
  pass.compute = [&](std::int64_t item, int slot) {
    const auto chunk = static_cast<std::size_t>(item);
    work(starts[chunk], starts[chunk + 1], slot);
  };
  pass.commit = [&](std::int64_t item, int slot) {
    commit(slot);
    advance(static_cast<double>(item + 1) / static_cast<double>(pass.count));
  };
  executor.run(pass, stop);
}

// Records are complete, in order and the same in every run of a job, so what an interrupted run has appended
// needs no checkpoint of its own.
RecordFile take_up(const std::filesystem::path& path) {
  std::vector<std::uint64_t> offsets;
  Spool spool = Spool::take_up(
      path, [&](std::uint64_t offset, std::span<const std::byte>) { offsets.push_back(offset); });
  return {std::move(spool), std::move(offsets)};
}

Region read_region(const ScanResult& regions, std::size_t index, int bands) {
  const std::vector<std::byte> record = regions.regions.read(regions.order[index].offset);
  Decoder decoder(record);
  return decode_region(decoder, bands);
}

template <typename T>
T decode_record(const Spool& spool, std::uint64_t offset, T (*decode)(Decoder&)) {
  const std::vector<std::byte> record = spool.read(offset);
  Decoder decoder(record);
  return decode(decoder);
}

std::size_t vertex_count(const MultiPolygon& geometry) {
  std::size_t count = 0;
  for (const Polygon& polygon : geometry)
    for (const Ring& ring : polygon.rings) count += ring.size();
  return count;
}

// Everything that rules say of a patch, those on several patches included.
Marks settled_marks(const MarkFile& file, std::size_t index, const Patch& patch) {
  Marks marks = decode_record<Marks>(file.marks.spool, file.marks.offsets[index], decode_marks);
  if (file.groups) file.groups->tell(index, patch, marks);
  settle(marks);
  return marks;
}

MarkedPatch marked_patch(const PatchRow& row) {
  const Marks& marks = row.marks;
  return {row.patch, row.rank, marks.severity, marks.marks, marks.findings, marks.overlaps, marks.pieces};
}

// Patches are decoded, simplified and encoded side by side while the sink (may be null) and the host, one
// thread at a time, take them in their order: the pass's slots are the queue in front of them.
void write_patches(const Marking& how, const RecordFile& patches, const MarkFile& marks, PatchSink* sink,
                   std::stop_token stop, const Advance& advance) {
  struct Slot {
    std::unique_ptr<Simplifier> simplifier;
    std::vector<PatchRow> rows;
    std::vector<MarkedPatch> received;
  };
  if (patches.offsets.empty()) return;
  std::vector<Slot> slots(chunk_slots(how.slots, patches.offsets.size()));
  in_chunks(
      how.executor, chunk_starts(patches), static_cast<int>(slots.size()), stop, advance,
      [&](std::size_t first, std::size_t last, int index) {
        Slot& slot = slots[static_cast<std::size_t>(index)];
        for (std::size_t i = first; i < last; ++i) {
          if (marks.ranks.of[i] == 0) continue;
          PatchRow& row = slot.rows.emplace_back();
          row.patch = decode_record<Patch>(patches.spool, patches.offsets[i], decode_patch);
          row.marks = settled_marks(marks, i, row.patch);
          row.rank = marks.ranks.of[i];
          // Only here: rules have measured the exact outline.
          if (how.simplify > 0) {
            if (!slot.simplifier) slot.simplifier = std::make_unique<Simplifier>();
            row.patch.geometry = slot.simplifier->simplify(row.patch.geometry, how.simplify);
          }
          if (how.receive) slot.received.push_back(marked_patch(row));
          if (sink != nullptr) sink->encode(row);
        }
      },
      [&](int index) {
        Slot& slot = slots[static_cast<std::size_t>(index)];
        if (sink != nullptr) sink->write(slot.rows);
        slot.rows.clear();
        for (MarkedPatch& patch : slot.received) how.receive(std::move(patch));
        slot.received.clear();
      });
}

// Calls `take(y, count, samples)`; a sample of T is one of the raster's.
template <typename T, typename Take>
void each_rows(const WorkRaster& from, std::stop_token stop, const Take& take) {
  const auto row =
      static_cast<std::size_t>(from.width()) * static_cast<std::size_t>(from.sample_bytes()) / sizeof(T);
  std::vector<T> rows(row * kRasterRows);
  for (int y = 0; y < from.height(); y += kRasterRows) {
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the run was stopped on request");
    const int count = std::min(kRasterRows, from.height() - y);
    from.read_rows(y, count, reinterpret_cast<std::byte*>(rows.data()));
    take(y, count, std::span<const T>(rows.data(), row * static_cast<std::size_t>(count)));
  }
}

void copy_rows(const WorkRaster& from, RasterSink& to, std::stop_token stop) {
  each_rows<std::byte>(from, std::move(stop), [&](int y, int count, std::span<const std::byte> bytes) {
    const auto row_bytes = static_cast<int>(bytes.size() / static_cast<std::size_t>(count));
    to.write_rows(y, {bytes.data(), row_bytes, count, row_bytes});
  });
}

template <typename T>
void hand_over(const WorkRaster& from, const std::function<void(const RasterRows<T>&)>& receive,
               std::stop_token stop) {
  if (!receive) return;
  each_rows<T>(from, std::move(stop), [&](int y, int count, std::span<const T> samples) {
    receive({y, count, samples, from.height()});
  });
}

// The mask of the patches reported: of the traced one invalid pixels stay, changed ones are burned anew. A
// raster of its own: a run that is interrupted here is resumed with the traced one.
WorkRaster burn_reported(const Plan& plan, const ScanResult& regions, const RecordFile& patches,
                         const Ranks& ranks, const WorkFolder& folder, std::stop_token stop) {
  const WorkRaster& traced = *regions.mask;
  const auto path = folder.path() / "patch_mask.raw";
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  WorkRaster mask(path, traced.width(), traced.height(), 1);
  const auto width = static_cast<std::size_t>(mask.width());
  std::vector<std::byte> rows(width * kRasterRows);
  for (int y = 0; y < mask.height(); y += kRasterRows) {
    const int count = std::min(kRasterRows, mask.height() - y);
    traced.read_rows(y, count, rows.data());
    std::replace(rows.begin(), rows.end(), std::byte{kernels::kChanged}, std::byte{kernels::kUnchanged});
    mask.write({0, y, mask.width(), count}, rows.data(), mask.width());
  }
  const std::vector<std::byte> ones(width, std::byte{kernels::kChanged});
  auto region = regions.order.begin();
  for (std::size_t i = 0; i < patches.offsets.size(); ++i) {
    if (ranks.of[i] == 0) continue;
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the run was stopped on request");
    const Patch patch = decode_record<Patch>(patches.spool, patches.offsets[i], decode_patch);
    while (region->id != patch.region_id) ++region;  // both are in row order
    const std::vector<std::byte> record = regions.regions.read(region->offset);
    Decoder decoder(record);
    burn(decode_region(decoder, plan.scan.bands), [&](int y, int x0, int x1) {
      mask.write({x0, y, x1 - x0, 1}, ones.data(), 0);
    });
  }
  return mask;
}

/// To the host, and to the table where the job asks for one: else nothing is returned.
std::unique_ptr<PatchSink> write_table(const Marking& how, const LineageFile& patches, const MarkFile& marks,
                                       std::stop_token stop, const Advance& advance) {
  std::unique_ptr<PatchSink> sink;
  if (!how.job.output.empty()) sink = make_patch_sink(how.job, how.grid, false, how.originals);
  if (sink || how.receive) write_patches(how, patches, marks, sink.get(), stop, advance);
  if (sink) sink->write_gone(patches.gone);
  return sink;
}

RankKey rank_key(const Patch& patch, const Marks& marks) {
  const auto known = [](double value) { return std::isnan(value) ? 0 : value; };
  return {marks.severity,
          patch.change_type,
          known(patch.confidence),
          known(patch.score_mean),
          patch.area_m2.value_or(static_cast<double>(patch.area_px)),
          patch.area_px,
          static_cast<std::int64_t>(marks.findings.size())};
}

}  // namespace

DescribeContext context_of(const Plan& plan, const ScanModel& model) {
  DescribeContext context = plan.describe;
  context.fixed_before = model.fixed_before;
  context.fixed_after = model.fixed_after;
  context.normalisation = model.model.normalisation;
  context.cut = static_cast<double>(model.cut.value);
  if (plan.job.hysteresis > 1) context.least_score_max = plan.job.hysteresis * context.cut;
  return context;
}

RecordFile describe(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                    const WorkFolder& folder, std::stop_token stop, const Advance& advance) {
  const DescribeContext context = context_of(plan, model);

  struct Slot {
    std::unique_ptr<Describer> describer;
    std::vector<Encoder> records;
  };
  std::vector<Slot> slots(chunk_slots(plan.scan.patch_slots, regions.order.size()));
  RecordFile patches = take_up(folder.path() / "patches.spool");
  std::size_t begin = 0;  // behind the region of the last patch that an interrupted run has described
  if (!patches.offsets.empty()) {
    const Patch last = decode_record<Patch>(patches.spool, patches.offsets.back(), decode_patch);
    while (regions.order[begin++].id != last.region_id) {
    }
  }
  in_chunks(
      *plan.executor,
      chunk_starts(begin, regions.order.size(),
                   [&](std::size_t i) { return std::uint64_t{regions.order[i].kilobytes} * 1024; }),
      static_cast<int>(slots.size()), stop, advance,
      [&](std::size_t first, std::size_t last, int index) {
        Slot& slot = slots[static_cast<std::size_t>(index)];
        if (!slot.describer) slot.describer = std::make_unique<Describer>(context);
        slot.records.clear();
        for (std::size_t i = first; i < last; ++i)
          if (const auto patch = slot.describer->describe(read_region(regions, i, plan.scan.bands)))
            encode(slot.records.emplace_back(), *patch);
      },
      [&](int index) {
        Slot& slot = slots[static_cast<std::size_t>(index)];
        for (const Encoder& record : slot.records)
          patches.offsets.push_back(patches.spool.append(record.bytes()));
        slot.records.clear();
      });
  patches.spool.flush();
  return patches;
}

std::function<void(const Region&)> describing(const Plan& plan, const ScanModel& model,
                                              const std::function<void(const Patch&)>& closed) {
  if (!closed) return {};
  const auto describer = std::make_shared<Describer>(context_of(plan, model));
  return [describer, &closed](const Region& region) {
    if (const auto patch = describer->describe(region)) closed(*patch);
  };
}

Marking marking_of(const Plan& plan, const ScanResult& regions, const Receiver& receiver) {
  const double ground = plan.pixel_area_m2 * static_cast<double>(regions.valid_pixels);
  return {plan.job,
          plan.describe.grid,
          plan.layers,
          plan.books,
          *plan.executor,
          plan.scan.patch_slots,
          plan.filter,
          {regions.valid_pixels, ground},
          plan.job.simplify,
          {},
          false,
          &plan.previous,
          receiver.patch};
}

MarkFile mark(const Marking& how, const RecordFile& patches, const WorkFolder& folder, std::stop_token stop,
              const Advance& advance) {
  struct Slot {
    std::unique_ptr<Marker> marker;
    std::vector<Encoder> records;
    std::vector<RankKey> keys;
    std::vector<std::pair<Patch, std::vector<Membership>>> counting;  // without geometry
  };
  std::vector<Slot> slots(chunk_slots(how.slots, patches.offsets.size()));
  MarkFile file{take_up(folder.path() / "marks.spool"), {}, {}};
  const auto groups = std::make_shared<GroupJudge>(how.layers, how.books, how.grid, how.overlapping);
  const auto patch_at = [&](std::size_t index) {
    return decode_record<Patch>(patches.spool, patches.offsets.at(index), decode_patch);
  };
  const std::size_t begin = file.marks.offsets.size();  // the first patch that no run has marked
  std::vector<RankKey> keys;
  for (std::size_t i = 0; i < begin; ++i) {
    const Patch patch = patch_at(i);
    Marks marks = decode_record<Marks>(file.marks.spool, file.marks.offsets[i], decode_marks);
    groups->add(i, patch, marks.memberships);
    settle(marks);
    keys.push_back(rank_key(patch, marks));
  }
  in_chunks(
      how.executor, chunk_starts(patches, begin), static_cast<int>(slots.size()), stop, advance,
      [&](std::size_t first, std::size_t last, int index) {
        Slot& slot = slots[static_cast<std::size_t>(index)];
        if (!slot.marker) slot.marker = std::make_unique<Marker>(how.layers, how.books);
        slot.records.clear();
        slot.keys.clear();
        slot.counting.clear();
        for (std::size_t i = first; i < last;) {
          std::vector<Patch> group;
          for (std::size_t vertices = 0; i < last && vertices < kGroupVertices; ++i) {
            group.push_back(patch_at(i));
            vertices += vertex_count(group.back().geometry);
          }
          std::vector<Marks> marks = slot.marker->judge(group);
          for (std::size_t k = 0; k < group.size(); ++k) {
            encode(slot.records.emplace_back(), marks[k]);
            settle(marks[k]);
            slot.keys.push_back(rank_key(group[k], marks[k]));
            group[k].geometry = {};
            if (groups->any())
              slot.counting.emplace_back(std::move(group[k]), std::move(marks[k].memberships));
          }
        }
      },
      [&](int index) {
        Slot& slot = slots[static_cast<std::size_t>(index)];
        for (std::size_t i = 0; i < slot.counting.size(); ++i)
          groups->add(keys.size() + i, slot.counting[i].first, slot.counting[i].second);
        for (const Encoder& record : slot.records)
          file.marks.offsets.push_back(file.marks.spool.append(record.bytes()));
        keys.insert(keys.end(), slot.keys.begin(), slot.keys.end());
      });
  file.marks.spool.flush();
  groups->judge(patch_at, stop);
  file.groups = groups;
  for (const std::size_t i : groups->found()) {
    const Patch patch = patch_at(i);
    keys[i] = rank_key(patch, settled_marks(file, i, patch));
  }
  file.ranks = rank_patches(keys, how.filter, how.valid);
  return file;
}

void emit(const Plan& plan, const ScanResult& regions, const LineageFile& patches, const MarkFile& marks,
          const std::string& manifest, Output* also, const WorkFolder& folder, const Receiver& receiver,
          const std::function<void()>& publishing, std::stop_token stop, const Advance& advance) {
  const Job& job = plan.job;
  const Grid& grid = plan.describe.grid;
  std::vector<std::unique_ptr<RasterSink>> rasters;
  const auto add_raster = [&](const std::string& path, kernels::SampleType type, const char* description,
                              const WorkRaster& from) {
    if (path.empty()) return;
    rasters.push_back(make_raster_sink(path, grid, type, description, job.overwrite));
    copy_rows(from, *rasters.back(), stop);
  };
  if (regions.score) {
    add_raster(job.score_path, kernels::SampleType::float32, "change score", *regions.score);
    hand_over(*regions.score, receiver.score, stop);
  }
  if (regions.mask) {
    add_raster(job.mask_path, kernels::SampleType::uint8, "change mask", *regions.mask);
    hand_over(*regions.mask, receiver.mask, stop);
  }
  if (!job.patch_mask_path.empty() || receiver.patch_mask) {
    const WorkRaster mask = burn_reported(plan, regions, patches, marks.ranks, folder, stop);
    add_raster(job.patch_mask_path, kernels::SampleType::uint8, "patch mask", mask);
    hand_over(mask, receiver.patch_mask, stop);
  }
  const auto sink = write_table(marking_of(plan, regions, receiver), patches, marks, stop, advance);
  // All that can run out of space comes before the first rename, and the table of patches, the result to
  // others, gets its name last.
  for (const auto& raster : rasters) raster->prepare();
  if (sink) sink->prepare(manifest);
  publishing();
  std::vector<Output*> outputs;
  if (also != nullptr) outputs.push_back(also);
  for (const auto& raster : rasters) outputs.push_back(raster.get());
  if (sink) outputs.push_back(sink.get());
  publish_all(outputs);
  advance(1);
}

void emit(const Marking& how, const LineageFile& patches, const MarkFile& marks, const std::string& manifest,
          Output* also, std::stop_token stop, const Advance& advance) {
  const auto sink = write_table(how, patches, marks, stop, advance);
  if (sink) sink->prepare(manifest);
  std::vector<Output*> outputs;
  if (also != nullptr) outputs.push_back(also);
  if (sink) outputs.push_back(sink.get());
  publish_all(outputs);
  advance(1);
}

}  // namespace tuban
