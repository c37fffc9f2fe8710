// SPDX-License-Identifier: Apache-2.0
// Codes of a result in the words of people. Internal to delivery.
#pragma once

#include <string>
#include <string_view>

#include "tuban/explain.h"

namespace tuban {

struct Words {
  std::string_view zh, en;
  std::string_view in(Language language) const noexcept { return language == Language::zh ? zh : en; }
};

/// Each gives the code itself in both languages where it is not known.
Words change_type_words(std::string_view code);  ///< C10 ... C99
Words direction_words(std::string_view direction);
Words severity_words(std::string_view severity);  ///< S1 ... S4
Words effect_words(std::string_view effect);
Words state_words(std::string_view state);  ///< valid, expired, pending
Words lineage_words(std::string_view status);
Words mark_words(std::string_view mark);
Words role_words(std::string_view role);            ///< of a layer, or another source of facts
Words reason_words(std::string_view unknown_when);  ///< of a fact, as the dictionary has it
/// A land class of the third survey (DLBM), suffixes K and A understood, or an attribute of settlements
/// (CZCSXM, 201 to 205); empty where the code is not known.
Words land_class_words(std::string_view code);

/// Marks as a result joins them, in words.
std::string marks_text(std::string_view marks, Language language);

/// The sentence that every explanation and every list ends with.
Words lead_sentence() noexcept;

}  // namespace tuban
