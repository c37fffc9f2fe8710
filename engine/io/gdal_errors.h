// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tuban {

/// Registers GDAL's drivers once per process, from any thread. No other GDAL global is touched (G7).
void register_gdal_drivers();

/// While it lives, what GDAL, OGR and PROJ report on this thread is kept instead of printed. Scopes nest and
/// must end on the thread they began on. Debug output, which only the host can switch on, goes where it went.
class GdalErrors {
 public:
  GdalErrors();
  ~GdalErrors();
  GdalErrors(const GdalErrors&) = delete;
  GdalErrors& operator=(const GdalErrors&) = delete;

  bool failed() const noexcept { return !failures_.empty(); }
  /// The first failure (the root: later ones only repeat it from further up), else the first warning, else
  /// "GDAL gives no reason"; one line without a full stop.
  std::string reason() const;
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  void keep(bool failure, const char* message) noexcept;

 private:
  std::vector<std::string> failures_;
  std::vector<std::string> warnings_;
  int host_level_ = 0, host_number_ = 0;  // the error the host may still want to ask GDAL for
  std::string host_message_;
};

}  // namespace tuban
