// SPDX-License-Identifier: Apache-2.0
// Everything a run needs to know before the first pixel is read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/align/align.h"
#include "engine/align/co_register.h"
#include "engine/io/patch_file.h"
#include "engine/io/value_scale.h"
#include "engine/patch/describe.h"
#include "engine/ranking.h"
#include "engine/rules/layers.h"
#include "engine/rules/rule_changes.h"
#include "engine/rules/rulebook.h"
#include "engine/scan/executor.h"
#include "engine/scan/scan_plan.h"
#include "tuban/job.h"

namespace tuban {

struct Plan {
  Job job;
  std::shared_ptr<const Source> before, after;
  ValueScale values;
  Alignment alignment;
  Registration registration;
  std::shared_ptr<const kernels::Detector> host_detector;  ///< where the job has one
  const kernels::Detector* detector = nullptr;
  kernels::CutRule cut_rule;
  DescribeContext describe;  ///< complete but for the model's part
  std::shared_ptr<const ReferenceLayers> layers;
  std::shared_ptr<const std::vector<Rulebook>> books;  ///< as the job changed them
  std::vector<RuleChange> rule_changes;
  PreviousFiles previous;  ///< earlier batches, opened and checked
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Executor> waiting_executor;  ///< more threads, where reads wait for a network
  ScanPlan scan;
  PatchFilter filter;
  double pixel_area_m2 = 0;  ///< mean over the grid; 0 where unknown or not asked for

  /// For passes that read the rasters.
  Executor& reading_executor() const { return waiting_executor ? *waiting_executor : *executor; }
};

/// Opens the inputs, loads layers and rulebooks, checks the outputs, plans tiles and memory. Reads no pixel;
/// every mistake a user can make is thrown from here. `warn` gets one sentence per thing worth knowing.
/// `units`: the cut of a scan to be resumed. `patches`: whether anybody wants any, and hears what is worth
/// knowing of them.
Plan make_plan(const Job& job, const std::function<void(const std::string&)>& warn,
               const std::optional<UnitShape>& units = {}, bool patches = true);

/// Measures how far the scenes lie apart and corrects it as the job says: then one of them is resampled
/// (once, together with any reprojection) and the scan planned anew. Throws Error(mismatch) where they lie
/// too far apart.
void co_register(Plan& plan, const std::function<void(const std::string&)>& warn,
                 const std::optional<UnitShape>& units, const std::stop_token& stop);

/// The parts of a plan that need no raster. Rulebooks of the job, or the shipped ones; refuses one given
/// twice. `changes`: what the job changes of their rules.
std::shared_ptr<const std::vector<Rulebook>> load_books(const MarkingJob& job,
                                                        std::vector<RuleChange>& changes);
/// Whether the job's layers name secret ground, which nothing may be said of a patch before it has met.
bool declares_secret_ground(const MarkingJob& job);
/// The secret ground alone; null where there is none.
std::shared_ptr<const ReferenceLayers> load_secret_ground(const MarkingJob& job, const Grid& grid);
/// Every layer the job lists; refuses layers over a grid without a CRS.
std::shared_ptr<const ReferenceLayers> load_layers(const MarkingJob& job, const Grid& grid,
                                                   const std::function<void(const std::string&)>& warn);
/// Says once which roles the books ask for and no layer has.
void warn_of_missing(const std::vector<Rulebook>& books, const ReferenceLayers& layers,
                     const std::function<void(const std::string&)>& warn);

}  // namespace tuban
