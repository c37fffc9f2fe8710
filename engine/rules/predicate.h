// SPDX-License-Identifier: Apache-2.0
// Predicates: SQL expressions over facts, judged by SQLite in a sandbox. Internal to rules.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/facts.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tuban {

/// Refuses, in words that end a sentence, an expression that is not one of the admitted words or compares
/// what cannot be compared: an unknown fact, parameter or function (with the nearest), text with a number, a
/// code that the fact's vocabulary does not have, a bare fact that is neither true nor false. A check of
/// neighbouring words, not a parser: what it lets pass, SQLite still judges. Throws std::invalid_argument.
void check_predicate_words(const std::string& sql, std::span<const std::string_view> parameters = {});

/// Judges predicates on one row of facts: those of the patch at hand. One thread.
class PredicateEngine {
 public:
  PredicateEngine();
  ~PredicateEngine();
  PredicateEngine(const PredicateEngine&) = delete;
  PredicateEngine& operator=(const PredicateEngine&) = delete;

  /// The number of the predicate; equal texts with equal parameters share one. Throws std::invalid_argument
  /// with the reason.
  std::size_t compile(const std::string& sql, std::span<const Parameter> parameters = {});
  std::size_t size() const noexcept { return compiled_.size(); }
  /// What it reads, in the order it names them.
  const std::vector<std::size_t>& facts(std::size_t predicate) const { return compiled_[predicate].facts; }
  const std::string& text(std::size_t predicate) const { return compiled_[predicate].sql; }
  /// The parameters that it names, with the values it was compiled with.
  const std::vector<Parameter>& parameters(std::size_t predicate) const {
    return compiled_[predicate].parameters;
  }

  /// Makes `row` the row that evaluate() sees.
  void bind(const FactRow& row);
  /// 1 holds, 0 does not, -1 unknown. Judged once, until a fact that it reads is bound to another value.
  int evaluate(std::size_t predicate);

 private:
  struct Authorizer;
  struct Compiled {
    std::string sql;
    sqlite3_stmt* statement = nullptr;  ///< none before it is judged for the first time
    std::vector<std::size_t> facts;
    std::vector<Parameter> parameters;
    std::vector<int> variables;  ///< of the statement, one per fact
    std::optional<int> verdict;  ///< on the row bound
  };
  void must(int code, int expected, const char* doing) const;
  void prepare(Compiled& predicate);
  sqlite3* database_ = nullptr;
  std::vector<Compiled> compiled_;
  std::vector<std::vector<std::size_t>> readers_;  ///< per fact, the predicates that read it
  FactRow row_;
};

}  // namespace tuban
