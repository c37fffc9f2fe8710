// SPDX-License-Identifier: Apache-2.0
// By which names the layers and fields of a role are known. Internal to rules.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/rules/layers.h"

namespace tuban {

using AliasMap = std::map<std::string, LayerSpec::Aliases, std::less<>>;

/// The names that travel inside the library.
const AliasMap& shipped_aliases();

/// The shipped names behind those of a file; an empty list there drops the shipped ones. Throws Error(usage)
/// naming file, role and key.
AliasMap load_aliases(const std::string& yaml_path);

}  // namespace tuban
