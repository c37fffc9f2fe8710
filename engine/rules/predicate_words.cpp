// SPDX-License-Identifier: Apache-2.0
// The words of a predicate: which are admitted, and which may stand beside each other.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <stdexcept>

#include "engine/rules/iso_date.h"
#include "engine/rules/nearest.h"
#include "engine/rules/predicate.h"

namespace tuban {
namespace {

constexpr std::array<std::string_view, 7> kFunctions{"abs", "coalesce", "ifnull", "max",
                                                     "min", "nullif",   "round"};
constexpr std::array<std::string_view, 17> kKeywords{"AND",  "BETWEEN", "CASE", "ELSE",   "END", "FALSE",
                                                     "IN",   "IS",      "LIKE", "ISNULL", "NOT", "NOTNULL",
                                                     "NULL", "OR",      "THEN", "TRUE",   "WHEN"};

enum class Kind {
  number,
  text,
  fact,
  parameter,
  function,
  keyword,
  comparison,
  arithmetic,
  open,
  close,
  comma,
  end
};
enum class Type { any, number, boolean, text };

struct Word {
  Kind kind = Kind::end;
  std::string text;  ///< keywords in capitals, strings without their quotes
  Type type = Type::any;
  bool of_between = false;  ///< the AND of a BETWEEN
};

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument(why);
}

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string capitals(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string lowered(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Word named(const std::string& word, bool called) {
  const auto keyword = capitals(word);
  if (std::find(kKeywords.begin(), kKeywords.end(), keyword) != kKeywords.end()) {
    const bool truth = keyword == "TRUE" || keyword == "FALSE";
    return {Kind::keyword, keyword, truth ? Type::boolean : Type::any};
  }
  if (called) {
    const auto function = lowered(word);
    if (std::find(kFunctions.begin(), kFunctions.end(), function) == kFunctions.end()) {
      refuse(fmt::format("function \"{}\" is not admitted; admitted are {}", word, listed(kFunctions)));
    }
    return {Kind::function, function};
  }
  const auto fact = find_fact(word);
  if (!fact) refuse(fmt::format("unknown fact \"{}\"{}", word, suggestion(word, fact_names())));
  const auto type = fact_dictionary()[*fact].type;
  return {Kind::fact, word,
          type == FactInfo::Type::text      ? Type::text
          : type == FactInfo::Type::boolean ? Type::boolean
                                            : Type::number};
}

/// Cuts a predicate into words. Everything that SQL knows and a predicate does not need ends here: quoted
/// names, parameters that were not declared, comments, statement ends, subselects.
class Cutter {
 public:
  Cutter(const std::string& sql, std::span<const std::string_view> parameters)
      : sql_(sql), parameters_(parameters) {}

  std::vector<Word> cut() {
    std::vector<Word> words;
    for (skip_blanks(); at_ < sql_.size(); skip_blanks()) words.push_back(next());
    if (words.empty()) refuse("the predicate is empty");
    unwrap(words);
    words.emplace_back();
    return words;
  }

 private:
  /// Takes brackets away around a single word, so that `(area_m2)` is looked at as `area_m2`.
  static void unwrap(std::vector<Word>& words) {
    for (std::size_t i = 0; i + 2 < words.size();) {
      const auto kind = words[i + 1].kind;
      const bool word =
          kind == Kind::number || kind == Kind::text || kind == Kind::fact || kind == Kind::parameter;
      const bool list = i > 0 && (words[i - 1].kind == Kind::function || words[i - 1].text == "IN");
      if (words[i].kind == Kind::open && word && words[i + 2].kind == Kind::close && !list) {
        words[i] = words[i + 1];
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                    words.begin() + static_cast<std::ptrdiff_t>(i) + 3);
        i = i > 0 ? i - 1 : 0;
      } else {
        ++i;
      }
    }
  }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  void skip_blanks() {
    while (at_ < sql_.size() && std::isspace(static_cast<unsigned char>(sql_[at_])) != 0) ++at_;
  }

  Word next() {
    const char c = peek();
    if (starts_word(c)) return name();
    if (digit(c) || (c == '.' && digit(peek(1)))) return number();
    if (c == '\'') return quoted();
    if (c == ':' && starts_word(peek(1))) return parameter();
    if (c == '"' || c == '`' || c == '[') refuse("text stands in single quotes, and facts in none");
    return symbol();
  }

  Word name() {
    const auto begin = at_;
    while (starts_word(peek()) || digit(peek())) ++at_;
    const auto word = sql_.substr(begin, at_ - begin);
    skip_blanks();
    return named(word, peek() == '(');
  }

  Word parameter() {
    const auto begin = ++at_;
    while (starts_word(peek()) || digit(peek())) ++at_;
    const auto name = sql_.substr(begin, at_ - begin);
    if (std::find(parameters_.begin(), parameters_.end(), name) == parameters_.end()) {
      refuse(fmt::format("parameter \":{}\" is not declared under \"parameters\"{}", name,
                         parameters_.empty() ? "" : suggestion(name, parameters_)));
    }
    return {Kind::parameter, ":" + name, Type::number};
  }

  Word number() {
    const auto begin = at_;
    while (digit(peek()) || peek() == '.') ++at_;
    if ((peek() == 'e' || peek() == 'E') &&
        (digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && digit(peek(2))))) {
      at_ += 2;
      while (digit(peek())) ++at_;
    }
    return {Kind::number, sql_.substr(begin, at_ - begin), Type::number};
  }

  Word quoted() {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() != '\'') {
        text += peek();
      } else if (peek(1) == '\'') {
        text += '\'';
        ++at_;
      } else {
        ++at_;
        return {Kind::text, text, Type::text};
      }
    }
    refuse("a text in single quotes does not end");
  }

  Word symbol() {
    static constexpr std::array<std::string_view, 8> kComparisons{
        "==", "!=", "<>", "<=", ">=", "=", "<", ">"};
    const std::string_view rest = std::string_view(sql_).substr(at_);
    if (!rest.starts_with("<<") && !rest.starts_with(">>")) {
      for (const auto sign : kComparisons) {
        if (!rest.starts_with(sign)) continue;
        at_ += sign.size();
        return {Kind::comparison, std::string(sign)};
      }
    }
    const char c = peek();
    const bool comment = rest.starts_with("--") || rest.starts_with("/*");
    const auto kind = c == '('   ? Kind::open
                      : c == ')' ? Kind::close
                      : c == ',' ? Kind::comma
                      : !comment && std::string_view("+-*/%").find(c) != std::string_view::npos
                          ? Kind::arithmetic
                          : Kind::end;
    if (kind == Kind::end) {
      // A byte of a multi-byte character is shown with the rest of its character.
      std::size_t length = comment ? 2 : 1;
      while (!comment && at_ + length < sql_.size() &&
             (static_cast<unsigned char>(sql_[at_ + length]) & 0xC0U) == 0x80U)
        ++length;
      refuse(fmt::format("\"{}\" has no place in a predicate", rest.substr(0, length)));
    }
    ++at_;
    return {kind, std::string(1, c)};
  }

  const std::string& sql_;
  std::span<const std::string_view> parameters_;
  std::size_t at_ = 0;
};

/// Looks at neighbouring words.
class Neighbours {
 public:
  explicit Neighbours(std::vector<Word> words) : words_(std::move(words)) {}

  void check() {
    pair_brackets();
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      const auto& word = words_[i];
      if (word.kind == Kind::comparison) compare(i, i + 1);
      if (word.kind == Kind::arithmetic) calculate(i);
      if (word.kind == Kind::keyword) keyword(i);
      if (operand(i)) alone(i);
    }
  }

 private:
  bool is(std::size_t i, std::string_view keyword) const {
    return words_[i].kind == Kind::keyword && words_[i].text == keyword;
  }
  bool operand(std::size_t i) const {
    const auto kind = words_[i].kind;
    return kind == Kind::number || kind == Kind::text || kind == Kind::fact || kind == Kind::parameter;
  }
  std::string shown(std::size_t i) const {
    const auto& word = words_[i];
    if (word.kind == Kind::text) return "'" + word.text + "'";
    return word.kind == Kind::function || word.kind == Kind::close ? "a function's value" : word.text;
  }

  /// Types of function calls, and which AND belongs to a BETWEEN.
  void pair_brackets() {
    struct Frame {
      std::size_t open = 0;
      bool function = false;
      std::size_t text = 0, number = 0, other = 0;
      int betweens = 0;
    };
    std::vector<Frame> frames(1);
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      auto& word = words_[i];
      if (word.kind == Kind::open) {
        frames.push_back({i, i > 0 && words_[i - 1].kind == Kind::function});
      } else if (word.kind == Kind::close) {
        if (frames.size() == 1) refuse("a bracket is closed that was not opened");
        const auto frame = frames.back();
        frames.pop_back();
        if (frame.function) {
          word.type = function_type(words_[frame.open - 1].text, frame.text, frame.number, frame.other);
          words_[frame.open - 1].type = word.type;
          argument(frames.back(), frame.open - 1, i);
        }
      } else if (is(i, "BETWEEN")) {
        ++frames.back().betweens;
      } else if (is(i, "AND") && frames.back().betweens > 0) {
        --frames.back().betweens;
        word.of_between = true;
      } else if (operand(i)) {
        argument(frames.back(), i, i);
      }
    }
    if (frames.size() != 1) refuse("a bracket is opened that is not closed");
  }

  /// Counts a whole argument of a function by its type.
  template <typename Frame>
  void argument(Frame& frame, std::size_t first, std::size_t last) const {
    if (!frame.function || first == 0) return;
    const auto before = words_[first - 1].kind, after = words_[last + 1].kind;
    if ((before != Kind::open && before != Kind::comma) || (after != Kind::close && after != Kind::comma))
      return;
    const auto type = words_[last].type;
    ++(type == Type::text ? frame.text : type == Type::number ? frame.number : frame.other);
  }

  static Type function_type(const std::string& name, std::size_t text, std::size_t number,
                            std::size_t other) {
    const bool arithmetic = name == "abs" || name == "round";
    if (text > 0 && (arithmetic || number > 0)) refuse(fmt::format("{}() mixes text with numbers", name));
    if (arithmetic) return Type::number;
    return text > 0 && other == 0 ? Type::text : number > 0 && other == 0 ? Type::number : Type::any;
  }

  void compare(std::size_t sign, std::size_t right, bool whole = true) {
    if (sign == 0) return;
    const std::size_t left = sign - 1;
    if (words_[right].kind == Kind::arithmetic) ++right;  // a sign: the calculation check looks at the rest
    if (right + 1 >= words_.size()) return;
    const auto a = words_[left].type, b = words_[right].type;
    if (a != Type::any && b != Type::any && (a == Type::text) != (b == Type::text)) {
      refuse(fmt::format("{} is compared with {}: {} with {}", shown(left), shown(right), type_name(a),
                         type_name(b)));
    }
    if (!whole) return;  // a pattern is no word of the vocabulary
    vocabulary(left, right);
    vocabulary(right, left);
  }

  static std::string_view type_name(Type type) {
    return type == Type::text ? "text" : type == Type::boolean ? "a truth value" : "a number";
  }

  void vocabulary(std::size_t fact, std::size_t literal) const {
    if (words_[fact].kind != Kind::fact || words_[literal].kind != Kind::text) return;
    const auto& name = words_[fact].text;
    const auto& value = words_[literal].text;
    const auto& known = fact_vocabulary(name);
    if (!known.empty() && std::find(known.begin(), known.end(), value) == known.end()) {
      refuse(fmt::format("{} is never '{}'{}", name, value, suggestion(value, known)));
    }
    if (fact_dictionary()[fact_index(name)].unit == "date" && !is_iso_date(value)) {
      refuse(fmt::format("{} is compared with '{}', which is not a date yyyy-mm-dd", name, value));
    }
  }

  void calculate(std::size_t sign) const {
    const auto text = [&](std::size_t i) { return words_[i].type == Type::text; };
    const std::size_t wrong = sign > 0 && text(sign - 1) ? sign - 1 : sign + 1;
    if (text(wrong)) refuse(fmt::format("{} is text; nothing can be calculated with it", shown(wrong)));
  }

  void keyword(std::size_t i) {
    const std::size_t left = i > 0 && is(i - 1, "NOT") ? i - 1 : i;  // the word that stands after the operand
    if (is(i, "IS")) compare(left, i + (is(i + 1, "NOT") ? 2 : 1));
    if (is(i, "LIKE")) {
      compare(left, i + 1, false);
      if (left > 0 && words_[left - 1].type == Type::number) {
        refuse(fmt::format("{} is a number; LIKE compares text", shown(left - 1)));
      }
    }
    if (is(i, "BETWEEN")) {
      compare(left, i + 1);
      for (std::size_t j = i + 1; j + 1 < words_.size(); ++j) {
        if (!is(j, "AND") || !words_[j].of_between) continue;
        compare(left, j + 1);
        break;
      }
    }
    if (is(i, "IN") && words_[i + 1].kind == Kind::open) {
      for (std::size_t j = i + 2; j + 1 < words_.size() && words_[j].kind != Kind::close; ++j) {
        if (operand(j)) compare(left, j);
      }
    }
  }

  /// A fact or literal that is a whole condition must be true or false.
  void alone(std::size_t i) const {
    const auto& word = words_[i];
    if (word.type == Type::boolean) return;
    const auto joins = [&](std::size_t j) { return (is(j, "AND") && !words_[j].of_between) || is(j, "OR"); };
    const bool begins = i == 0 || joins(i - 1) || is(i - 1, "NOT");
    const bool ends = words_[i + 1].kind == Kind::end || joins(i + 1);
    const bool within = i > 1 && words_[i - 1].kind == Kind::open && words_[i - 2].kind != Kind::function &&
                        !is(i - 2, "IN") && joins(i + 1);
    if ((begins && ends) || within || (begins && words_[i + 1].kind == Kind::close && !inside_call(i))) {
      refuse(fmt::format("{} alone is neither true nor false; compare it with something", shown(i)));
    }
  }

  /// Whether the innermost bracket around a word is a function's or a list's.
  bool inside_call(std::size_t i) const {
    int depth = 0;
    while (i-- > 0) {
      if (words_[i].kind == Kind::close) ++depth;
      if (words_[i].kind == Kind::open && depth-- == 0) {
        return i > 0 && (words_[i - 1].kind == Kind::function || is(i - 1, "IN"));
      }
    }
    return false;
  }

  std::vector<Word> words_;
};

}  // namespace

void check_predicate_words(const std::string& sql, std::span<const std::string_view> parameters) {
  Neighbours(Cutter(sql, parameters).cut()).check();
}

}  // namespace tuban
