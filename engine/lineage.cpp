// SPDX-License-Identifier: Apache-2.0
#include "engine/lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "engine/given_batches.h"
#include "engine/io/layer_reader.h"
#include "engine/patch/describe.h"
#include "engine/rules/lineage.h"
#include "engine/rules/secrecy.h"
#include "engine/scan/passwords.h"

namespace tuban {
namespace {

constexpr std::size_t kChunk = 16;

std::string text_of(const GivenPatch& given, int field) {
  if (field < 0) return {};
  const FieldValue& value = given.values[static_cast<std::size_t>(field)];
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return {};
}

std::string date_text(const GivenPatch& given, int field) {
  return iso_date(text_of(given, field)).value_or("");
}

/// What of an earlier patch stands in its file.
struct Read {
  EarlierPatch patch;
  std::string date;
  MultiPolygon shape;
  bool repaired = false;
};

/// Patches of one file that had to be repaired.
struct Mended {
  std::string path;
  std::size_t all = 0;
  std::vector<std::size_t> patches;  ///< their positions
};

Mended read_batch(PatchFile& file, const std::string& path, const Marking& how, const Earth& earth,
                  EarlierGround& ground, std::stop_token stop) {
  const bool own = file.is_own_result();
  const int lineage = own ? file.find({"lineage_id"}) : -1;
  const int seen = own ? file.find({"first_seen_date"}) : -1;
  const int severity = own ? file.find({"severity"}) : -1;
  const int after = file.find({"after_date", "HSX"});
  EarlierBatch batch{hide_passwords(std::filesystem::path(path).filename().string()), std::nullopt,
                     severity >= 0};
  ground.add_batch(batch);
  Mended mended{path, 0, {}};
  std::string date;
  each_given(
      file, earth, path, how.executor, how.slots, stop,
      [&](const GivenPatchMaker& maker, const GivenPatch& given) {
        Read one;
        Patch patch = maker.make(given, one.repaired);
        one.patch.id = given.id;
        one.patch.lineage_id = text_of(given, lineage);
        one.patch.first_seen = date_text(given, seen);
        one.patch.severity = text_of(given, severity);
        one.patch.area_m2 = patch.area_m2.value_or(0);
        one.date = date_text(given, after);
        one.shape = std::move(patch.geometry);
        return one;
      },
      [&](const GivenPatch& given, Read&& one) {
        ++mended.all;
        if (one.repaired) mended.patches.push_back(ground.patches().size());
        date = std::max(date, one.date);
        if (one.patch.lineage_id.empty()) one.patch.lineage_id = given.id;
        if (one.patch.first_seen.empty()) one.patch.first_seen = one.date;
        ground.add(std::move(one.patch), one.shape);
      });
  if (!date.empty()) ground.date_batch(date);
  return mended;
}

/// Earlier patches on secret ground are no more spoken of than those of today, and may lie far from them.
void keep_back(EarlierGround& ground, const Marking& how) {
  Bounds b;
  for (const EarlierPatch& one : ground.patches()) {
    if (one.bounds.empty()) continue;
    if (b.empty()) b = one.bounds;
    b = {std::min(b.x0, one.bounds.x0), std::min(b.y0, one.bounds.y0), std::max(b.x1, one.bounds.x1),
         std::max(b.y1, one.bounds.y1)};
  }
  if (b.empty()) return;
  Grid around;
  around.crs = how.grid.crs;
  around.width = around.height = 1;
  around.transform = {b.x0, b.x1 - b.x0, 0, b.y1, 0, b.y0 - b.y1};
  const SecretGround secret(load_secret_ground(how.job, around));
  ground.withhold([&](const Bounds& bounds, const MultiPolygon& shape) {
    return secret.near(bounds) && secret.meets(shape);
  });
}

/// One sentence per file.
void tell_mended(const std::vector<Mended>& files, const EarlierGround& ground,
                 const std::function<void(const std::string&)>& warn) {
  for (const Mended& file : files) {
    const auto open = [&](std::size_t i) { return !ground.patches()[i].withheld; };
    const auto first = std::find_if(file.patches.begin(), file.patches.end(), open);
    if (first == file.patches.end()) continue;
    warn(fmt::format("{}: {} of {} patches were invalid and were repaired, the first is patch {}", file.path,
                     std::count_if(first, file.patches.end(), open), file.all, ground.patches()[*first].id));
  }
}

/// The oldest first: by date where every batch tells one, else as they were given.
std::vector<std::size_t> oldest_first(const PreviousFiles& files) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < files.size(); ++i) order.push_back(i);
  const bool dated =
      std::all_of(files.begin(), files.end(), [](const auto& one) { return !one.latest.empty(); });
  if (dated)
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return files[a].latest < files[b].latest; });
  return order;
}

/// One batch against those before it. `patch_of(i)`: the i-th patch.
std::vector<GroundStudy> study_batch(const EarlierGround& ground, const Earth& earth, int batch,
                                     std::size_t count, const std::function<std::size_t(std::size_t)>& before,
                                     const std::function<Patch(std::size_t)>& patch_of, const Marking& how,
                                     std::stop_token stop, const std::function<void(double)>& advance) {
  std::vector<GroundStudy> studies(count);
  std::vector<std::unique_ptr<GroundStudent>> students(static_cast<std::size_t>(how.slots));
  Pass pass;
  pass.count = static_cast<std::int64_t>((count + kChunk - 1) / kChunk);
  pass.slots = how.slots;
  pass.compute = [&](std::int64_t chunk, int slot) {
    auto& student = students[static_cast<std::size_t>(slot)];
    if (!student) student = std::make_unique<GroundStudent>(ground, earth);
    const auto first = static_cast<std::size_t>(chunk) * kChunk;
    for (std::size_t i = first; i < std::min(first + kChunk, count); ++i)
      studies[i] = student->study(patch_of(i), batch, before(i));
  };
  pass.commit = [&](std::int64_t chunk, int) {
    advance(static_cast<double>(chunk + 1) / static_cast<double>(pass.count));
  };
  how.executor.run(pass, stop);
  return studies;
}

/// Marks what goes on, in whatever way.
void follow(EarlierGround& ground, const std::vector<GroundStudy>& studies) {
  for (const GroundStudy& study : studies)
    for (const LineageRow& row : study.rows) ground.patches()[row.earlier].followed = true;
}

void settle_batch(EarlierGround& ground, std::size_t first, const std::vector<GroundStudy>& studies) {
  const std::vector<Descent> descents = settle_descent(studies, ground);
  for (std::size_t i = 0; i < descents.size(); ++i) {
    EarlierPatch& patch = ground.patches()[first + i];
    if (!descents[i].ancestor) continue;
    const EarlierPatch& ancestor = ground.patches()[*descents[i].ancestor];
    // A lineage that its own run has found stands; one that equals the patch's id was found by nobody.
    if (patch.lineage_id == patch.id) {
      patch.lineage_id = ancestor.lineage_id;
      patch.first_seen = ancestor.first_seen;
    }
  }
}

Patch earlier_as_patch(const EarlierGround& ground, std::size_t index) {
  Patch patch;
  patch.geometry = ground.shape(index);
  patch.area_m2 = ground.patches()[index].area_m2;
  return patch;
}

Patch read_patch(const RecordFile& patches, std::size_t index) {
  const std::vector<std::byte> record = patches.spool.read(patches.offsets[index]);
  Decoder decoder(record);
  return decode_patch(decoder);
}

std::optional<double> share(double part, double whole) {
  return whole > 0 ? std::optional(std::min(1.0, part / whole)) : std::nullopt;
}

LineageLink link_of(const EarlierGround& ground, std::size_t index) {
  const EarlierPatch& earlier = ground.patches()[index];
  const EarlierBatch& batch = ground.batches()[static_cast<std::size_t>(earlier.batch)];
  LineageLink link;
  link.earlier_id = earlier.id;
  link.earlier_file = batch.name;
  link.earlier_date = batch.date;
  return link;
}

void tell(Patch& patch, const GroundStudy& study, const Descent& descent, const EarlierGround& ground) {
  patch.earlier_m2 = study.earlier_m2;
  patch.earlier_share = share(study.earlier_m2, study.area_m2);
  patch.earlier_suspected_share =
      study.suspicion_known ? share(study.suspected_m2, study.area_m2) : std::nullopt;
  patch.lineage_status = descent.status;
  patch.lineage_id = patch.patch_id;
  patch.first_seen_date = patch.after_date;
  patch.lineage.clear();
  if (!descent.ancestor) return;
  const EarlierPatch& ancestor = ground.patches()[*descent.ancestor];
  patch.lineage_id = ancestor.lineage_id;
  patch.first_seen_date.reset();
  if (!ancestor.first_seen.empty()) patch.first_seen_date = ancestor.first_seen;
  std::size_t relation = 0;
  for (const LineageRow& row : study.rows) {
    if (!row.linked) continue;
    LineageLink link = link_of(ground, row.earlier);
    link.patch_id = patch.patch_id;
    link.relation = descent.relations[relation++];
    link.shared_m2 = row.shared_m2;
    link.share_of_patch = share(row.shared_m2, study.area_m2);
    link.share_of_earlier = share(row.shared_m2, ground.patches()[row.earlier].area_m2);
    patch.lineage.push_back(std::move(link));
  }
}

double sum(const std::vector<GroundStudy>& studies, double GroundStudy::*what) {
  double total = 0;  // in the order of the patches, by one thread
  for (const GroundStudy& study : studies) total += study.*what;
  return total;
}

bool meets(const Bounds& bounds, const Grid& grid) {
  Bounds all;
  for (const int column : {0, grid.width})
    for (const int row : {0, grid.height}) {
      const double x = grid.ground_x(column, row), y = grid.ground_y(column, row);
      if (all.empty()) all = {x, y, x, y};
      all = {std::min(all.x0, x), std::min(all.y0, y), std::max(all.x1, x), std::max(all.y1, y)};
    }
  return all.meets(bounds);
}

}  // namespace

PreviousFiles open_previous(const MarkingJob& job, const std::string& crs) {
  PreviousFiles files;
  if (job.previous.empty()) return files;
  if (crs.empty())
    throw Error(ErrorCode::mismatch,
                fmt::format("--previous {}: earlier patches cannot be found on images without a coordinate "
                            "reference system",
                            job.previous.front()));
  for (const std::string& path : job.previous) {
    PreviousFile one;
    one.path = path;
    one.file = std::make_unique<PatchFile>(PatchFileSpec{.path = path,
                                                         .id_field = job.previous_id,
                                                         .id_option = "--previous-id",
                                                         .target_crs = crs,
                                                         .discreet = declares_secret_ground(job)});
    one.latest = one.file->check_ids({"after_date", "HSX"});
    if (const auto iso = iso_date(one.latest)) one.latest = *iso;
    files.push_back(std::move(one));
  }
  return files;
}

LineageFile lineage(const Marking& how, RecordFile patches, const WorkFolder& folder, std::stop_token stop,
                    const std::function<void(const std::string&)>& warn, const Advance& advance) {
  LineageFile result(std::move(patches));
  if (how.previous == nullptr || how.previous->empty()) return result;
  const Earth earth(how.grid.crs);
  std::error_code ignored;
  std::filesystem::remove(folder.path() / "earlier.spool", ignored);
  std::filesystem::remove(folder.path() / "lineage.spool", ignored);
  EarlierGround ground(how.grid, folder.path() / "earlier.spool");
  const PreviousFiles& files = *how.previous;
  const bool secrets = declares_secret_ground(how.job);
  // Of an interrupted run nothing stays that may be secret; the spool is read through its handle.
  if (secrets) std::filesystem::remove(folder.path() / "earlier.spool", ignored);
  std::vector<Mended> mended;
  std::vector<std::size_t> first;  // patch of each batch
  for (const std::size_t i : oldest_first(files)) {
    first.push_back(ground.patches().size());
    mended.push_back(read_batch(*files[i].file, files[i].path, how, earth, ground, stop));
  }
  if (secrets) keep_back(ground, how);
  tell_mended(mended, ground, warn);
  const std::size_t earlier = ground.patches().size(), count = result.offsets.size();
  const int batches = static_cast<int>(first.size());
  first.push_back(earlier);
  if (how.overlapping) {
    ground.add_batch({"", std::nullopt, false});
    for (std::size_t i = 0; i < count; ++i) {
      const Patch patch = read_patch(result, i);
      EarlierPatch here;
      here.area_m2 = patch.area_m2.value_or(0);
      ground.add(std::move(here), patch.geometry);
    }
  }
  ground.settle();

  const double steps = static_cast<double>(std::max<std::size_t>(1, earlier + count));
  double earlier_m2 = 0;
  for (int batch = 0; batch < batches; ++batch) {
    const std::size_t begin = first[static_cast<std::size_t>(batch)];
    const std::size_t size = first[static_cast<std::size_t>(batch) + 1] - begin;
    const auto studies = study_batch(
        ground, earth, batch, size, [&](std::size_t i) { return begin + i; },
        [&](std::size_t i) { return earlier_as_patch(ground, begin + i); }, how, stop,
        [&](double done) {
          advance((static_cast<double>(begin) + done * static_cast<double>(size)) / steps);
        });
    settle_batch(ground, begin, studies);
    follow(ground, studies);
    earlier_m2 += sum(studies, &GroundStudy::alone_m2);
  }
  const auto studies = study_batch(
      ground, earth, batches, count, [&](std::size_t i) { return earlier + (how.overlapping ? i : 0); },
      [&](std::size_t i) { return read_patch(result, i); }, how, stop,
      [&](double done) {
        advance((static_cast<double>(earlier) + done * static_cast<double>(count)) / steps);
      });
  const std::vector<Descent> descents = settle_descent(studies, ground);
  follow(ground, studies);

  RecordFile told{Spool(folder.path() / "lineage.spool"), {}};
  std::map<std::string, std::int64_t> counts;
  for (std::size_t i = 0; i < count; ++i) {
    Patch patch = read_patch(result, i);
    tell(patch, studies[i], descents[i], ground);
    ++counts[descents[i].status];
    Encoder record;
    encode(record, patch);
    told.offsets.push_back(told.spool.append(record.bytes()));
  }
  told.spool.flush();
  for (std::size_t e = 0; e < earlier; ++e) {
    const EarlierPatch& patch = ground.patches()[e];
    // A detection sees its grid alone; a batch that was issued stands for all its ground.
    if (patch.followed || patch.withheld || (!how.overlapping && !meets(patch.bounds, how.grid))) continue;
    LineageLink gone = link_of(ground, e);
    gone.relation = "disappeared";
    gone.shared_m2 = 0;
    result.gone.push_back(std::move(gone));
  }
  counts["disappeared"] = static_cast<std::int64_t>(result.gone.size());
  LineageFile told_file(std::move(told));
  LineageReport& report = told_file.report.emplace();
  report.earlier_m2 = earlier_m2;
  report.batch_m2 = sum(studies, &GroundStudy::within_batch_m2);
  report.new_m2 = sum(studies, &GroundStudy::alone_m2);
  report.union_m2 = report.earlier_m2 + report.new_m2;
  report.counts.assign(counts.begin(), counts.end());
  told_file.gone = std::move(result.gone);
  return told_file;
}

}  // namespace tuban
