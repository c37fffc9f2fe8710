// SPDX-License-Identifier: Apache-2.0
// What a job writes, where, and in which format.
#pragma once

#include <string>
#include <vector>

#include "engine/io/sink.h"
#include "tuban/job.h"

namespace tuban {

/// How a vector output is written.
struct VectorFormat {
  std::string driver;  ///< as GDAL spells it
  /// Text fields are short (Shapefile, MapInfo): findings go to STEM_findings.csv, else into a column.
  bool short_text = false;
};

/// job.format, else by the extension of job.output, GPKG where there is none. Throws Error(usage), listing
/// what can be written, for an unknown driver or extension, or a driver that makes no files of its own.
VectorFormat vector_format(const MarkingJob& job);

/// Suffixes of the side files a format gets (behind the stem): the manifest and, for short text, findings.
std::vector<std::string> side_suffixes(const VectorFormat& format);

/// What the job reads: rasters and the files behind a VRT, validity files, layer lists, layers, rulebooks
/// (shipped ones by name).
std::vector<NamedPath> input_files(const Job& job);
/// Layer lists, layers and rulebooks alone.
std::vector<NamedPath> input_files(const MarkingJob& job);

/// Whether it is kStandardOutput.
bool is_stream(const std::string& output);
/// The file that a stream is copied from, in the work folder.
std::string stream_file(const MarkingJob& job, const VectorFormat& format);

inline constexpr const char* kManifestSuffix = "_run.json";
inline constexpr const char* kFindingsSuffix = "_findings.csv";

}  // namespace tuban
