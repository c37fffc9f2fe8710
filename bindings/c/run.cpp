// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "bindings/c/handles.h"
#include "tuban/job.h"
#include "tuban/mark.h"

namespace tuban::c {
namespace {

void heed(int answer, const char* which) {
  if (answer != 0)
    throw Error(ErrorCode::cancelled,
                fmt::format("cancelled by the host: its {} function returned {}", which, answer));
}

tuban_progress progress_of(const Progress& from) {
  tuban_progress to{};
  to.struct_size = sizeof(to);
  to.stage = from.stage;
  to.share = from.share;
  to.seconds = from.seconds;
  to.seconds_left = from.seconds_left.value_or(std::numeric_limits<double>::quiet_NaN());
  to.pixels_per_second = from.pixels_per_second;
  to.pixels_done = from.pixels_done;
  to.pixels = from.pixels;
  to.patches = from.patches;
  return to;
}

/// Rows into the host's buffer; nothing where it asks for none.
template <typename T>
std::function<void(const RasterRows<T>&)> filler(const tuban_plane* plane, const char* which) {
  if (plane == nullptr) return nullptr;
  const tuban_plane into = taken(plane, "tuban_plane");
  if (into.data == nullptr) refuse("tuban_plane.data is NULL");
  const std::ptrdiff_t stride =
      into.row_stride != 0 ? into.row_stride : into.width * static_cast<std::ptrdiff_t>(sizeof(T));
  return [into, stride, which](const RasterRows<T>& rows) {
    const std::size_t width = rows.samples.size() / static_cast<std::size_t>(rows.count);
    if (static_cast<std::int64_t>(width) != into.width || rows.height != into.height)
      throw Error(ErrorCode::mismatch, fmt::format("the plane for the {} is {} x {}; the result is {} x {}",
                                                   which, into.width, into.height, width, rows.height));
    for (int y = 0; y < rows.count; ++y)
      std::memcpy(static_cast<std::byte*>(into.data) + (rows.y + y) * stride,
                  rows.samples.data() + static_cast<std::size_t>(y) * width, width * sizeof(T));
  };
}

int show(int (*function)(void*, const tuban_patch*), void* user, HeldPatch& held) {
  const tuban_patch view = held.view();
  return function(user, &view);
}

std::function<void(const Patch&)> closed_of(const tuban_control& from) {
  if (from.closed == nullptr) return nullptr;
  return [from](const Patch& patch) {
    MarkedPatch unmarked;
    unmarked.patch = patch;
    HeldPatch held(unmarked);
    heed(show(from.closed, from.user, held), "closed");
  };
}

/// Patches to the host's function and into the result, as asked for.
std::function<void(MarkedPatch&&)> receiver(const tuban_control& from, tuban_result* result) {
  const bool keep = result != nullptr && from.no_patches == 0;
  if (from.patch == nullptr && !keep) return nullptr;
  return [from, result, keep](MarkedPatch&& patch) {
    if (from.patch != nullptr) {
      HeldPatch held(patch);
      heed(show(from.patch, from.user, held), "patch");
    }
    if (keep) result->patches.push_back(std::move(patch));
  };
}

Control control_of(const tuban_control& from, tuban_result* result) {
  Control control;
  control.resume = from.resume != 0;
  if (from.checkpoint_seconds != 0) control.checkpoint_seconds = from.checkpoint_seconds;
  if (from.progress != nullptr) {
    control.progress = [from](const Progress& progress) {
      const tuban_progress view = progress_of(progress);
      heed(from.progress(from.user, &view), "progress");
    };
  }
  if (from.warn != nullptr)
    control.warn = [from](const std::string& text) { heed(from.warn(from.user, text.c_str()), "warn"); };
  control.receive.patch = receiver(from, result);
  control.receive.closed = closed_of(from);
  control.receive.mask = filler<std::uint8_t>(from.mask, "mask");
  control.receive.patch_mask = filler<std::uint8_t>(from.patch_mask, "patch mask");
  control.receive.score = filler<float>(from.score, "score");
  return control;
}

/// A run of `work` that tuban_job_cancel can stop.
template <typename Work>
void start(tuban_job& job, const tuban_control* given, tuban_result** result, Work work) {
  const tuban_control none{};
  const tuban_control& how = given == nullptr ? none : taken(given, "tuban_control");
  std::unique_ptr<tuban_result> made = result == nullptr ? nullptr : std::make_unique<tuban_result>();
  Control control = control_of(how, made.get());
  {
    const std::lock_guard lock(job.stopping);
    job.stop = std::stop_source();
    control.stop = job.stop.get_token();
  }
  Report report = work(control);
  if (result == nullptr) return;
  made->report = std::move(report);
  for (const MarkedPatch& patch : made->patches) made->held.emplace_back(patch);
  *result = made.release();
}

MarkJob mark_job(const MarkingJob& job, const tuban_mark_options& options) {
  MarkJob mark;
  static_cast<MarkingJob&>(mark) = job;
  mark.patches = &needed(options.patches, "tuban_mark_options.patches");
  mark.layer = text_or_empty(options.layer);
  mark.crs = text_or_empty(options.crs);
  mark.id_field = text_or_empty(options.id_field);
  mark.case_field = text_or_empty(options.case_field);
  mark.type_field = text_or_empty(options.type_field);
  mark.before_date_field = text_or_empty(options.before_date_field);
  mark.after_date_field = text_or_empty(options.after_date_field);
  if (options.before_date != nullptr) mark.before_date = options.before_date;
  if (options.after_date != nullptr) mark.after_date = options.after_date;
  mark.types_map = text_or_empty(options.types_map);
  if (options.pixel_size != 0) mark.pixel_size = options.pixel_size;
  return mark;
}

}  // namespace
}  // namespace tuban::c

using namespace tuban::c;

tuban_status tuban_run(tuban_job* job, const tuban_control* control, tuban_result** result) {
  if (result != nullptr) *result = nullptr;
  return guarded(job, [&](tuban_job& of) {
    start(of, control, result, [&](const tuban::Control& how) { return tuban::run(of.job, how); });
  });
}

tuban_status tuban_mark(tuban_job* job, const tuban_mark_options* options, const tuban_control* control,
                        tuban_result** result) {
  if (result != nullptr) *result = nullptr;
  return guarded(job, [&](tuban_job& of) {
    start(of, control, result, [&](const tuban::Control& how) {
      return tuban::mark(mark_job(of.job, taken(options, "tuban_mark_options")), how);
    });
  });
}

void tuban_job_cancel(tuban_job* job) {
  if (job == nullptr) return;
  const std::lock_guard lock(job->stopping);
  job->stop.request_stop();
}
