// SPDX-License-Identifier: Apache-2.0
// Suggestions for misspelt words, used by every message that refuses a name.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tuban {

/// The word nearest to `word` by edit distance (a swap of neighbours counts one), the earlier on a tie;
/// empty where nothing is near enough to be worth suggesting.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

/// `; did you mean "x"?`, or the list `; known are a, b, c` where nothing is near.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

/// a, b, c
std::string listed(std::span<const std::string_view> words);

}  // namespace tuban
