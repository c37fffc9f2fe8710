// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/io/fingerprint.h"
#include "engine/io/output_paths.h"
#include "engine/scan/fnv.h"
#include "engine/scan/passwords.h"
#include "engine/scan/scan.h"
#include "engine/scan/state_file.h"
#include "tuban/version.h"

namespace tuban {

namespace fs = std::filesystem;

namespace {

constexpr int kFormat = 6;  // of all that is kept in a work folder

std::vector<std::string> outputs(const Job& job) {
  std::vector<std::string> paths;
  for (const std::string* path :
       {&job.output, &job.mask_path, &job.patch_mask_path, &job.score_path, &job.military_register})
    if (!path->empty()) paths.push_back(*path);
  return paths;
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
  return error || whole.empty() ? path : whole.string();
}

// The same for every run of a job, and for no other output in the same folder.
fs::path work_path(const Job& job) {
  const auto paths = outputs(job);
  if (paths.empty() || is_stream(job.output)) return {};
  const fs::path output(paths.front());
  if (job.work_folder.empty())
    return output.parent_path() / fmt::format(".{}.tuban-work", output.filename().string());
  return fs::path(job.work_folder) /
         fmt::format(".{}-{:016x}.tuban-work", output.filename().string(), fnv1a(absolute(output.string())));
}

std::string writer() {
  return fmt::format("{}, format {}", version(), kFormat);
}

std::string listed(const std::vector<std::string>& values) {
  return fmt::format("{}", fmt::join(values, " "));
}

std::string bands_of(const SourceInfo& info) {
  std::string text;
  for (const BandInfo& band : info.bands)
    text += fmt::format("{}/{} ", band.name, static_cast<int>(band.role));
  return text;
}

// A shipped book has no file.
std::string content_of(const Rulebook& book) {
  std::string text = book.version;
  const auto add = [&](std::initializer_list<std::string> parts) {
    for (const std::string& part : parts) text += '\n' + part;
  };
  for (const Rule& rule : book.rules) {
    add({rule.id, rule.name_zh, rule.name_en, rule.effective_from, rule.effective_to, rule.scope, rule.effect,
         rule.mark, rule.basis});
    for (const Parameter& parameter : rule.parameters)
      add({parameter.name, fmt::format("{}", parameter.value)});
    for (const std::string& predicate : rule.of) add({"of", predicate});
    if (rule.within_m) add({"within_m", fmt::format("{}", *rule.within_m)});
    for (const std::string& role : rule.derive.roles) add({rule.derive.outside ? "outside" : "inside", role});
    if (rule.host) add({rule.host->severity, listed(rule.host->facts)});
    for (const RuleCase& one : rule.cases) {
      add({one.severity, one.note});
      for (const std::string& predicate : one.when) add({predicate});
    }
  }
  return fmt::format("{} {:016x}", book.version, fnv1a(text));
}

std::string shortened(const std::string& value) {
  constexpr std::size_t kMost = 80;
  if (value.empty()) return "nothing";
  return value.size() <= kMost ? '"' + value + '"' : '"' + value.substr(0, kMost) + "...\"";
}

}  // namespace

Checkpoint::Checkpoint(const Job& job, bool resume) : job_(job), resume_(resume), path_(work_path(job)) {
  if (is_stream(job.output) && resume)
    throw Error(
        ErrorCode::usage,
        fmt::format("output '{}' is a stream, which cannot be resumed; write a file, or leave out --resume",
                    job.output));
  if (path_.empty() && resume)
    throw Error(
        ErrorCode::usage,
        "a run without an output cannot be resumed: nothing says where its work lies; give an output");
  if (resume && job.host_detector && job.host_detector->version.empty())
    throw Error(ErrorCode::usage,
                fmt::format("a run with detector {} of the host cannot be resumed: nothing tells whether the "
                            "function is the same as before; give it a version",
                            job.host_detector->name));
  const auto unsure = std::find_if(job.host_rules.begin(), job.host_rules.end(),
                                   [](const HostRule& rule) { return rule.version.empty(); });
  if (resume && unsure != job.host_rules.end())
    throw Error(ErrorCode::usage,
                fmt::format("a run with rule {} of the host cannot be resumed: nothing tells whether the "
                            "function is the same as before; give it a version",
                            unsure->id));
  if (path_.empty()) return;
  if (auto left = WorkFolder::take(path_)) folder_.emplace(std::move(*left));
  if (!resume || !resumable()) return;
  read_preface();
  if (folder_->has(kPublishing)) job_.overwrite = true;
}

Checkpoint::~Checkpoint() {
  if (folder_ && (begun_ || folder_->ended())) folder_->keep(resumable());
}

bool Checkpoint::finished() const {
  const auto paths = outputs(job_);
  std::error_code unknown;
  return resume_ && (!folder_ || folder_->ended()) && !job_.overwrite && !paths.empty() &&
         std::all_of(paths.begin(), paths.end(),
                     [&](const std::string& path) { return fs::is_regular_file(path, unknown); });
}

void Checkpoint::refuse_receiver(const Receiver& receiver) const {
  if (!receiver.any()) return;
  throw Error(
      ErrorCode::usage,
      fmt::format("there is nothing to resume: '{}' is finished, and nothing of it is held in memory to "
                  "be handed over; read the file, or set overwrite to run again",
                  outputs(job_).front()));
}

bool Checkpoint::resumable() const {
  return !path_.empty() && folder_ && folder_->has(kScanState) && !folder_->ended();
}

Checkpoint::Facts Checkpoint::facts_of(const Plan& plan) {
  const Job& job = plan.job;
  const Grid& grid = plan.describe.grid;
  Facts facts{{"--profile", job.profile},
              {"--detector", job.host_detector ? fmt::format("{}, version {} of the host's", job.detector,
                                                             job.host_detector->version)
                                               : job.detector},
              {"--normalise", job.normalise},
              {"--threshold", job.threshold},
              {"--looks", fmt::format("{}", job.looks)},
              {"--hysteresis", fmt::format("{}", job.hysteresis)},
              {"--smooth", job.smooth},
              {"--connectivity", fmt::format("{}", job.connectivity)},
              {"--min-area", fmt::format("{}{}", job.min_area.value, job.min_area.pixels ? "px" : " m2")},
              {"--simplify", fmt::format("{}", job.simplify)},
              {"--reproject", job.reproject ? "given" : ""},
              {"--grid", job.grid},
              {"--resampling", job.resampling ? fmt::format("{}", static_cast<int>(*job.resampling)) : ""},
              {"--register", fmt::format("{}", static_cast<int>(job.registration.value()))},
              {"--max-shift", fmt::format("{}", job.max_shift)},
              {"--shift-tolerance", fmt::format("{}", job.shift_tolerance.value_or(0))},
              {"the shift between the images",
               fmt::format("{} {}", plan.registration.correct_x, plan.registration.correct_y)},
              {"--types", listed(job.types)},
              {"--budget", job.budget},
              {"--bands", listed(job.bands)},
              {"--cloud-classes", listed(job.cloud_classes)},
              {"--cloud-dilate", job.cloud_dilate ? fmt::format("{}", *job.cloud_dilate) : ""},
              {"--before-date", plan.describe.before_date.value_or("")},
              {"--after-date", plan.describe.after_date.value_or("")},
              {"--rules", listed(job.rules)},
              {"--previous-id", job.previous_id},
              {"--rule", listed(job.rule_changes)},
              {"--of", job.format},
              {"--co", listed(job.creation_options)},
              {"--lco", listed(job.layer_creation_options)}};
  for (const auto& [option, path] : {std::pair{"-o", &job.output},
                                     {"--mask", &job.mask_path},
                                     {"--patch-mask", &job.patch_mask_path},
                                     {"--score", &job.score_path},
                                     {"--military-register", &job.military_register}})
    facts.emplace_back(option, path->empty() ? "" : absolute(*path));
  for (const auto& [name, scene, source] : {std::tuple{"BEFORE", &job.before, &plan.before->info()},
                                            std::tuple{"AFTER", &job.after, &plan.after->info()}}) {
    const bool file = !scene->source && !source->fingerprint.empty();
    facts.emplace_back(name, file ? absolute(scene->path) : source->name);
    facts.emplace_back(fmt::format("--oo of {}", name), listed(scene->open_options));
    facts.emplace_back(fmt::format("the scene of {}", name), source->id);
    facts.emplace_back(fmt::format("the bands of {}", name), bands_of(*source));
    const std::vector<double>& added =
        source == &plan.before->info() ? plan.values.before : plan.values.after;
    facts.emplace_back(fmt::format("what is added to samples of {}", name),
                       fmt::format("{}{}", fmt::join(added, " "), plan.values.physical ? " scaled" : ""));
    facts.emplace_back(fmt::format("what is valid in {}", name),
                       fmt::format("{} {} {}", source->validity, scene->valid_path, scene->cloud));
  }
  facts.emplace_back("the grid of the images", fmt::format("{} x {}, {}, {}", grid.width, grid.height,
                                                           fmt::join(grid.transform, " "), grid.crs));
  for (const NamedPath& file : input_files(job)) {
    const std::string print = fingerprint(file.path);
    const std::string name = print.empty() ? file.path : absolute(file.path);
    facts.emplace_back(fmt::format("the {} '{}'", file.option, name), print);
    // A Shapefile's attributes have a file of their own.
    const fs::path table = fs::path(file.path).replace_extension(".dbf");
    if (fs::path(file.path).extension() == ".shp")
      facts.emplace_back(fmt::format("the table '{}'", table.string()), fingerprint(table.string()));
  }
  for (const Rulebook& book : *plan.books)
    facts.emplace_back(fmt::format("the content of rulebook \"{}\"", book.name), content_of(book));
  for (auto& [what, value] : facts) {
    what = hide_passwords(what);
    value = hide_passwords(value);
  }
  return facts;
}

void Checkpoint::read_preface() {
  std::vector<std::byte> bytes;
  StateReader(path_ / kScanState).get(bytes);
  Decoder decoder(bytes);
  std::string former;
  decoder.get(former);
  if (former != writer())
    throw CannotResume(
        fmt::format("the interrupted run was one of Tuban {}, and this is {}", former, writer()));
  decoder.get(units_.emplace());
  while (!decoder.done()) {
    auto& [what, value] = facts_.emplace_back();
    decoder.get(what);
    decoder.get(value);
  }
}

void Checkpoint::begin(const Plan& plan, const std::function<void(const std::string&)>& warn) {
  const Facts facts = facts_of(plan);
  Encoder encoder;
  encoder.put(writer());
  encoder.put(static_cast<const UnitShape&>(plan.scan));
  for (const auto& [what, value] : facts) {
    encoder.put(what);
    encoder.put(value);
  }
  preface_.assign(encoder.bytes().begin(), encoder.bytes().end());
  if (resuming()) {
    for (std::size_t i = 0; i < std::max(facts.size(), facts_.size()); ++i) {
      if (i < facts.size() && i < facts_.size() && facts[i] == facts_[i]) continue;
      const bool same_thing = i < facts.size() && i < facts_.size() && facts[i].first == facts_[i].first;
      if (!same_thing) {
        const auto& [what, value] = i < facts.size() ? facts[i] : facts_[i];
        throw CannotResume(
            fmt::format("{} was no part of the interrupted run, or is none of this one", what));
      }
      throw CannotResume(fmt::format("{} was {} in the interrupted run and is {} now", facts[i].first,
                                     shortened(facts_[i].second), shortened(facts[i].second)));
    }
    begun_ = true;
    return;
  }
  if (path_.empty()) {
    folder_.emplace(WorkFolder::temporary(job_.work_folder));
    folder_->keep(false);
    begun_ = true;
    return;
  }
  if (!folder_)
    if (auto left = WorkFolder::take(path_)) folder_.emplace(std::move(*left));
  if (folder_) {
    if (resumable())
      warn(fmt::format(
          "the work of an interrupted run, '{}', is discarded; --resume would have gone on with it",
          path_.string()));
    folder_->clear();
  } else {
    folder_.emplace(path_);
  }
  begun_ = true;
}

Error Checkpoint::explained(const Error& error) const {
  const bool told = dynamic_cast<const CannotResume*>(&error) != nullptr;
  if (!begun_ || told || !resumable()) return error;
  return Error(error.code(),
               fmt::format("{}; {}--resume goes on where it ended", error.what(),
                           error.code() == ErrorCode::cancelled ? "" : "once that is mended, "));
}

}  // namespace tuban
