// SPDX-License-Identifier: Apache-2.0
#include "engine/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "engine/choose.h"
#include "engine/host_detector.h"
#include "engine/io/grid_check.h"
#include "engine/io/layer_reader.h"
#include "engine/io/profile.h"
#include "engine/io/sink.h"
#include "engine/lineage.h"
#include "engine/rules/host_book.h"
#include "engine/rules/iso_date.h"
#include "engine/rules/mark.h"
#include "engine/rules/roles.h"
#include "engine/rules/secrecy.h"
#include "tuban/error.h"

namespace tuban {
namespace {

// Reads on their way at once where each waits for a network. At 50 ms a request and two processors, eight
// threads take half the time of two.
constexpr int kLeastRemoteReads = 8;

// Pixels that are left between the scenes from which on neighbours are compared too. Below, that loses more
// than it gains (docs/detection.md).
constexpr double kApart = 0.5;

// The word for no rulebook at all.
constexpr std::string_view kNoRules = "none";

std::shared_ptr<const Source> open_scene(const Scene& scene, const Job& job) {
  if (scene.source) return scene.source;
  if (scene.path.empty())
    throw Error(ErrorCode::usage,
                "a scene is missing: a job needs before and after, each a path or a source already open");
  RasterOptions options;
  options.bands = job.bands;
  options.profile = job.profile;
  options.cloud = scene.cloud;
  options.cloud_classes = job.cloud_classes;
  options.cloud_dilate = job.cloud_dilate;
  options.open_options = scene.open_options;
  options.valid_path = scene.valid_path;
  options.reader = job.reader;
  return open_raster(scene.path, options);
}

std::optional<std::string> scene_date(const Scene& scene, const SourceInfo& info, const char* option) {
  const std::optional<std::string>& date = scene.date ? scene.date : info.date;
  if (!date) return date;
  const std::string day = date->substr(0, 10);
  if (!is_iso_date(day) || (date->size() > 10 && (*date)[10] != 'T'))
    throw Error(ErrorCode::usage, fmt::format("{} \"{}\" is no date; expected yyyy-mm-dd", option, *date));
  return day;
}

void check_options(const Job& job) {
  if (job.connectivity != 4 && job.connectivity != 8)
    throw Error(ErrorCode::usage, fmt::format("--connectivity {} is neither 4 nor 8", job.connectivity));
  if (!(job.min_area.value >= 0) || !std::isfinite(job.min_area.value))
    throw Error(ErrorCode::usage,
                fmt::format("--min-area {} is not an area of 0 or more", job.min_area.value));
  if (!(job.simplify >= 0) || !std::isfinite(job.simplify))
    throw Error(ErrorCode::usage, fmt::format("--simplify {} is not a tolerance of 0 or more", job.simplify));
  if (job.looks != 0 && !(job.looks > 0.5 && std::isfinite(job.looks)))
    throw Error(ErrorCode::usage, fmt::format("--looks {} is not a number above 0.5", job.looks));
  if (!(job.hysteresis >= 1) || !std::isfinite(job.hysteresis))
    throw Error(ErrorCode::usage,
                fmt::format("--hysteresis {} is not a factor of 1 or more", job.hysteresis));
  const bool chosen_tile = job.tile_width != 0 || job.tile_height != 0;
  if (chosen_tile && (job.tile_width < 1 || job.tile_height < 1))
    throw Error(ErrorCode::usage, fmt::format("--tile {}x{} is empty", job.tile_width, job.tile_height));
  if (job.threads < 0) throw Error(ErrorCode::usage, fmt::format("--threads {} is negative", job.threads));
  if (!job.work_folder.empty() && !std::filesystem::is_directory(job.work_folder))
    throw Error(ErrorCode::usage, fmt::format("--work-folder {} is no folder", job.work_folder));
  if (job.before.cloud.empty() && job.after.cloud.empty() && job.cloud_dilate)
    throw Error(ErrorCode::usage,
                "--cloud-dilate widens clouds, but no mask tells them; add --before-cloud or --after-cloud");
}

DescribeContext describe_context(const Job& job, const SourceInfo& before, const SourceInfo& after,
                                 const std::function<void(const std::string&)>& warn) {
  DescribeContext context;
  context.grid = before.grid;
  context.bands = before.bands;
  // A role that only one date names holds for both: the bands are the same by position.
  for (std::size_t b = 0; b < context.bands.size(); ++b)
    if (context.bands[b].role == BandRole::unknown) context.bands[b].role = after.bands[b].role;
  context.before_id = before.id;
  context.after_id = after.id;
  context.before_date = scene_date(job.before, before, "--before-date");
  context.after_date = scene_date(job.after, after, "--after-date");
  if (context.before_date && context.after_date && *context.after_date < *context.before_date)
    throw Error(
        ErrorCode::usage,
        fmt::format("the date of {}, {}, lies before that of {}, {}; are the images swapped? (--before-date, "
                    "--after-date)",
                    after.name, *context.after_date, before.name, *context.before_date));
  context.min_area = job.min_area;
  if (!context.grid.has_crs()) {
    warn(fmt::format(
        "{} has no coordinate reference system: everything is in pixels and areas on the earth are "
        "unknown",
        before.name));
    if (!context.min_area.pixels && context.min_area.value > 0)
      warn(fmt::format("the minimum area of {} m2 is taken as {} pixels", context.min_area.value,
                       context.min_area.value));
    context.min_area.pixels = true;
  }
  if (std::all_of(context.bands.begin(), context.bands.end(),
                  [](const BandInfo& band) { return band.role == BandRole::unknown; }))
    warn(fmt::format(
        "{} does not say what its bands show: indices, direction and type stay unknown; name them "
        "with --bands blue=1,green=2,red=3,nir=4, or their sensor with --profile",
        before.name));
  return context;
}

// A number of patches per area needs the area of the ground.
double pixel_area_of(const DescribeContext& context, const std::string& raster) {
  const std::optional<double> area = Describer(context).mean_pixel_m2();
  if (!area)
    throw Error(ErrorCode::usage,
                fmt::format("the area {} covers is unknown, so no number of patches per 100 km2 can be "
                            "reported; give --budget as a share of it, such as 3%",
                            raster));
  return *area;
}

// Sets the context's Earth; refuses a CRS that the earth cannot be measured in, by the raster that has it.
std::int64_t fewest_pixels_of(DescribeContext& context, const std::string& raster) {
  try {
    if (context.grid.has_crs()) context.earth = std::make_shared<const Earth>(context.grid.crs);
    return Describer(context).fewest_pixels();
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", raster, error.what()));
  }
}

kernels::RoleBands role_bands(const std::vector<BandInfo>& bands) {
  const auto band_of = [&](BandRole role) {
    const auto found =
        std::find_if(bands.begin(), bands.end(), [&](const BandInfo& band) { return band.role == role; });
    return found == bands.end() ? -1 : static_cast<int>(found - bands.begin());
  };
  return {band_of(BandRole::blue), band_of(BandRole::green), band_of(BandRole::red), band_of(BandRole::nir),
          band_of(BandRole::swir1)};
}

/// Rasters are written one after another.
std::uint64_t emit_bytes(const Job& job, const Grid& grid) {
  const bool mask = !job.mask_path.empty() || !job.patch_mask_path.empty();
  return std::max(mask ? raster_sink_bytes(grid, kernels::SampleType::uint8) : 0,
                  job.score_path.empty() ? 0 : raster_sink_bytes(grid, kernels::SampleType::float32));
}

/// The missing layers that a warning is worth: those that the main rules of the shipped books need, and all
/// that the user's own books ask for. Few offices have the others; the manifest names every one.
std::vector<std::string> roles_to_name(const std::vector<Rulebook>& books, const ReferenceLayers& layers) {
  std::vector<Rulebook> own;
  std::copy_if(books.begin(), books.end(), std::back_inserter(own),
               [](const auto& book) { return book.source != "shipped"; });
  const auto asked = missing_roles(own, &layers);
  const auto among = [](const auto& names, const auto& role) {
    return std::find(names.begin(), names.end(), role) != names.end();
  };
  constexpr std::array<std::string_view, 4> kMain{"approved_land", "basic_farmland", "land_use",
                                                  "mining_right"};
  auto missing = missing_roles(books, &layers);
  std::erase_if(missing, [&](const auto& role) {
    return !among(layer_roles(), role) || !(among(kMain, role) || among(asked, role));
  });
  return missing;
}

// What plan.scan holds beside the cut stays.
ScanPlan scan_of(const Plan& plan, const std::optional<UnitShape>& units) {
  const SourceInfo& before = plan.before->info();
  ScanPlan scan = plan_scan(plan.job, before, plan.after->info(), plan.reading_executor().threads(),
                            resident_bytes(), emit_bytes(plan.job, before.grid), units);
  scan.fewest_pixels = plan.scan.fewest_pixels;
  scan.roles = plan.scan.roles;
  scan.normalisation = plan.scan.normalisation;
  scan.looks = plan.scan.looks;
  return scan;
}

}  // namespace

std::shared_ptr<const std::vector<Rulebook>> load_books(const MarkingJob& job,
                                                        std::vector<RuleChange>& changes) {
  auto books = std::make_shared<std::vector<Rulebook>>();
  std::vector<std::string> given;
  const auto add = [&](Rulebook book, const std::string& from) {
    for (std::size_t i = 0; i < books->size(); ++i)
      if ((*books)[i].name == book.name)
        throw Error(ErrorCode::usage, fmt::format("--rules names rulebook \"{}\" twice: \"{}\" and \"{}\"",
                                                  book.name, given[i], from));
    books->push_back(std::move(book));
    given.push_back(from);
  };
  const bool none = job.rules.size() == 1 && job.rules.front() == kNoRules;
  if (!none)
    for (const std::string& name : job.rules.empty() ? shipped_rulebooks() : job.rules)
      add(load_rulebook(name), name);
  for (std::size_t i = 0; i < job.rule_texts.size(); ++i) {
    const std::string name = fmt::format("text {} of rules", i + 1);
    add(parse_rulebook(job.rule_texts[i], name), name);
  }
  for (Rulebook& book : host_books(job.host_rules)) {
    const std::string from = book.source;
    add(std::move(book), from);
  }
  changes = change_rules(*books, job.rule_changes);
  return books;
}

namespace {

std::vector<LayerSpec> layer_specs(const MarkingJob& job) {
  std::vector<LayerSpec> specs;
  for (const std::string& path : job.layers) {
    auto more = load_layer_specs(path);
    specs.insert(specs.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return specs;
}

}  // namespace

bool declares_secret_ground(const MarkingJob& job) {
  const auto specs = layer_specs(job);
  return std::any_of(specs.begin(), specs.end(), is_secret);
}

std::shared_ptr<const ReferenceLayers> load_secret_ground(const MarkingJob& job, const Grid& grid) {
  auto specs = layer_specs(job);
  std::erase_if(specs, [](const LayerSpec& spec) { return !is_secret(spec); });
  return specs.empty() ? nullptr : ReferenceLayers::load(specs, grid, make_layer_reader(), nullptr);
}

std::shared_ptr<const ReferenceLayers> load_layers(const MarkingJob& job, const Grid& grid,
                                                   const std::function<void(const std::string&)>& warn) {
  const std::vector<LayerSpec> specs = layer_specs(job);
  if (!specs.empty() && !grid.has_crs())
    throw Error(ErrorCode::mismatch,
                fmt::format("{} cannot be laid over images without a coordinate reference system",
                            job.layers.front()));
  return ReferenceLayers::load(specs, grid, make_layer_reader(), warn);
}

void warn_of_missing(const std::vector<Rulebook>& books, const ReferenceLayers& layers,
                     const std::function<void(const std::string&)>& warn) {
  if (const auto missing = roles_to_name(books, layers); !missing.empty())
    warn(fmt::format("no layer is given for {}: rules that need one stay unknown; name it in --layers",
                     fmt::join(missing, ", ")));
}

Plan make_plan(const Job& given, const std::function<void(const std::string&)>& warn,
               const std::optional<UnitShape>& units, bool patches) {
  const auto warn_of_patches = [&](const std::string& sentence) {
    if (patches) warn(sentence);
  };
  if (given.before.cloud.empty() && given.after.cloud.empty() && !given.cloud_classes.empty())
    throw Error(ErrorCode::usage,
                "--cloud-classes says what a cloud mask holds, but there is none; add --before-cloud or "
                "--after-cloud");
  Job job = with_profile(given);
  if (job.host_detector) job.detector = job.host_detector->name;
  check_options(job);
  check_outputs(job);
  const PatchFilter filter = patch_filter(job);
  Plan plan;
  plan.job = job;
  if (job.host_detector) plan.host_detector = make_host_detector(job.host_detector);
  plan.detector = plan.host_detector ? plan.host_detector.get() : &choose_detector(job.detector);
  plan.cut_rule = choose_cut_rule(job.threshold);
  const kernels::Normalisation normalisation = choose_normalisation(job.normalise);
  plan.before = open_scene(job.before, job);
  plan.after = open_scene(job.after, job);
  plan.values = bring_to_one_scale(plan.before, plan.after, job.before.offset, job.after.offset, warn);
  plan.alignment = align(job, plan.before, plan.after, resident_bytes(), warn);
  const SourceInfo& before = plan.before->info();
  const SourceInfo& after = plan.after->info();
  check_same_grid(before, after);
  if (before.bands.size() > static_cast<std::size_t>(kernels::kMaxBands))
    throw Error(ErrorCode::mismatch, fmt::format("{} has {} bands, more than {}; choose some with --bands",
                                                 before.name, before.bands.size(), kernels::kMaxBands));
  plan.describe = describe_context(job, before, after, warn_of_patches);
  check_threshold(*plan.detector, plan.cut_rule, job);
  const kernels::RoleBands roles = role_bands(plan.describe.bands);
  check_detector(*plan.detector, job, roles, before.name);
  const std::int64_t fewest_pixels = fewest_pixels_of(plan.describe, before.name);
  plan.filter = filter;
  if (filter.budget == PatchFilter::Budget::density)
    plan.pixel_area_m2 = pixel_area_of(plan.describe, before.name);
  plan.books = load_books(job, plan.rule_changes);
  plan.layers = load_layers(job, before.grid, warn);
  if (!job.military_register.empty() && !SecretGround(plan.layers).any())
    throw Error(
        ErrorCode::usage,
        "--military-register is for patches that meet a layer of role military, and --layers names none");
  warn_of_missing(*plan.books, *plan.layers, warn_of_patches);
  plan.previous = open_previous(job, before.grid.crs);
  plan.executor = make_executor(job.executor, job.threads);
  // Where the user leaves their number to us. oneTBB grants no more threads than there are processors.
  if ((before.remote || after.remote) && job.threads == 0 && job.executor != ExecutorKind::serial)
    plan.waiting_executor =
        make_executor(ExecutorKind::jthread, std::max(kLeastRemoteReads, 2 * plan.executor->threads()));
  plan.scan.fewest_pixels = fewest_pixels;
  plan.scan.roles = roles;
  plan.scan.normalisation = normalisation;
  plan.scan.looks = job.looks;
  plan.scan = scan_of(plan, units);
  return plan;
}

void co_register(Plan& plan, const std::function<void(const std::string&)>& warn,
                 const std::optional<UnitShape>& units, const std::stop_token& stop) {
  Registration& done = plan.registration;
  {
    ReaderPool before(plan.before);
    ReaderPool after(plan.after);
    done = measure_shift(plan.job, plan.scan, before, after, plan.reading_executor(), stop);
  }
  for (const std::string& note : done.notes) warn(note);
  if (done.shift.found) plan.describe.registration_px = done.residual;
  const bool apart = done.shift.found && done.residual >= kApart;
  if (!plan.job.shift_tolerance) plan.job.shift_tolerance = apart ? 1 : 0;
  if (done.corrected)
    plan.alignment.move(plan.job, plan.before, plan.after, done.correct_x, done.correct_y, resident_bytes(),
                        warn);
  if (done.corrected || plan.scan.tolerance != *plan.job.shift_tolerance) plan.scan = scan_of(plan, units);
}

}  // namespace tuban
