// SPDX-License-Identifier: Apache-2.0
#include "tuban/explain.h"

#include <string>

#include "bindings/c/handles.h"

namespace tuban::c {
namespace {

std::string explained(const char* result_path, const char* patch_id, std::int64_t rank,
                      std::int32_t language) {
  const std::string path = &needed(result_path, "result_path");
  if (language < TUBAN_ENGLISH || language > TUBAN_JSON)
    refuse("language is " + std::to_string(language) +
           "; expected TUBAN_ENGLISH, TUBAN_CHINESE or TUBAN_JSON");
  const std::string patch = patch_id == nullptr ? patch_of_rank(path, rank) : patch_id;
  if (language == TUBAN_JSON) return explain_json(path, patch);
  return explain(path, patch, language == TUBAN_CHINESE ? Language::zh : Language::en);
}

}  // namespace
}  // namespace tuban::c

using namespace tuban::c;

tuban_text* tuban_explain(const char* result_path, const char* patch_id, int64_t rank, int32_t language) {
  tuban_text* const text = made<tuban_text>();
  guarded(text, [&](tuban_text& of) { of.text = explained(result_path, patch_id, rank, language); });
  return text;
}

tuban_status tuban_text_status(const tuban_text* text) {
  return text == nullptr ? TUBAN_USAGE : text->outcome.status();
}

const char* tuban_text_get(const tuban_text* text) {
  if (text == nullptr) return "the text is NULL";
  return text->outcome.status() == TUBAN_OK ? text->text.c_str() : text->outcome.sentence();
}

void tuban_text_free(tuban_text* text) {
  delete text;
}
