// SPDX-License-Identifier: Apache-2.0
#include "tuban/job.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/c/handles.h"
#include "bindings/c/raster.h"
#include "tuban/version.h"

namespace tuban::c {
namespace {

void load(tuban_job& job, const char* path) {
  job.job = load_job(&needed(path, "path"));
}

void set(tuban_job& job, const char* key, std::vector<std::string> values) {
  Job changed = job.job;
  set_option(changed, &needed(key, "key"), values);
  if (std::string_view(key) == "before") changed.before.source = nullptr;
  if (std::string_view(key) == "after") changed.after.source = nullptr;
  job.job = std::move(changed);
}

std::vector<std::string> one_or_none(const char* value) {
  return value == nullptr ? std::vector<std::string>() : std::vector<std::string>{value};
}

std::vector<std::string> listed(const char* const* values, std::size_t count) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < count; ++i)
    list.emplace_back(&needed((&needed(values, "values"))[i], "a value of the list"));
  return list;
}

void set_scene(Scene& scene, const tuban_raster* raster) {
  scene.source = wrap(taken(raster, "tuban_raster"));
  scene.path.clear();
}

void describe(std::size_t number, tuban_option* into) {
  const auto options = job_options();
  if (number >= options.size()) refuse("there is no option of this number");
  const OptionInfo& info = options[number];
  tuban_option option{};
  option.takes = static_cast<std::int32_t>(info.takes);
  option.key = info.key.data();  // literals all, so a 0 stands behind each
  option.group = info.group.data();
  option.expects = info.expects.data();
  option.help = info.help.data();
  give(into, option, "tuban_option");
}

static_assert(static_cast<int>(OptionInfo::Takes::value) == TUBAN_TAKES_VALUE);
static_assert(static_cast<int>(OptionInfo::Takes::list) == TUBAN_TAKES_LIST);
static_assert(static_cast<int>(OptionInfo::Takes::nothing) == TUBAN_TAKES_NOTHING);
static_assert(static_cast<int>(ErrorCode::runtime) == TUBAN_RUNTIME);
static_assert(static_cast<int>(ErrorCode::usage) == TUBAN_USAGE);
static_assert(static_cast<int>(ErrorCode::mismatch) == TUBAN_MISMATCH);
static_assert(static_cast<int>(ErrorCode::resource) == TUBAN_RESOURCE);
static_assert(static_cast<int>(ErrorCode::cancelled) == TUBAN_CANCELLED);

}  // namespace
}  // namespace tuban::c

using namespace tuban::c;

const char* tuban_version(void) {
  return tuban::version();
}

uint32_t tuban_abi_version(void) {
  return TUBAN_ABI_VERSION;
}

tuban_job* tuban_job_new(void) {
  return made<tuban_job>();
}

void tuban_job_free(tuban_job* job) {
  delete job;
}

const char* tuban_job_error(const tuban_job* job) {
  return job == nullptr ? "the job is NULL" : job->outcome.sentence();
}

tuban_status tuban_job_load(tuban_job* job, const char* path) {
  return guarded(job, [&](tuban_job& of) { load(of, path); });
}

tuban_status tuban_job_set(tuban_job* job, const char* key, const char* value) {
  return guarded(job, [&](tuban_job& of) { set(of, key, one_or_none(value)); });
}

tuban_status tuban_job_set_list(tuban_job* job, const char* key, const char* const* values, size_t count) {
  return guarded(job, [&](tuban_job& of) { set(of, key, listed(values, count)); });
}

tuban_status tuban_job_set_before(tuban_job* job, const tuban_raster* raster) {
  return guarded(job, [&](tuban_job& of) { set_scene(of.job.before, raster); });
}

tuban_status tuban_job_set_after(tuban_job* job, const tuban_raster* raster) {
  return guarded(job, [&](tuban_job& of) { set_scene(of.job.after, raster); });
}

size_t tuban_option_count(void) {
  return tuban::job_options().size();
}

tuban_status tuban_option_get(size_t number, tuban_option* option) {
  Outcome outcome;
  return guarded(outcome, [&] { describe(number, option); });
}
