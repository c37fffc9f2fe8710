// SPDX-License-Identifier: Apache-2.0
// The one table of a job's options.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <tuple>

#include "engine/rules/nearest.h"
#include "kernels/normalise.h"
#include "kernels/smooth.h"
#include "kernels/threshold.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

// What was given for an option, and how to refuse it.
class Given {
 public:
  Given(const OptionInfo& option, const std::vector<std::string>& values, std::string where)
      : option_(option), values_(values), where_(std::move(where)) {
    const bool single = option.takes == OptionInfo::Takes::value;
    if (single && values.size() != 1) {
      refuse(values.empty() ? "nothing" : fmt::format("{} values", values.size()));
    }
    if (option.takes == OptionInfo::Takes::list && values.empty()) refuse("nothing");
    if (option.takes == OptionInfo::Takes::nothing && values.size() > 1) {
      refuse(fmt::format("{} values", values.size()));
    }
  }

  [[noreturn]] void refuse(const std::string& found) const {
    throw Error(ErrorCode::usage, fmt::format("{}: expected {}, found {}", where_, option_.expects, found));
  }
  [[noreturn]] void refuse() const { refuse('"' + values_.front() + '"'); }

  const std::string& text() const {
    if (values_.front().empty()) refuse("an empty text");
    return values_.front();
  }

  const std::vector<std::string>& list() const {
    for (const auto& value : values_) {
      if (value.empty()) refuse("an empty text");
    }
    return values_;
  }

  std::vector<std::string> pairs() const {
    for (const auto& value : list()) {
      const auto equals = value.find('=');
      if (equals == 0 || equals == std::string::npos) refuse('"' + value + '"');
    }
    return values_;
  }

  std::vector<std::string> comma_list() const {
    std::vector<std::string> items;
    for (const auto& value : list()) {
      std::size_t from = 0;
      while (true) {
        const auto comma = value.find(',', from);
        items.push_back(value.substr(from, comma - from));
        if (items.back().empty()) refuse('"' + value + '"');
        if (comma == std::string::npos) break;
        from = comma + 1;
      }
    }
    return items;
  }

  int whole(int least, int most = std::numeric_limits<int>::max()) const {
    const auto value = parse_whole(text());
    if (!value || *value < least || *value > most) refuse();
    return *value;
  }

  // A number of 0 or more and the unit that follows it.
  std::pair<double, std::string_view> measure() const {
    const std::string& all = text();
    double value = 0;
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), value);
    if (error != std::errc() || !std::isfinite(value) || value < 0) refuse();
    std::string_view unit(end, static_cast<std::size_t>(all.data() + all.size() - end));
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    return {value, unit};
  }

  double number() const {
    const auto [value, unit] = measure();
    if (!unit.empty()) refuse();
    return value;
  }

  double signed_number() const {
    const std::string& all = text();
    double value = 0;
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), value);
    if (error != std::errc() || end != all.data() + all.size() || !(std::abs(value) < 1e9)) refuse();
    return value;
  }

  std::pair<int, int> width_and_height() const {
    const std::string_view all = text();
    const auto by = all.find('x');
    const auto width = parse_whole(all.substr(0, by));
    const auto height = by == std::string_view::npos ? width : parse_whole(all.substr(by + 1));
    if (!width || !height || *width < 1 || *height < 1) refuse();
    return {*width, *height};
  }

  bool flag() const {
    if (values_.empty() || values_.front() == "true") return true;
    if (values_.front() != "false") refuse();
    return false;
  }

  static std::optional<int> parse_whole(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

 private:
  const OptionInfo& option_;
  const std::vector<std::string>& values_;
  std::string where_;
};

std::uint64_t bytes(const Given& given) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"B", 1},     {"kB", 1e3},   {"KB", 1e3},        {"MB", 1e6},           {"GB", 1e9},
      {"TB", 1e12}, {"KiB", 1024}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
  const auto [value, unit] = given.measure();
  for (const auto& [name, factor] : kUnits) {
    // Beyond 2^60 it is a slip of the hand, and the sum of two would no longer fit.
    if (unit == name && value * factor >= 1 && value * factor < 1152921504606846976.0) {
      return static_cast<std::uint64_t>(value * factor);
    }
  }
  given.refuse();
}

MinimumArea minimum_area(const Given& given) {
  const auto [value, unit] = given.measure();
  if (unit == "px") return {value, true};
  if (!unit.empty() && unit != "m2") given.refuse();
  return {value, false};
}

ExecutorKind executor_kind(const Given& given) {
  constexpr std::pair<std::string_view, ExecutorKind> kKinds[] = {{"tbb", ExecutorKind::tbb},
                                                                  {"serial", ExecutorKind::serial},
                                                                  {"openmp", ExecutorKind::openmp},
                                                                  {"jthread", ExecutorKind::jthread},
                                                                  {"host-tbb", ExecutorKind::host_tbb}};
  for (const auto& [name, kind] : kKinds) {
    if (given.text() == name) return kind;
  }
  given.refuse();
}

ReaderKind reader_kind(const Given& given) {
  if (given.text() == "auto") return ReaderKind::automatic;
  if (given.text() == "gdal") return ReaderKind::gdal;
  given.refuse();
}

RegistrationKind registration_kind(const Given& given) {
  const std::string& word = given.text();
  if (word == "auto") return RegistrationKind::automatic;
  if (word == "off") return RegistrationKind::off;
  if (word == "estimate") return RegistrationKind::estimate;
  if (word == "translation") return RegistrationKind::translation;
  given.refuse();
}

ResamplingKind resampling_kind(const Given& given) {
  constexpr std::pair<std::string_view, ResamplingKind> kKinds[] = {{"nearest", ResamplingKind::nearest},
                                                                    {"bilinear", ResamplingKind::bilinear},
                                                                    {"cubic", ResamplingKind::cubic},
                                                                    {"average", ResamplingKind::average}};
  for (const auto& [name, kind] : kKinds) {
    if (given.text() == name) return kind;
  }
  given.refuse();
}

struct Option {
  OptionInfo info;
  void (*set)(Job&, const Given&);
};

constexpr auto kValue = OptionInfo::Takes::value;
constexpr auto kList = OptionInfo::Takes::list;
constexpr auto kFlag = OptionInfo::Takes::nothing;

constexpr const char* kFile = "a file name";
constexpr const char* kPairs = "KEY=VALUE";

constexpr Option kOptions[] = {
    {{"before", kValue, true, "Input", "a raster", "the raster of the earlier date"},
     [](Job& job, const Given& given) { job.before.path = given.text(); }},
    {{"after", kValue, true, "Input", "a raster", "the raster of the later date"},
     [](Job& job, const Given& given) { job.after.path = given.text(); }},
    {{"before_date", kValue, false, "Input", "a date yyyy-mm-dd",
      "date of BEFORE (default: from its metadata)"},
     [](Job& job, const Given& given) { job.before.date = given.text(); }},
    {{"after_date", kValue, false, "Input", "a date yyyy-mm-dd",
      "date of AFTER (default: from its metadata)"},
     [](Job& job, const Given& given) { job.after.date = given.text(); }},
    {{"before_valid", kValue, true, "Input", kFile, "raster on the same grid, 1 where BEFORE is valid"},
     [](Job& job, const Given& given) { job.before.valid_path = given.text(); }},
    {{"after_valid", kValue, true, "Input", kFile, "raster on the same grid, 1 where AFTER is valid"},
     [](Job& job, const Given& given) { job.after.valid_path = given.text(); }},
    {{"before_cloud", kValue, true, "Input", "a raster, or band=N",
      "raster that tells the clouds of BEFORE, or a band of it, as band=SCL"},
     [](Job& job, const Given& given) { job.before.cloud = given.text(); }},
    {{"after_cloud", kValue, true, "Input", "a raster, or band=N",
      "raster that tells the clouds of AFTER, or a band of it, as band=SCL"},
     [](Job& job, const Given& given) { job.after.cloud = given.text(); }},
    {{"cloud_classes", kList, false, "Input", "scl, qa_pixel, binary or values such as 8,9,10",
      "what cloud masks hold: scl, qa_pixel, binary or the values that are cloud; also scl,snow "
      "(default: the profile's, else binary)"},
     [](Job& job, const Given& given) { job.cloud_classes = given.comma_list(); }},
    {{"cloud_dilate", kValue, false, "Input", "a whole number of pixels from 0 to 1000",
      "pixels that clouds reach beyond their mask (default: 3; 0 for qa_pixel, which is dilated)"},
     [](Job& job, const Given& given) { job.cloud_dilate = given.whole(0, 1000); }},
    {{"before_offset", kValue, false, "Input", "a number of samples such as -1000",
      "added to samples of BEFORE, such as -1000 for Sentinel-2 since baseline 04.00 (default: by its tags)"},
     [](Job& job, const Given& given) { job.before.offset = given.signed_number(); }},
    {{"after_offset", kValue, false, "Input", "a number of samples such as -1000",
      "added to samples of AFTER (default: by its tags)"},
     [](Job& job, const Given& given) { job.after.offset = given.signed_number(); }},
    {{"bands", kList, false, "Input", "bands such as 1,2,3,4 or B02,B03 or blue=1,green=2",
      "bands to compare: numbers, descriptions or role=number (default: all but alpha)"},
     [](Job& job, const Given& given) { job.bands = given.comma_list(); }},
    {{"profile", kValue, false, "Input", "the name of a sensor profile",
      "kind of sensor: sentinel2, landsat8, landsat7, gf1, gf2, gf6, zy3, bj3, rgb or sar; says what "
      "bands show and may choose the detector and more"},
     [](Job& job, const Given& given) { job.profile = given.text(); }},
    {{"oo", kList, false, "Input", kPairs, "GDAL open option, for both rasters; repeatable"},
     [](Job& job, const Given& given) { job.before.open_options = job.after.open_options = given.pairs(); }},

    {{"reproject", kFlag, false, "Input", "true or false",
      "bring AFTER onto the grid of BEFORE, where both are (else different grids are refused)"},
     [](Job& job, const Given& given) { job.reproject = given.flag(); }},
    {{"grid", kValue, true, "Input", "before, after or a raster",
      "bring both rasters onto this grid, where both are"},
     [](Job& job, const Given& given) { job.grid = given.text(); }},
    {{"resampling", kValue, false, "Input", "nearest, bilinear, cubic or average",
      "how samples come onto another grid or place (default: bilinear; average where pixels grow by more "
      "than 1.5)"},
     [](Job& job, const Given& given) { job.resampling = resampling_kind(given); }},
    {{"register", kValue, false, "Input", "auto, off, estimate or translation",
      "a shift between the rasters: auto measures it and corrects what is beyond doubt, translation corrects "
      "whatever is measured, estimate reports it only (default: auto; off for profile sar)"},
     [](Job& job, const Given& given) { job.registration = registration_kind(given); }},
    {{"max_shift", kValue, false, "Input", "a number of pixels from 0 to 64",
      "refuse rasters that lie further apart (default: 5)"},
     [](Job& job, const Given& given) {
       job.max_shift = given.number();
       if (!(job.max_shift >= 0 && job.max_shift <= 64)) given.refuse();
     }},
    {{"shift_tolerance", kValue, false, "Input", "0 or 1",
      "compare each pixel with its neighbours of the other date too: 1, or 0 for not (default: 1 where half "
      "a pixel or more is left between the rasters)"},
     [](Job& job, const Given& given) { job.shift_tolerance = given.whole(0, 1); }},

    {{"detector", kValue, false, "Detection", "the name of a detector",
      "default, difference, ratio, cva, mad-cva, robust, log-ratio, sam, mahalanobis, mad, irmad, "
      "irmad-tempered, sfa, "
      "isfa, ndvi, ndwi, mndwi, ndbi, bsi or brightness (default: default)"},
     [](Job& job, const Given& given) { job.detector = given.text(); }},
    {{"threshold", kValue, false, "Detection",
      "auto, otsu, ki, em, triangle, null:RATE, cfar:RATE, chi2:RATE, percentile:P or fixed:SCORE",
      "where change begins: auto, otsu, ki, em, triangle, null:RATE of false alarms, cfar:RATE of speckle, "
      "chi2:RATE, percentile:P of the sample or fixed:SCORE (default: auto)"},
     [](Job& job, const Given& given) {
       job.threshold = given.text();
       if (!kernels::cut_rule(job.threshold)) given.refuse();
     }},
    {{"normalise", kValue, false, "Detection", "invariant, mean-sigma, histogram or none",
      "how the dates are matched: invariant (pixels), mean-sigma, histogram or none (default: invariant)"},
     [](Job& job, const Given& given) {
       job.normalise = given.text();
       if (!kernels::find_normalisation(job.normalise)) given.refuse();
     }},
    {{"looks", kValue, false, "Detection", "a number above 0.5, such as 4.4",
      "equivalent number of looks, for --threshold cfar:RATE (default: estimated)"},
     [](Job& job, const Given& given) {
       job.looks = given.number();
       if (!(job.looks > 0.5)) given.refuse();
     }},
    {{"hysteresis", kValue, false, "Detection", "a factor of 1 or more, such as 1.25",
      "report only patches with a pixel that scores this many times the cut (default: 1, all)"},
     [](Job& job, const Given& given) {
       job.hysteresis = given.number();
       if (job.hysteresis < 1) given.refuse();
     }},
    {{"smooth", kValue, false, "Detection", "none, mean3, multiscale or gauss:S",
      "how scores are smoothed before the cut; S: sigma in pixels, at most 4 (default: multiscale)"},
     [](Job& job, const Given& given) {
       job.smooth = given.text();
       if (!kernels::find_smoothing(job.smooth)) given.refuse();
     }},
    {{"connectivity", kValue, false, "Detection", "4 or 8", "neighbours that join a patch (default: 8)"},
     [](Job& job, const Given& given) {
       job.connectivity = given.whole(4, 8);
       if (job.connectivity != 4 && job.connectivity != 8) given.refuse();
     }},
    {{"min_area", kValue, false, "Detection", "an area such as 200 (m2) or 50px",
      "drop smaller patches (default: 200 m2)"},
     [](Job& job, const Given& given) { job.min_area = minimum_area(given); }},
    {{"simplify", kValue, false, "Detection", "a tolerance of 0 or more in ground units",
      "simplify outlines; attributes stay those of the exact ones (default: 0, exact)"},
     [](Job& job, const Given& given) { job.simplify = given.number(); }},

    {{"types", kList, false, "Detection", "types such as C10,C13 or construction,earthwork",
      "report these change types only (default: all)"},
     [](Job& job, const Given& given) { job.types = given.comma_list(); }},
    {{"budget", kValue, false, "Detection", "a budget such as 3% or 50/100km2",
      "report the best-ranked patches only: share of the valid area, or number (default: all)"},
     [](Job& job, const Given& given) { job.budget = given.text(); }},

    {{"layers", kList, true, "Rules", "a layers.yaml file", "reference layers for the rules; repeatable"},
     [](Job& job, const Given& given) { job.layers = given.list(); }},
    {{"rules", kList, true, "Rules", "the name of a shipped rulebook or a rulebook file",
      "rulebook by name or file; repeatable (default: the shipped ones); none alone: no rules"},
     [](Job& job, const Given& given) { job.rules = given.list(); }},
    {{"rule", kList, false, "Rules", "RULE=off or RULE.PARAMETER=NUMBER, such as F01.least_m2=300",
      "switch a rule off or set a parameter of it: [BOOK.]RULE=off, [BOOK.]RULE.PARAMETER=NUMBER; "
      "repeatable"},
     [](Job& job, const Given& given) { job.rule_changes = given.pairs(); }},

    {{"previous", kList, true, "Rules", "a result of an earlier batch",
      "earlier patches that this batch may go on from; repeatable, the oldest first"},
     [](Job& job, const Given& given) { job.previous = given.list(); }},
    {{"previous_id", kValue, false, "Rules", "the name of a field",
      "field of ids in --previous (default: JCBH or patch_id)"},
     [](Job& job, const Given& given) { job.previous_id = given.text(); }},

    {{"output", kValue, true, "Output", "a file or data source",
      "result, a GeoPackage unless --of says otherwise; /vsistdout/ with --of GeoJSONSeq, GeoJSON or "
      "FlatGeobuf"},
     [](Job& job, const Given& given) { job.output = given.text(); }},
    {{"of", kValue, false, "Output", "the name of an OGR driver",
      "format of the result (default: by extension)"},
     [](Job& job, const Given& given) { job.format = given.text(); }},
    {{"co", kList, false, "Output", kPairs, "dataset creation option of the format; repeatable"},
     [](Job& job, const Given& given) { job.creation_options = given.pairs(); }},
    {{"lco", kList, false, "Output", kPairs, "layer creation option of the format; repeatable"},
     [](Job& job, const Given& given) { job.layer_creation_options = given.pairs(); }},
    {{"mask", kValue, true, "Output", kFile, "raster 1/0/255 of exactly what was traced"},
     [](Job& job, const Given& given) { job.mask_path = given.text(); }},
    {{"patch_mask", kValue, true, "Output", kFile, "raster 1/0/255 of the patches reported"},
     [](Job& job, const Given& given) { job.patch_mask_path = given.text(); }},
    {{"score", kValue, true, "Output", kFile, "float32 raster of the number compared with the cut"},
     [](Job& job, const Given& given) { job.score_path = given.text(); }},
    {{"military_register", kValue, true, "Output", kFile,
      "patches that meet a layer of role military, readable by you alone (default: written nowhere)"},
     [](Job& job, const Given& given) { job.military_register = given.text(); }},
    {{"overwrite", kFlag, false, "Output", "true or false",
      "replace outputs that exist (else they are refused)"},
     [](Job& job, const Given& given) { job.overwrite = given.flag(); }},

    {{"memory", kValue, false, "Resources", "a size with its unit, such as 1GB, 512MB or 2GiB",
      "bound on resident memory, caches included (also TUBAN_MEMORY)"},
     [](Job& job, const Given& given) { job.memory_bytes = bytes(given); }},
    {{"threads", kValue, false, "Resources", "a whole number from 0 to 4096",
      "threads; 0: all this process may use, and more to read over a network (also TUBAN_THREADS)"},
     [](Job& job, const Given& given) { job.threads = given.whole(0, 4096); }},
    {{"tile", kValue, false, "Resources", "N or WxH in pixels, such as 512 or 1000x300",
      "unit of computing; never changes the result (default: 512, lower where nothing is compressed)"},
     [](Job& job, const Given& given) {
       std::tie(job.tile_width, job.tile_height) = given.width_and_height();
     }},
    {{"executor", kValue, false, "Resources", "tbb, serial, openmp, jthread or host-tbb",
      "what runs the threads, host-tbb being the arena of an embedding program (default: tbb)"},
     [](Job& job, const Given& given) { job.executor = executor_kind(given); }},
    {{"reader", kValue, false, "Resources", "auto or gdal",
      "auto reads plain local GeoTIFF past GDAL; never changes the result (default: auto)"},
     [](Job& job, const Given& given) { job.reader = reader_kind(given); }},
    {{"work_folder", kValue, true, "Resources", "a folder",
      "place for intermediate files (default: beside the result)"},
     [](Job& job, const Given& given) { job.work_folder = given.text(); }},
};

constexpr auto kInfos = [] {
  std::array<OptionInfo, std::size(kOptions)> infos;
  for (std::size_t i = 0; i < infos.size(); ++i) infos[i] = kOptions[i].info;
  return infos;
}();

std::string flag_of(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

std::span<const OptionInfo> job_options() noexcept {
  return kInfos;
}

void set_option(Job& job, std::string_view key, const std::vector<std::string>& values,
                const std::string& where) {
  for (const Option& option : kOptions) {
    if (option.info.key == key) {
      option.set(job, Given(option.info, values, where.empty() ? std::string(key) : where));
      return;
    }
  }
  const bool is_flag = where.starts_with("--");
  std::vector<std::string> names;
  for (const Option& option : kOptions)
    names.push_back(is_flag ? flag_of(option.info.key) : std::string(option.info.key));
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw Error(ErrorCode::usage, fmt::format("{} is unknown{}", where.empty() ? std::string(key) : where,
                                            suggestion(is_flag ? where : key, known)));
}

}  // namespace tuban
