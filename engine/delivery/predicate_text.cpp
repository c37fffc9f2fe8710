// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/predicate_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "engine/delivery/words.h"
#include "engine/rules/rulebook.h"

namespace tuban {

namespace {

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Words, texts in their quotes, numbers, signs; blanks fall away.
std::vector<std::string> cut(const std::string& sql) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t begin = at;
    if (std::isspace(static_cast<unsigned char>(sql[at])) != 0) {
      ++at;
      continue;
    }
    if (sql[at] == '\'') {
      for (++at; at < sql.size() && sql[at] != '\'';) ++at;
      at = std::min(at + 1, sql.size());
    } else if (in_word(sql[at]) || sql[at] == ':' || sql[at] == '.') {
      for (++at; at < sql.size() && (in_word(sql[at]) || sql[at] == '.');) ++at;
    } else {
      ++at;
      const std::string_view two = std::string_view(sql).substr(begin, 2);
      if (two == ">=" || two == "<=" || two == "<>" || two == "!=" || two == "==") ++at;
    }
    words.push_back(sql.substr(begin, at - begin));
  }
  return words;
}

struct Spoken {
  std::string_view sql;
  Words words;
};
constexpr std::array kSpoken{
    Spoken{"AND", {"且", "and"}},
    Spoken{"OR", {"或", "or"}},
    Spoken{"NOT", {"非", "not"}},
    Spoken{"IN", {"属于", "is one of"}},
    Spoken{"IS", {"为", "is"}},
    Spoken{"NULL", {"未知", "unknown"}},
    Spoken{"BETWEEN", {"介于", "lies between"}},
    Spoken{"ISNULL", {"未知", "is unknown"}},
    Spoken{"NOTNULL", {"已知", "is known"}},
    Spoken{"TRUE", {"真", "true"}},
    Spoken{"FALSE", {"假", "false"}},
    Spoken{">=", {"≥", ">="}},
    Spoken{"<=", {"≤", "<="}},
    Spoken{"<>", {"≠", "is not"}},
    Spoken{"!=", {"≠", "is not"}},
    Spoken{"==", {"=", "="}},
};

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

class Speaker {
 public:
  Speaker(std::vector<std::string> words, const std::map<std::string, double>& parameters, Language language)
      : words_(std::move(words)), parameters_(parameters), language_(language) {}

  std::string speak() { return part(words_.size()); }

 private:
  bool zh() const { return language_ == Language::zh; }

  std::string part(std::size_t end) {
    std::string text;
    while (at_ < end) {
      const std::string word = one(end);
      const bool tight = text.empty() || text.back() == '(' || word == ")" || word == ",";
      text += tight ? word : " " + word;
    }
    return text;
  }

  std::string one(std::size_t end) {
    const std::string& word = words_[at_++];
    const std::string name = upper(word);
    if ((name == "COALESCE" || name == "IFNULL") && at_ < end && words_[at_] == "(") return fallback();
    for (const Spoken& spoken : kSpoken) {
      if (spoken.sql != name) continue;
      if (name == "BETWEEN") ++betweens_;
      if (name == "AND" && betweens_ > 0) {
        --betweens_;
        return zh() ? "与" : "and";
      }
      return std::string(spoken.words.in(language_));
    }
    if (word.front() == '\'') return quoted(word.substr(1, word.size() - 2));
    if (word.front() == ':') {
      const auto parameter = parameters_.find(word.substr(1));
      return parameter == parameters_.end() ? word : plain_number(parameter->second);
    }
    return zh() ? fact_words(word, language_) : word;  // names of facts are English
  }

  /// A code beside its words.
  std::string quoted(const std::string& code) const {
    for (const Words& words :
         {change_type_words(code), direction_words(code), lineage_words(code), land_class_words(code)}) {
      const std::string_view said = words.in(language_);
      if (said.empty() || said == code) continue;
      const bool is_word = code.find_first_of("0123456789") == std::string::npos;
      return is_word ? std::string(said) : fmt::format("{} {}", code, said);
    }
    return code;
  }

  /// COALESCE(a, b, ...): a, and what stands in for it. Stands at the opening bracket.
  std::string fallback() {
    std::vector<std::string> arguments;
    do {
      ++at_;
      arguments.push_back(part(argument_end()));
    } while (at_ < words_.size() && words_[at_] == ",");
    ++at_;
    std::string text = arguments.front();
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      text += zh() ? "（未知时取" + arguments[i] + "）" : " (where unknown: " + arguments[i] + ")";
    }
    return text;
  }

  /// Where the comma or the closing bracket stands that ends the argument begun here.
  std::size_t argument_end() const {
    int depth = 0;
    for (std::size_t i = at_; i < words_.size(); ++i) {
      if (depth == 0 && (words_[i] == "," || words_[i] == ")")) return i;
      if (words_[i] == "(") ++depth;
      if (words_[i] == ")") --depth;
    }
    return words_.size();
  }

  std::vector<std::string> words_;
  const std::map<std::string, double>& parameters_;
  Language language_;
  std::size_t at_ = 0;
  int betweens_ = 0;
};

}  // namespace

std::string plain_number(double value) {
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  return fmt::format("{}", value);
}

std::string fact_words(const std::string& name, Language language) {
  for (const FactInfo& fact : fact_dictionary()) {
    if (fact.name == name) return std::string(language == Language::zh ? fact.zh : fact.en);
  }
  return name;
}

std::string predicate_text(const std::string& sql, const std::map<std::string, double>& parameters,
                           Language language) {
  return Speaker(cut(sql), parameters, language).speak();
}

std::vector<double> predicate_numbers(const std::string& sql,
                                      const std::map<std::string, double>& parameters) {
  std::vector<double> numbers;
  for (const auto& [name, value] : parameters) numbers.push_back(value);
  for (const std::string& word : cut(sql)) {
    if (std::isdigit(static_cast<unsigned char>(word.front())) != 0)
      numbers.push_back(std::strtod(word.c_str(), nullptr));
  }
  return numbers;
}

}  // namespace tuban
