// SPDX-License-Identifier: Apache-2.0
#include "engine/given.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

#include "engine/io/layer_reader.h"
#include "engine/io/own_result.h"
#include "engine/patch/describe.h"
#include "engine/rules/iso_date.h"
#include "engine/scan/scan_plan.h"

namespace tuban {
namespace {

// Read by one thread, then measured by all.
constexpr std::size_t kBatch = 1024;
constexpr std::int64_t kChunk = 64;
// Of a worker: PROJ's and SQLite's databases, GEOS, and the thread itself; and of what is held of all
// patches.
constexpr std::uint64_t kWorker = 5'000'000, kReserve = 40'000'000, kMegabyte = 1'000'000;

std::string words(const FieldValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  return {};
}

bool blank(const std::string& text) {
  return text.find_first_not_of(' ') == std::string::npos;
}

int worker_slots(const MarkJob& job, int threads) {
  const auto most = static_cast<std::uint64_t>(2 * threads);
  if (job.memory_bytes == 0) return static_cast<int>(most);
  const std::uint64_t fixed = resident_bytes() + kReserve;
  if (job.memory_bytes < fixed + kWorker)
    throw Error(
        ErrorCode::resource,
        fmt::format("--memory {}MB is too little to mark patches; give --memory {}MB",
                    job.memory_bytes / kMegabyte, (fixed + 2 * kWorker) / (10 * kMegabyte) * 10 + 10));
  return static_cast<int>(std::min((job.memory_bytes - fixed) / kWorker, most));
}

void widen(Bounds& bounds, const MultiPolygon& polygons) {
  for (const Polygon& polygon : polygons) {
    for (const Point& p : polygon.rings.front()) {
      if (bounds.empty()) bounds = {p.x, p.y, p.x, p.y};
      bounds = {std::min(bounds.x0, p.x), std::min(bounds.y0, p.y), std::max(bounds.x1, p.x),
                std::max(bounds.y1, p.y)};
    }
  }
}

}  // namespace

GivenPlan::GivenPlan(const MarkJob& job, const Warn& warn)
    : job_(job),
      warn_(warn),
      file_({.path = job.patches, .layer = job.layer, .crs = job.crs, .id_field = job.id_field}),
      types_(job.types_map) {
  find_fields();
  if (!(job.pixel_size > 0) || !std::isfinite(job.pixel_size))
    throw Error(ErrorCode::usage, fmt::format("--pixel-size {} is not a length above 0", job.pixel_size));
  for (const auto& [date, option] :
       {std::pair{&job.before_date, "--before-date"}, {&job.after_date, "--after-date"}})
    if (*date && !is_iso_date(**date))
      throw Error(ErrorCode::usage, fmt::format("{} \"{}\" is no date; expected yyyy-mm-dd", option, **date));
  executor_ = make_executor(job.executor, job.threads);
  slots_ = worker_slots(job, executor_->threads());
  books_ = load_books(job, rule_changes_);
}

void GivenPlan::find_fields() {
  const auto position = [&](const std::string& named, const char* option, std::vector<std::string> usual) {
    return named.empty() ? file_.find(usual) : file_.require(named, option);
  };
  own_result_ = file_.is_own_result();
  fields_.case_id = position(job_.case_field, "--case-field", {"AJBH"});
  fields_.type = position(job_.type_field, "--type-field", {"TBLX"});
  fields_.before = position(job_.before_date_field, "--before-date-field", {"QSX"});
  fields_.after = position(job_.after_date_field, "--after-date-field", {"HSX"});
  if (fields_.type < 0 && !own_result_)
    warn_(fmt::format(
        "{}: it has no field TBLX, so the change types of its patches stay unknown; name one with "
        "--type-field",
        job_.patches));
  if (fields_.after < 0 && !own_result_ && !job_.after_date)
    warn_(
        fmt::format("{}: it has no field HSX, so the dates of its patches stay unknown; name one with "
                    "--after-date-field or give --after-date",
                    job_.patches));
  std::vector<PatchFile::Field> kept;
  for (std::size_t i = 0; i < file_.fields().size(); ++i) {
    if (own_result_ && is_own_column(file_.fields()[i].name)) continue;
    kept_.push_back(static_cast<int>(i));
    kept.push_back(file_.fields()[i]);
  }
  originals_ = OriginalColumns(kept);
}

std::optional<std::string> GivenPlan::date_of(const GivenPatch& given, int field, const char* option) const {
  if (field < 0) return std::nullopt;
  const std::string text = words(given.values[static_cast<std::size_t>(field)]);
  if (blank(text)) return std::nullopt;
  if (auto iso = iso_date(text)) return iso;
  file_.refuse(
      ErrorCode::mismatch,
      fmt::format("patch {} has \"{}\" in the field {}; expected is a date as yyyy-mm-dd, yyyymmdd or "
                  "yyyy/mm/dd; name another field with {}-field or give {}",
                  given.id, text, file_.fields()[static_cast<std::size_t>(field)].name, option, option));
}

Patch GivenPlan::patch_of(const GivenPatchMaker& maker, const GivenPatch& given, bool& repaired) const {
  Patch patch = maker.make(given, repaired);
  if (own_result_)
    for (std::size_t i = 0; i < given.values.size(); ++i)
      take_own_column(file_.fields()[i].name, given.values[i], patch);
  patch.original.clear();
  for (const int field : kept_) patch.original.push_back(given.values[static_cast<std::size_t>(field)]);
  const auto text = [&](int field) {
    return field < 0 ? std::string() : words(given.values[static_cast<std::size_t>(field)]);
  };
  if (const std::string id = text(fields_.case_id); !blank(id)) patch.case_id = id;
  if (const std::string type = text(fields_.type); !blank(type)) {
    patch.change_type = types_.code_of(type);
    patch.construction_like = patch.change_type >= "C10" && patch.change_type <= "C17";
    patch.earthwork_like =
        patch.change_type == "C11" || patch.change_type == "C30" || patch.change_type == "C31";
  }
  if (job_.before_date || fields_.before >= 0)
    patch.before_date = job_.before_date ? job_.before_date : date_of(given, fields_.before, "--before-date");
  if (job_.after_date || fields_.after >= 0)
    patch.after_date = job_.after_date ? job_.after_date : date_of(given, fields_.after, "--after-date");
  return patch;
}

RecordFile GivenPlan::read(const WorkFolder& folder, std::stop_token stop, const Advance& advance) {
  struct Slot {
    std::unique_ptr<GivenPatchMaker> maker;
    std::vector<Encoder> records;
  };
  struct Made {
    Bounds bounds;
    bool repaired = false, shapeless = false, unknown_type = false;
  };
  RecordFile patches{Spool(folder.path() / "patches.spool"), {}};
  const Earth earth(file_.crs());
  const std::int64_t expected = file_.count();
  std::unordered_set<std::string> ids;
  std::set<std::string> odd_types;
  std::int64_t shapeless = 0, odd = 0;
  std::string first_shapeless, first_repaired;
  std::vector<GivenPatch> batch;
  std::vector<Made> made;
  std::vector<Slot> slots(static_cast<std::size_t>(slots_));

  const auto measure = [&] {
    made.assign(batch.size(), {});
    Pass pass;
    pass.count = (static_cast<std::int64_t>(batch.size()) + kChunk - 1) / kChunk;
    pass.slots = slots_;
    pass.compute = [&](std::int64_t chunk, int index) {
      Slot& slot = slots[static_cast<std::size_t>(index)];
      if (!slot.maker) slot.maker = std::make_unique<GivenPatchMaker>(earth, job_.patches);
      const auto first = static_cast<std::size_t>(chunk * kChunk);
      for (std::size_t i = first; i < std::min(first + kChunk, batch.size()); ++i) {
        Made& one = made[i];
        const Patch patch = patch_of(*slot.maker, batch[i], one.repaired);
        widen(one.bounds, patch.geometry);
        one.shapeless = patch.geometry.empty();
        one.unknown_type = fields_.type >= 0 && patch.change_type.empty();
        encode(slot.records.emplace_back(), patch);
      }
    };
    pass.commit = [&](std::int64_t, int index) {
      Slot& slot = slots[static_cast<std::size_t>(index)];
      for (const Encoder& record : slot.records)
        patches.offsets.push_back(patches.spool.append(record.bytes()));
      slot.records.clear();
    };
    executor_->run(pass, stop);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Made& one = made[i];
      if (one.repaired && repaired_++ == 0) first_repaired = batch[i].id;
      if (one.shapeless && shapeless++ == 0) first_shapeless = batch[i].id;
      if (one.unknown_type) {
        ++odd;
        odd_types.insert(words(batch[i].values[static_cast<std::size_t>(fields_.type)]));
      }
      if (one.bounds.empty()) continue;
      if (bounds_.empty()) bounds_ = one.bounds;
      bounds_ = {std::min(bounds_.x0, one.bounds.x0), std::min(bounds_.y0, one.bounds.y0),
                 std::max(bounds_.x1, one.bounds.x1), std::max(bounds_.y1, one.bounds.y1)};
    }
    batch.clear();
    if (expected > 0) advance(static_cast<double>(patches.offsets.size()) / static_cast<double>(expected));
  };

  while (auto given = file_.next()) {
    if (!ids.insert(given->id).second)
      file_.refuse(
          ErrorCode::mismatch,
          fmt::format("two patches have the id \"{}\" in the field {}; ids must differ, name another "
                      "field with --id-field",
                      given->id, file_.id_name()));
    batch.push_back(std::move(*given));
    if (batch.size() == kBatch) measure();
  }
  measure();
  patches.spool.flush();
  const auto all = static_cast<std::int64_t>(patches.offsets.size());
  tell(all, shapeless, first_shapeless, first_repaired);
  if (odd > 0) {
    std::vector<std::string> some;
    for (const std::string& type : odd_types)
      if (some.size() < 5) some.push_back('"' + type + '"');
    warn_(
        fmt::format("{}: the map of types ({}) does not know {}{}: the change type of {} of {} patches stays "
                    "unknown; give a map with --types-map",
                    job_.patches, types_.source(), fmt::join(some, ", "),
                    odd_types.size() > some.size() ? " and others" : "", odd, all));
  }
  return patches;
}

void GivenPlan::tell(std::int64_t patches, std::int64_t shapeless, const std::string& first_shapeless,
                     const std::string& first_repaired) const {
  if (repaired_ > 0)
    warn_(fmt::format("{}: {} of {} patches were invalid and were repaired, the first is patch {}",
                      job_.patches, repaired_, patches, first_repaired));
  if (shapeless > 0)
    warn_(fmt::format("{}: {} of {} patches have no ground, so nothing is known of it, the first is patch {}",
                      job_.patches, shapeless, patches, first_shapeless));
}

void GivenPlan::place() {
  grid_.crs = file_.crs();
  const Earth earth(grid_.crs);
  const Bounds b = bounds_.empty() ? Bounds{0, 0, 0, 0} : bounds_;
  const Point metres =
      bounds_.empty() ? Point{1, 1} : earth.metres_per_unit({(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2});
  const double x = job_.pixel_size / metres.x, y = job_.pixel_size / metres.y;
  const double width = std::ceil((b.x1 - b.x0) / x) + 1, height = std::ceil((b.y1 - b.y0) / y) + 1;
  if (std::max(width, height) > std::numeric_limits<int>::max())
    throw Error(ErrorCode::usage,
                fmt::format("--pixel-size {} is too small for ground of {:.0f} by {:.0f} m", job_.pixel_size,
                            (b.x1 - b.x0) * metres.x, (b.y1 - b.y0) * metres.y));
  grid_.width = static_cast<int>(width);
  grid_.height = static_cast<int>(height);
  grid_.transform = {b.x0, x, 0, b.y1, 0, -y};
  layers_ = load_layers(job_, grid_, warn_);
  warn_of_missing(*books_, *layers_, warn_);
}

Marking GivenPlan::marking() const {
  return {job_, grid_, layers_, books_, *executor_, slots_, filter_, {}, 0, originals_.columns(), true};
}

}  // namespace tuban
