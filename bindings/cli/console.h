// SPDX-License-Identifier: Apache-2.0
// What the user sees while a job runs: progress and warnings on stderr.
#pragma once

#include <string>
#include <vector>

#include "tuban/job.h"

namespace tuban::cli {

/// bar is GDAL's, for logs; line is one that is drawn again and again, for terminals.
enum class ProgressStyle { none, bar, line, json };

/// One JSON object without a line end.
std::string progress_json(const Progress& progress);

/// What a line shows: share, stage, pixels and their rate, patches, time left.
std::string progress_line(const Progress& progress);

class Console {
 public:
  Console(ProgressStyle style, bool quiet) : style_(style), quiet_(quiet) {}
  ~Console();  ///< ends the line of a bar and shows the warnings that waited for it

  void progress(const Progress& progress);
  void warn(const std::string& sentence);
  void finish();  ///< the job is done

 private:
  void advance_bar(double share);
  void draw_line(const Progress& progress);
  void end_line();

  ProgressStyle style_;
  bool quiet_;
  int ticks_ = -1;  // of the bar, 0 to 40; -1 before it begins
  bool line_open_ = false;
  std::vector<std::string> waiting_;
};

}  // namespace tuban::cli
