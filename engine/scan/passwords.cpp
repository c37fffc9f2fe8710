// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/passwords.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "tuban/error.h"

namespace tuban {
namespace {

constexpr const char* kHidden = "***";
constexpr std::string_view kBlank = " \t\r\n";

std::size_t past_blanks(const std::string& text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlank, at), text.size());
}

/// Behind a value that begins at `at`, quoted as libpq has it or bare, where a backslash keeps a blank.
std::size_t value_end(const std::string& text, std::size_t at) {
  const char quote = at < text.size() && (text[at] == '\'' || text[at] == '"') ? text[at] : '\0';
  std::size_t end = at + (quote != '\0' ? 1 : 0);
  for (; end < text.size(); ++end) {
    if (text[end] == '\\' && end + 1 < text.size()) {
      ++end;
    } else if (quote != '\0' ? text[end] == quote : kBlank.find(text[end]) != std::string_view::npos) {
      break;
    }
  }
  if (quote != '\0') return std::min(end + 1, text.size());
  // The sentence around a path goes on right behind it.
  while (end > at + 1 && (text[end - 1] == ':' || text[end - 1] == '"' || text[end - 1] == '\'')) --end;
  return end;
}

void hide_values(std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view key : {"password", "passwd", "pwd"}) {
    for (std::size_t at = 0; (at = lower.find(key, at)) != std::string::npos;) {
      at += key.size();
      const std::size_t equals = past_blanks(lower, at);
      if (equals == lower.size() || lower[equals] != '=') continue;
      const std::size_t value = past_blanks(lower, equals + 1);
      const std::size_t length = value_end(lower, value) - value;
      if (length == 0) continue;
      text.replace(value, length, kHidden);
      lower.replace(value, length, kHidden);
    }
  }
}

void hide_in_uris(std::string& text) {
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n", at), text.size());
    const std::size_t host = text.rfind('@', end);
    if (host == std::string::npos || host < at || host >= end) continue;
    const std::size_t colon = text.find(':', at);
    if (colon < host) text.replace(colon + 1, host - colon - 1, kHidden);
  }
}

}  // namespace

std::string hide_passwords(const std::string& text) {
  std::string shown = text;
  hide_in_uris(shown);
  hide_values(shown);
  return shown;
}

Error::Error(ErrorCode code, const std::string& sentence)
    : std::runtime_error(hide_passwords(sentence)), code_(code) {}

}  // namespace tuban
