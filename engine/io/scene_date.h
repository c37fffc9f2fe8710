// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tuban {

/// Reads "2020-05-06", "2020/05/06", "2020:05:06" or "20200506", optionally followed by 'T' or a space and
/// hh:mm[:ss[.fraction]] and 'Z'. Gives ISO 8601 ("2020-05-06" or "2020-05-06T03:04:05Z"; 'Z' only where it
/// stood there), or nothing where the text is no date of the calendar.
std::optional<std::string> iso_date(std::string_view text);

/// When the scene was taken, from the metadata keys that say so; `value(key)` is null where a key is absent.
/// TIFFTAG_DATETIME comes last: many writers put the time of processing there.
std::optional<std::string> acquisition_date(const std::function<const char*(const char* key)>& value);

}  // namespace tuban
