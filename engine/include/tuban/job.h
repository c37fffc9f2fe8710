// SPDX-License-Identifier: Apache-2.0
// A job is a value: what to compare, how, and where the result goes. The command line, the job file and the
// bindings all fill this one struct.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tuban/detector.h"
#include "tuban/export.h"
#include "tuban/host_rule.h"
#include "tuban/io.h"
#include "tuban/patch.h"

namespace tuban {

/// One acquisition: a path, or a source already open, which settles bands, validity and open options itself.
struct Scene {
  std::string path;
  std::shared_ptr<const Source> source;
  std::string valid_path;                 ///< raster on the same grid, 1 = valid
  std::optional<std::string> date;        ///< ISO 8601; overrides metadata
  std::vector<std::string> open_options;  ///< GDAL open options
  std::string cloud = {};                 ///< raster of clouds, or "band=SCL"; see RasterOptions
  /// Added to the samples before anything else, such as -1000 for Sentinel-2 since processing baseline 04.00;
  /// none: what tags of the file say.
  std::optional<double> offset = {};
};

/// A smallest area: square metres on the ellipsoid, or pixels.
struct MinimumArea {
  double value = 200;
  bool pixels = false;
};

/// How pixels come onto another grid; `average` is the mean of the area that a pixel covers.
enum class ResamplingKind : std::uint8_t { nearest, bilinear, cubic, average };

/// What is done about a shift between the scenes. `automatic` corrects one that is there beyond doubt and
/// larger than .3 px, `translation` whatever is measured.
enum class RegistrationKind : std::uint8_t { automatic, off, estimate, translation };

/// Whose threads work. `host_tbb` is the oneTBB arena of the thread that calls, where it is in one; `threads`
/// then means nothing.
enum class ExecutorKind { tbb, serial, openmp, jthread, host_tbb };

/// As MarkingJob::output: the standard output of the process. The result is made in a private folder of the
/// work folder and copied when it is whole, after all other outputs have their names. The formats are those
/// that can be read from a pipe, GeoJSONSeq, GeoJSON and FlatGeobuf; nothing stands beside it, so the
/// manifest is Report::manifest alone, and it cannot be resumed. A host that does not ignore SIGPIPE ends
/// with its reader.
inline constexpr std::string_view kStandardOutput = "/vsistdout/";

/// What every job that marks patches has: reference layers, rules, a result, resources.
struct MarkingJob {
  std::vector<std::string> layers;  ///< layers.yaml files
  /// Shipped book names or rulebook files; empty: the shipped books; "none" alone: none of them.
  std::vector<std::string> rules;
  std::vector<std::string> rule_texts;    ///< rulebooks as text, in YAML or JSON, behind those
  std::vector<HostRule> host_rules;       ///< functions of the host's, behind all of them
  std::vector<std::string> rule_changes;  ///< "F05=off", "farmland.F05=off", "F01.least_m2=300"
  /// Results of earlier batches, or any polygons with an id, the oldest first: where their dates are not
  /// known.
  std::vector<std::string> previous;
  std::string previous_id;  ///< the field of their ids; empty: JCBH or patch_id

  std::string output;                               ///< path or kStandardOutput; empty: no vector output
  std::string format;                               ///< OGR driver; empty: by extension, GPKG by default
  std::vector<std::string> creation_options;        ///< dataset, KEY=VALUE
  std::vector<std::string> layer_creation_options;  ///< layer, KEY=VALUE
  /// Patches on military ground (role military of the layers) and nothing else, mode 0600; no other output
  /// holds them. Empty: they are written nowhere.
  std::string military_register;
  bool overwrite = false;

  std::uint64_t memory_bytes = 0;  ///< 0: no promise asked for, a quarter of physical memory is planned with
  int threads = 0;                 ///< 0: all this process may use
  ExecutorKind executor = ExecutorKind::tbb;
  std::string work_folder;  ///< for the spool; empty: beside the output, of a stream the temporary folder
};

struct Job : MarkingJob {
  Scene before;
  Scene after;
  std::vector<std::string> bands;  ///< numbers, descriptions or role=number; empty: all but alpha
  /// What the values of cloud masks mean: scl, qa_pixel, binary, or those that are cloud; empty: the
  /// profile's, binary without one.
  std::vector<std::string> cloud_classes;
  /// Pixels of its raster that a cloud reaches beyond its mask; none: 3, and 0 for qa_pixel, which is dilated
  /// already.
  std::optional<int> cloud_dilate;
  bool reproject = false;  ///< brings `after` onto the grid of `before`; else different grids are refused
  std::string grid;  ///< "before", "after" or a raster: brings both onto that grid; empty: see reproject
  std::optional<ResamplingKind> resampling;      ///< none: bilinear, average where pixels become much larger
  std::optional<RegistrationKind> registration;  ///< none: the profile's, `automatic` without one
  /// Pixels that places may lie apart without counting as change, 0 or 1; none: 1 where what registration
  /// leaves is half a pixel or more.
  std::optional<int> shift_tolerance;
  double max_shift = 5;  ///< px; scenes that lie further apart are refused where that would be corrected
  std::string profile;   ///< kind of sensor, such as "sentinel2": what its bands show, and its defaults
  std::string detector;  ///< empty: the profile's, "default" without one
  std::shared_ptr<const HostDetector> host_detector = {};  ///< used in place of `detector`
  std::string normalise = "invariant";  ///< or "none", "mean-sigma", "histogram": how the dates are matched
  std::string threshold;  ///< where change begins, such as "otsu"; empty: the profile's, "auto" without one
  double looks = 0;       ///< equivalent number of looks, for "cfar"; 0: estimated from the images
  double hysteresis = 1;  ///< a patch has a pixel that scores at least this many times the cut; 1: any has
  std::string smooth = "multiscale";  ///< none, mean3, multiscale or gauss:S, of the scores
  int connectivity = 8;               ///< 4 or 8
  MinimumArea min_area;
  double simplify = 0;  ///< tolerance in ground units after merging; 0: exact geometry

  std::vector<std::string> types;  ///< change types reported: codes, construction, earthwork; empty: all
  std::string budget;  ///< "3%" of the valid area or "50/100km2": the best-ranked are reported; empty: all

  std::string mask_path;        ///< 1/0/255, exactly what was traced
  std::string patch_mask_path;  ///< 1/0/255, burned from the patches reported
  std::string score_path;       ///< float32, exactly the number compared with the cut

  int tile_width = 0;  ///< cuts the computing, never the result; both 0: the engine chooses
  int tile_height = 0;
  ReaderKind reader = ReaderKind::automatic;  ///< never changes the result
};

/// One option of a job: `--min-area` on the command line, `min_area` in a job file, the same value in both.
struct OptionInfo {
  enum class Takes { value, list, nothing };
  std::string_view key;
  Takes takes = Takes::value;
  bool is_path = false;      ///< relative to the job file that names it
  std::string_view group;    ///< heading in a help text
  std::string_view expects;  ///< what a value looks like, such as "4 or 8"
  std::string_view help;
};

/// Every option there is, in the order of a help text. Flags, job file keys and bindings come from this
/// table.
TUBAN_API std::span<const OptionInfo> job_options() noexcept;

/// Gives an option these values: one for Takes::value; one or more for Takes::list, which replace what was
/// there; none, "true" or "false" for Takes::nothing. Throws Error(usage) that begins with `where` (the key
/// if empty) and says what was expected and found; an unknown key is refused with the nearest.
TUBAN_API void set_option(Job& job, std::string_view key, const std::vector<std::string>& values,
                          const std::string& where = {});

/// Reads a job file (YAML or JSON; the same keys as the command line's options, `-` as `_`). Relative paths
/// are relative to the file. Throws Error(usage) naming file and key; unknown keys are refused with the
/// nearest.
TUBAN_API Job load_job(const std::string& path);

struct Progress {
  const char* stage = "";  ///< "plan", "register", "measure", "scan", "describe", "lineage" (where there are
                           ///< earlier batches), "mark", "emit"; of given patches "read", then as here
  /// Of the time the whole job takes, as far as it can be foreseen: 0 to 1, never decreasing, 1 at the end.
  double share = 0;
  std::int64_t patches = 0;            ///< found so far; while scanning, regions that may become patches
  std::int64_t pixels_done = 0;        ///< scanned
  std::int64_t pixels = 0;             ///< to scan; 0 until that is known
  double pixels_per_second = 0;        ///< of the scan so far
  double seconds = 0;                  ///< since the job began
  std::optional<double> seconds_left;  ///< unknown until pixels have been scanned
};

/// Whole rows of a raster result, in order from the top: `samples` has count * Grid::width of them.
template <typename T>
struct RasterRows {
  int y = 0, count = 0;
  std::span<const T> samples;
  int height = 0;  ///< rows of the whole raster
};

/// Where results go in memory, beside the files that a job names or instead of any. The functions are called
/// from threads of the run, one call at a time, and the run waits for them. What one throws ends the run,
/// which throws it on; as after any other error no file gets its name then, and what was received before is
/// no result.
struct Receiver {
  /// Every patch reported, in row order (last raster row, region id), once all are ranked.
  std::function<void(MarkedPatch&&)> patch;
  /// Every patch as soon as its outline is closed, while pixels are still read: neither ranked nor marked,
  /// and a job's types and budget may leave it out later. Those of an interrupted run that is resumed are not
  /// told again. The order depends on how the raster was cut for computing.
  std::function<void(const Patch&)> closed;
  std::function<void(const RasterRows<std::uint8_t>&)> mask;        ///< as Job::mask_path
  std::function<void(const RasterRows<std::uint8_t>&)> patch_mask;  ///< as Job::patch_mask_path
  std::function<void(const RasterRows<float>&)> score;              ///< as Job::score_path

  /// Whether anything of the result is asked for.
  bool any() const { return patch || mask || patch_mask || score; }
};

/// How the host watches, stops and resumes a run. Callbacks come from worker threads, one at a time.
struct Control {
  /// Called when a stage begins, at most ten times a second while it lasts, and at the end.
  std::function<void(const Progress&)> progress;
  std::function<void(const std::string&)> warn;  ///< one plain sentence per call
  std::stop_token stop;
  /// Go on with what an interrupted run of the same job has left in its work folder; from the beginning where
  /// there is nothing. Nothing is done where the outputs are finished (without Job::overwrite): then a run
  /// that is to hand over results in memory (Receiver::any, collect) throws Error(usage), for it holds none.
  bool resume = false;
  double checkpoint_seconds = 2;  ///< a checkpoint at most this often; never changes the result
  Receiver receive;
};

/// Wall time, and the processor time of the whole process meanwhile.
struct StageTime {
  std::string stage;
  double seconds = 0, cpu_seconds = 0;
};

/// This batch against earlier ones. Areas are of unions: no ground counts twice.
struct LineageReport {
  double batch_m2 = 0;                                       ///< of this batch
  double earlier_m2 = 0;                                     ///< of all earlier ones
  double new_m2 = 0;                                         ///< of this batch, where no earlier patch lay
  double union_m2 = 0;                                       ///< of all together
  std::vector<std::pair<std::string, std::int64_t>> counts;  ///< of patches by status, and those disappeared
};

/// What a run did, and what it took; the first is the same as table `run` holds.
struct Report {
  Grid grid;  ///< of the results
  std::int64_t pixels = 0;
  std::int64_t valid_pixels = 0;
  std::int64_t changed_pixels = 0;
  std::int64_t regions = 0;  ///< traced, before the minimum area
  std::int64_t patches = 0;
  std::int64_t findings = 0;
  std::int64_t repaired_patches = 0;    ///< of those given, invalid ones
  std::int64_t left_out_by_types = 0;   ///< patches that Job::types leaves out of every output
  std::int64_t left_out_by_budget = 0;  ///< those that Job::budget leaves out
  std::int64_t resumed_pixels = 0;  ///< taken over from an interrupted run, not searched for patches again
  bool finished_before = false;     ///< there was nothing to resume: the outputs are finished; all else is 0
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t planned_bytes = 0;  ///< the peak that the plan expected
  std::int64_t units = 0;           ///< stretches of whole storage blocks the raster was cut into
  int units_in_flight = 0;
  std::uint64_t spilled_bytes =
      0;  ///< written to the work folder: spools, and rasters that outputs are made from
  std::optional<LineageReport> lineage;  ///< where earlier batches were given
  std::vector<StageTime> stages;         ///< in their order
  std::vector<std::string> warnings;
  std::string manifest;  ///< JSON
};

/// Runs the whole line. Throws Error; then nothing stands under an output's final name. A run that was
/// stopped, killed or failed after a checkpoint leaves its work folder, `.NAME.tuban-work` (in
/// Job::work_folder `.NAME-HASH.tuban-work`, of the first output), to be resumed; the next run of the same
/// output without Control::resume removes it.
TUBAN_API Report run(const Job& job, const Control& control = {});

/// Everything a run reports, held in memory.
struct Result {
  Report report;
  std::vector<MarkedPatch> patches;  ///< in row order
};

/// run() with the patches in memory; the job needs no output. Control::receive.patch is not called.
TUBAN_API Result collect(const Job& job, const Control& control = {});

}  // namespace tuban
