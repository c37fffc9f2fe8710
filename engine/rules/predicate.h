// SPDX-License-Identifier: Apache-2.0
// Predicates: SQL expressions over facts, judged by SQLite in a sandbox. Internal to rules.
#pragma once

#include <cstddef>
#include <memory>
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

/// An in-memory database of one table with one row: the facts of the patch at hand. One thread.
class PredicateEngine {
 public:
  PredicateEngine();
  ~PredicateEngine();
  PredicateEngine(const PredicateEngine&) = delete;
  PredicateEngine& operator=(const PredicateEngine&) = delete;

  struct Compiled {
    std::string sql;
    sqlite3_stmt* statement = nullptr;
    std::vector<std::size_t> facts;     ///< what it reads, in the order it names them
    std::vector<Parameter> parameters;  ///< those it names, bound for good
  };

  /// The number of the predicate; equal texts with equal parameters share one. Throws std::invalid_argument
  /// with the reason.
  std::size_t compile(const std::string& sql, std::span<const Parameter> parameters = {});
  const std::vector<std::size_t>& facts(std::size_t predicate) const { return compiled_[predicate].facts; }
  const std::string& text(std::size_t predicate) const { return compiled_[predicate].sql; }
  /// The parameters that it names, with the values it was compiled with.
  const std::vector<Parameter>& parameters(std::size_t predicate) const {
    return compiled_[predicate].parameters;
  }

  /// Makes `row` the row that evaluate() sees.
  void bind(const FactRow& row);
  /// 1 holds, 0 does not, -1 unknown.
  int evaluate(std::size_t predicate);

 private:
  struct Authorizer;
  void must(int code, int expected, const char* doing) const;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
  std::vector<Compiled> compiled_;
};

}  // namespace tuban
