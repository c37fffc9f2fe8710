// SPDX-License-Identifier: Apache-2.0
// Patches on military ground leave the ordinary channel (domain S-15): the scan keeps them back, and they are
// written to a register of their own or nowhere.
#pragma once

#include <memory>
#include <string>

#include "engine/io/sink.h"
#include "engine/plan.h"
#include "engine/scan/measure.h"
#include "engine/scan/scan.h"

namespace tuban {

/// What the scan is to keep back: regions that meet a layer of role military.
Withholding withhold_military(const Plan& plan);

/// The register, whole but not yet under its final name; null where the job asks for none.
std::unique_ptr<Output> write_register(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                                       const std::string& manifest);

/// Once the register is published.
void forget_withheld(const Withholding& withholding) noexcept;

}  // namespace tuban
