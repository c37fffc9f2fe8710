// SPDX-License-Identifier: Apache-2.0
#include "engine/manifest.h"

#include <nlohmann/json.hpp>

#include "engine/io/fingerprint.h"
#include "engine/rules/mark.h"
#include "engine/scan/passwords.h"
#include "kernels/score_ops.h"
#include "tuban/version.h"

namespace tuban {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json input(const SourceInfo& info, const std::optional<std::string>& date) {
  Json bands = Json::array();
  for (const BandInfo& band : info.bands) bands.push_back(band.name);
  return {{"name", info.name},
          {"scene_id", info.id},
          {"date", text_or_null(date)},
          {"fingerprint", info.fingerprint},
          {"type", kernels::to_string(static_cast<kernels::SampleType>(info.type))},
          {"bands", bands},
          {"validity", info.validity}};
}

Json grid_json(const Grid& grid) {
  return {{"width", grid.width}, {"height", grid.height}, {"transform", grid.transform}, {"crs", grid.crs}};
}

Json warp_json(const std::optional<WarpReport>& report) {
  if (!report) return nullptr;
  return {{"resampling", report->whole_pixels ? "none" : kernels::to_string(report->resampling)},
          {"node_spacing", report->node_spacing},
          {"largest_error_px", report->largest_error},
          {"cache_bytes", report->cache_bytes},
          {"cache_bytes_for_one_decode", report->wanted_bytes}};
}

Json values_json(const ValueScale& values) {
  return {{"physical", values.physical}, {"added_before", values.before}, {"added_after", values.after}};
}

Json quality_json(const SceneQuality& quality) {
  return {{"saturated_share", quality.saturated_share},
          {"dark_share", quality.dark_share ? Json(*quality.dark_share) : Json(nullptr)}};
}

Json alignment_json(const Plan& plan) {
  if (!plan.alignment.before && !plan.alignment.after) return nullptr;
  return {{"before", warp_json(plan.alignment.before)}, {"after", warp_json(plan.alignment.after)}};
}

constexpr const char* kKinds[] = {"auto", "off", "estimate", "translation"};  // RegistrationKind

Json registration_json(const Registration& done) {
  const kernels::Shift& shift = done.shift;
  Json result{{"measured", shift.found},
              {"window_px", done.window},
              {"windows_read", done.windows},
              {"windows_matched", shift.matched},
              {"windows_used", shift.used}};
  if (!shift.found) {
    result["why_not"] = done.why_not;
    return result;
  }
  const Json measures{
      {"shift_x", shift.x},          {"shift_y", shift.y},          {"standard_error_px", shift.error},
      {"scatter_px", shift.scatter}, {"corrected", done.corrected}, {"residual_px", done.residual}};
  result.update(measures);
  return result;
}

Json options(const Job& job) {
  return {{"bands", job.bands},
          {"reproject", job.reproject},
          {"grid", job.grid},
          {"profile", job.profile},
          {"register", kKinds[static_cast<std::size_t>(job.registration.value())]},
          {"max_shift", job.max_shift},
          {"shift_tolerance", job.shift_tolerance.value_or(0)},
          {"detector", job.detector},
          {"normalise", job.normalise},
          {"threshold", job.threshold},
          {"looks", job.looks},
          {"hysteresis", job.hysteresis},
          {"smooth", job.smooth},
          {"connectivity", job.connectivity},
          {"min_area", {{"value", job.min_area.value}, {"unit", job.min_area.pixels ? "px" : "m2"}}},
          {"simplify", job.simplify},
          {"types", job.types},
          {"budget", job.budget},
          {"layers", job.layers},
          {"rules", job.rules},
          {"rule", job.rule_changes},
          {"previous", job.previous},
          {"previous_id", job.previous_id},
          {"before_valid", job.before.valid_path},
          {"after_valid", job.after.valid_path},
          {"before_cloud", job.before.cloud},
          {"after_cloud", job.after.cloud},
          {"cloud_classes", job.cloud_classes},
          {"cloud_dilate", job.cloud_dilate ? Json(*job.cloud_dilate) : Json(nullptr)}};
}

Json model_json(const ScanModel& model) {
  Json bands = Json::array();
  for (const auto& band : model.model.normalisation)
    bands.push_back({{"slope", band.slope},
                     {"offset", band.offset},
                     {"sigma", band.sigma},
                     {"correlation", band.correlation},
                     {"fallback", band.fallback}});
  for (std::size_t b = 0; b < model.model.curves.size(); ++b)
    bands[b]["curve"] = {{"after", model.model.curves[b].after}, {"before", model.model.curves[b].before}};
  return {{"detector", model.model.detector},
          {"paper", model.detector->summary()},
          {"sample_pixels", model.sample_pixels},
          {"sample_cells", model.sample_cells},
          {"invariant_pixels", model.model.invariant},
          {"iterations", model.model.iterations},
          {"canonical_correlations", model.model.rho},
          {"normalisation", bands},
          {"looks", model.model.looks},
          {"coefficients", model.model.coefficients},
          {"notes", model.model.notes}};
}

Json cut_json(const kernels::Cut& cut) {
  return {{"changed", cut.changed},
          {"value", cut.changed ? Json(cut.value) : Json(nullptr)},
          {"method", cut.method},
          {"sample_share_changed", cut.changed_share},
          {"null_fit", cut.null.parameters},
          {"notes", cut.notes}};
}

Json lineage_json(const std::optional<LineageReport>& report) {
  if (!report) return nullptr;
  Json counts = Json::object();
  for (const auto& [status, count] : report->counts) counts[status] = count;
  return {{"batch_m2", report->batch_m2},
          {"earlier_m2", report->earlier_m2},
          {"new_m2", report->new_m2},
          {"union_m2", report->union_m2},
          {"counts", counts}};
}

Json books_json(const std::vector<Rulebook>& books) {
  Json list = Json::array();
  for (const Rulebook& book : books)
    list.push_back({{"name", book.name}, {"version", book.version}, {"source", book.source}});
  return list;
}

Json rule_changes_json(const std::vector<RuleChange>& changes) {
  Json list = Json::array();
  for (const RuleChange& change : changes) {
    Json one{{"rulebook", change.rulebook}, {"rule_id", change.rule_id}};
    if (change.parameter.empty()) {
      one["change"] = "off";
    } else {
      one.update({{"change", "parameter"},
                  {"parameter", change.parameter},
                  {"from", change.from},
                  {"to", change.to}});
    }
    list.push_back(std::move(one));
  }
  return list;
}

/// As it is written: without passwords. Names of files are bytes, GBK perhaps.
std::string written(Json manifest) {
  const auto hide = [](const auto& self, Json& node) -> void {
    if (node.is_string()) node = hide_passwords(node.get<std::string>());
    if (node.is_structured())
      for (Json& one : node) self(self, one);
  };
  hide(hide, manifest);
  return manifest.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string manifest_json(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                          const LineageFile& patches, const MarkFile& marks,
                          const std::vector<std::string>& warnings) {
  const Json manifest = {
      {"tuban", version()},
      {"before", input(plan.before->info(), plan.describe.before_date)},
      {"after", input(plan.after->info(), plan.describe.after_date)},
      {"grid", grid_json(plan.describe.grid)},
      {"values", values_json(plan.values)},
      {"quality", {{"before", quality_json(model.before)}, {"after", quality_json(model.after)}}},
      {"alignment", alignment_json(plan)},
      {"registration", registration_json(plan.registration)},
      {"options", options(plan.job)},
      {"model", model_json(model)},
      {"cut", cut_json(model.cut)},
      {"layers", Json::parse(plan.layers->manifest_json())},
      {"missing_layers", missing_roles(*plan.books, plan.layers.get())},
      {"rulebooks", books_json(*plan.books)},
      {"lineage", lineage_json(patches.report)},
      {"rule_changes", rule_changes_json(plan.rule_changes)},
      {"counts",
       {{"pixels", plan.describe.grid.pixels()},
        {"valid_pixels", regions.valid_pixels},
        {"changed_pixels", regions.changed_pixels},
        {"regions", regions.closed_regions},
        {"patches", marks.ranks.kept},
        {"findings", marks.ranks.findings},
        {"clamped_samples", regions.clamped_samples}}},
      {"filtered",
       {{"by_types", marks.ranks.left_out_by_types}, {"by_budget", marks.ranks.left_out_by_budget}}},
      {"warnings", warnings},
      {"resources",
       {{"threads", plan.executor->threads()},
        {"instruction_set", kernels::active_target()},
        {"unit", {plan.scan.unit_width, plan.scan.unit_height}},
        {"tile", {plan.scan.tile_width, plan.scan.tile_height}},
        {"units_in_flight", plan.scan.slots},
        {"memory_bytes", plan.job.memory_bytes},
        {"planned_bytes", plan.scan.planned_bytes},
        {"peak_rss_bytes", peak_resident_bytes()}}}};
  return written(manifest);
}

std::string manifest_json(const GivenPlan& plan, const Marking& how, const LineageFile& patches,
                          const MarkFile& marks, const std::vector<std::string>& warnings) {
  const MarkJob& job = plan.job();
  Json renamed = Json::object();
  for (const auto& [from, to] : plan.renamed()) renamed[from] = to;
  const Json manifest{
      {"tuban", version()},
      {"patches",
       {{"path", job.patches},
        {"layer", job.layer},
        {"fingerprint", fingerprint(job.patches)},
        {"id_field", plan.file().id_name()},
        {"types_map", plan.types().source()},
        {"fields_renamed", renamed}}},
      {"crs", how.grid.crs},
      {"options",
       {{"crs", job.crs},
        {"case_field", job.case_field},
        {"type_field", job.type_field},
        {"before_date_field", job.before_date_field},
        {"after_date_field", job.after_date_field},
        {"before_date", text_or_null(job.before_date)},
        {"after_date", text_or_null(job.after_date)},
        {"pixel_size", job.pixel_size},
        {"layers", job.layers},
        {"rules", job.rules},
        {"rule", job.rule_changes},
        {"previous", job.previous},
        {"previous_id", job.previous_id}}},
      {"layers", Json::parse(how.layers->manifest_json())},
      {"missing_layers", missing_roles(*how.books, how.layers.get())},
      {"rulebooks", books_json(*how.books)},
      {"lineage", lineage_json(patches.report)},
      {"rule_changes", rule_changes_json(plan.rule_changes())},
      {"counts",
       {{"patches", marks.ranks.kept},
        {"repaired_patches", plan.repaired()},
        {"findings", marks.ranks.findings}}},
      {"warnings", warnings},
      {"resources", {{"threads", how.executor.threads()}, {"peak_rss_bytes", peak_resident_bytes()}}}};
  return written(manifest);
}

}  // namespace tuban
