// SPDX-License-Identifier: Apache-2.0
#include "engine/io/gdal_errors.h"

#include <cpl_error.h>
#include <gdal_priv.h>

#include <mutex>

namespace tuban {
namespace {

// A corrupt file may report each of its thousand blocks.
constexpr std::size_t kMostKept = 16;

void CPL_STDCALL keep_message(CPLErr level, CPLErrorNum /*number*/, const char* message) {
  auto* errors = static_cast<GdalErrors*>(CPLGetErrorHandlerUserData());
  if (level == CE_Failure || level == CE_Fatal) errors->keep(true, message);
  if (level == CE_Warning) errors->keep(false, message);
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  return text;
}

}  // namespace

void register_gdal_drivers() {
  static std::once_flag once;
  std::call_once(once, [] {
    const GdalErrors quiet;  // a plugin that does not load is no concern of the caller
    GDALAllRegister();
  });
}

GdalErrors::GdalErrors()
    : host_level_(CPLGetLastErrorType()),
      host_number_(CPLGetLastErrorNo()),
      host_message_(CPLGetLastErrorMsg()) {
  CPLPushErrorHandlerEx(keep_message, this);
  CPLSetCurrentErrorHandlerCatchDebug(FALSE);
}

GdalErrors::~GdalErrors() {
  CPLPopErrorHandler();
  CPLErrorSetState(static_cast<CPLErr>(host_level_), host_number_, host_message_.c_str());
}

void GdalErrors::keep(bool failure, const char* message) noexcept {
  try {
    auto& list = failure ? failures_ : warnings_;
    if (list.size() < kMostKept) list.push_back(one_line(message ? message : ""));
  } catch (...) {  // out of memory while keeping a message: the call's own result still says that it failed
  }
}

std::string GdalErrors::reason() const {
  if (!failures_.empty() && !failures_.front().empty()) return failures_.front();
  if (!warnings_.empty() && !warnings_.front().empty()) return warnings_.front();
  return "GDAL gives no reason";
}

}  // namespace tuban
