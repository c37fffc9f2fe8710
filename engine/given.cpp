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

#include "engine/given_batches.h"
#include "engine/io/layer_reader.h"
#include "engine/io/own_result.h"
#include "engine/lineage.h"
#include "engine/patch/describe.h"
#include "engine/rules/iso_date.h"
#include "engine/rules/secrecy.h"
#include "engine/scan/scan_plan.h"

namespace tuban {
namespace {

constexpr std::size_t kMostTypesTold = 5;
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

void widen(Bounds& bounds, const Bounds& by) {
  if (by.empty()) return;
  if (bounds.empty()) bounds = by;
  bounds = {std::min(bounds.x0, by.x0), std::min(bounds.y0, by.y0), std::max(bounds.x1, by.x1),
            std::max(bounds.y1, by.y1)};
}

void widen(Bounds& bounds, const MultiPolygon& polygons) {
  for (const Polygon& polygon : polygons)
    for (const Point& p : polygon.rings.front()) widen(bounds, Bounds{p.x, p.y, p.x, p.y});
}

Patch read_patch(const Spool& spool, std::uint64_t offset) {
  const std::vector<std::byte> record = spool.read(offset);
  Decoder decoder(record);
  return decode_patch(decoder);
}

}  // namespace

GivenPlan::GivenPlan(const MarkJob& job, const Warn& warn)
    : job_(job),
      warn_(warn),
      file_({.path = job.patches,
             .layer = job.layer,
             .crs = job.crs,
             .id_field = job.id_field,
             .discreet = declares_secret_ground(job)}),
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
  previous_ = open_previous(job, file_.crs());
}

void GivenPlan::find_fields() {
  const auto position = [&](const std::string& named, const char* option, std::vector<std::string> usual) {
    if (!named.empty()) return file_.require(named, option);
    return own_result_ ? -1 : file_.find(usual);  // the columns of a result say it all
  };
  own_result_ = file_.is_own_result();
  if (own_result_) extras_ = read_own_extras(job_.patches);
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
  file_.refuse(ErrorCode::mismatch,
               fmt::format("{} has {} in the field {}; expected is a date as yyyy-mm-dd, yyyymmdd or "
                           "yyyy/mm/dd; name another field with {}-field or give {}",
                           patch_in_words(given.id, file_.discreet()),
                           file_.discreet() ? "no date" : fmt::format("\"{}\"", text),
                           file_.fields()[static_cast<std::size_t>(field)].name, option, option));
}

Patch GivenPlan::patch_of(const GivenPatchMaker& maker, const GivenPatch& given, bool& repaired) const {
  Patch patch = maker.make(given, repaired);
  if (own_result_)
    for (std::size_t i = 0; i < given.values.size(); ++i)
      take_own_column(file_.fields()[i].name, given.values[i], patch);
  if (own_result_) {
    patch.registration_px = extras_.registration_px;
    if (const auto known = extras_.spectra.find(given.id); known != extras_.spectra.end())
      patch.spectra = known->second;
  }
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
  struct Made {
    Encoder record;
    Bounds bounds;
    Odd odd;
  };
  const std::filesystem::path path = folder.path() / "patches.spool";
  RecordFile patches{Spool(path), {}};
  // Some may turn out to be secret, and nothing of them may outlive the run, even one that is killed.
  if (declares_secret_ground(job_)) std::filesystem::remove(path);
  const std::int64_t expected = file_.count();
  std::unordered_set<std::string> ids;
  each_given(
      file_, Earth(file_.crs()), job_.patches, *executor_, slots_, stop,
      [&](const GivenPatchMaker& maker, const GivenPatch& given) {
        Made one;
        const Patch patch = patch_of(maker, given, one.odd.repaired);
        widen(one.bounds, patch.geometry);
        one.odd.shapeless = patch.geometry.empty();
        if (fields_.type >= 0 && patch.change_type.empty()) {
          one.odd.unknown_type = true;
          one.odd.type = words(given.values[static_cast<std::size_t>(fields_.type)]);
        }
        encode(one.record, patch);
        return one;
      },
      [&](const GivenPatch& given, Made&& one) {
        if (!ids.insert(given.id).second) file_.refuse_repeated(given.id);
        if (one.odd.repaired || one.odd.shapeless || one.odd.unknown_type) {
          one.odd.id = given.id;
          one.odd.index = patches.offsets.size();
          odd_.push_back(std::move(one.odd));
        }
        widen(bounds_, one.bounds);
        patches.offsets.push_back(patches.spool.append(one.record.bytes()));
        if (expected > 0)
          advance(static_cast<double>(patches.offsets.size()) / static_cast<double>(expected));
      });
  patches.spool.flush();
  place();
  keep_back(patches);
  tell(static_cast<std::int64_t>(patches.offsets.size()));
  return patches;
}

void GivenPlan::keep_back(RecordFile& patches) {
  const SecretGround secret(layers_);
  if (!job_.military_register.empty() && !secret.any())
    throw Error(
        ErrorCode::usage,
        "--military-register is for patches that meet a layer of role military, and --layers names none");
  if (!secret.any()) return;
  std::vector<std::uint64_t> open;
  std::vector<bool> kept(patches.offsets.size());
  for (std::size_t i = 0; i < patches.offsets.size(); ++i) {
    const Patch patch = read_patch(patches.spool, patches.offsets[i]);
    Bounds bounds;
    widen(bounds, patch.geometry);
    kept[i] = bounds.empty() || !secret.near(bounds) || !secret.meets(patch.geometry);
    (kept[i] ? open : withheld_).push_back(patches.offsets[i]);
  }
  patches.offsets = std::move(open);
  std::erase_if(odd_, [&](const Odd& one) { return !kept[one.index]; });
}

std::unique_ptr<Output> GivenPlan::write_register(const RecordFile& patches,
                                                  const std::string& manifest) const {
  if (job_.military_register.empty()) return nullptr;
  auto sink = make_patch_sink(register_job(job_), grid_, true, originals_.columns());
  std::int64_t rank = 0;
  for (const std::uint64_t offset : withheld_) {
    PatchRow row;
    row.patch = read_patch(patches.spool, offset);
    row.rank = ++rank;
    sink->encode(row);
    sink->write({&row, 1});
  }
  sink->prepare(manifest);
  return sink;
}

void GivenPlan::tell(std::int64_t patches) {
  std::int64_t shapeless = 0, unknown = 0;
  std::string first_repaired, first_shapeless;
  std::set<std::string> types;
  for (const Odd& one : odd_) {
    if (one.repaired && repaired_++ == 0) first_repaired = one.id;
    if (one.shapeless && shapeless++ == 0) first_shapeless = one.id;
    if (!one.unknown_type) continue;
    ++unknown;
    types.insert(fmt::format("\"{}\"", one.type));
  }
  if (repaired_ > 0)
    warn_(fmt::format("{}: {} of {} patches were invalid and were repaired, the first is patch {}",
                      job_.patches, repaired_, patches, first_repaired));
  if (shapeless > 0)
    warn_(fmt::format("{}: {} of {} patches have no ground, so nothing is known of it, the first is patch {}",
                      job_.patches, shapeless, patches, first_shapeless));
  if (unknown == 0) return;
  const auto end =
      std::next(types.begin(), static_cast<std::ptrdiff_t>(std::min(kMostTypesTold, types.size())));
  warn_(
      fmt::format("{}: the map of types ({}) does not know {}{}: the change type of {} of {} patches stays "
                  "unknown; give a map with --types-map",
                  job_.patches, types_.source(), fmt::join(types.begin(), end, ", "),
                  end == types.end() ? "" : " and others", unknown, patches));
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

Marking GivenPlan::marking(const Receiver& receiver) const {
  return {job_, grid_,      layers_,       books_, *executor_, slots_, filter_, {}, 0, originals_.columns(),
          true, &previous_, receiver.patch};
}

}  // namespace tuban
