// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/predicate.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "tuban/error.h"

namespace tuban {

/// Sees everything SQLite is about to compile and lets pass one SELECT that reads fact columns and calls
/// admitted functions. The words were checked before; this is the wall behind them.
struct PredicateEngine::Authorizer {
  std::vector<std::size_t> facts;
  int selects = 0;

  static int decide(void* self, int action, const char* first, const char* second, const char*, const char*) {
    static constexpr std::array<std::string_view, 8> kAdmitted{"abs", "coalesce", "ifnull", "like",
                                                               "max", "min",      "nullif", "round"};
    auto& here = *static_cast<Authorizer*>(self);
    switch (action) {
      case SQLITE_SELECT:
        return here.selects++ == 0 ? SQLITE_OK : SQLITE_DENY;
      case SQLITE_FUNCTION:
        return std::find(kAdmitted.begin(), kAdmitted.end(), second) != kAdmitted.end() ? SQLITE_OK
                                                                                        : SQLITE_DENY;
      case SQLITE_READ: {
        if (std::string_view(first) != "facts") return SQLITE_DENY;
        const auto fact = find_fact(second);
        if (!fact) return SQLITE_DENY;
        if (std::find(here.facts.begin(), here.facts.end(), *fact) == here.facts.end())
          here.facts.push_back(*fact);
        return SQLITE_OK;
      }
      default:
        return SQLITE_DENY;
    }
  }
};

void PredicateEngine::must(int code, int expected, const char* doing) const {
  if (code == expected) return;
  throw Error(ErrorCode::runtime, fmt::format("SQLite could not {}: {}", doing, sqlite3_errmsg(database_)));
}

PredicateEngine::PredicateEngine() {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
  must(sqlite3_open_v2(":memory:", &database_, flags, nullptr), SQLITE_OK, "open a database in memory");
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_limit(database_, SQLITE_LIMIT_EXPR_DEPTH, 200);

  std::string columns, values;
  for (const auto& fact : fact_dictionary()) {
    const auto* const separator = columns.empty() ? "" : ", ";
    columns +=
        fmt::format("{}{} {}", separator, fact.name, fact.type == FactInfo::Type::text ? "TEXT" : "REAL");
    values += fmt::format("{}{} = ?", separator, fact.name);
  }
  const auto create = "CREATE TABLE facts(" + columns + "); INSERT INTO facts DEFAULT VALUES";
  must(sqlite3_exec(database_, create.c_str(), nullptr, nullptr, nullptr), SQLITE_OK,
       "make the table of facts");
  const auto update = "UPDATE facts SET " + values;
  must(sqlite3_prepare_v2(database_, update.c_str(), -1, &update_, nullptr), SQLITE_OK,
       "prepare the table of facts");
}

PredicateEngine::~PredicateEngine() {
  sqlite3_finalize(update_);
  for (const auto& predicate : compiled_) sqlite3_finalize(predicate.statement);
  sqlite3_close(database_);
}

std::size_t PredicateEngine::compile(const std::string& sql, std::span<const Parameter> parameters) {
  const auto given = [&](const std::string& name) {
    return std::find_if(parameters.begin(), parameters.end(),
                        [&](const Parameter& one) { return one.name == name; });
  };
  const auto known = std::find_if(compiled_.begin(), compiled_.end(), [&](const Compiled& one) {
    return one.sql == sql &&
           std::all_of(one.parameters.begin(), one.parameters.end(), [&](const auto& named) {
             const auto here = given(named.name);
             return here != parameters.end() && here->value == named.value;
           });
  });
  if (known != compiled_.end()) return static_cast<std::size_t>(known - compiled_.begin());
  std::vector<std::string_view> names;
  for (const auto& parameter : parameters) names.push_back(parameter.name);
  check_predicate_words(sql, names);

  Authorizer authorizer;
  sqlite3_set_authorizer(database_, &Authorizer::decide, &authorizer);
  const auto statement = "SELECT NOT NOT (" + sql + ") FROM facts";
  Compiled result;
  result.sql = sql;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database_, statement.c_str(), -1, &result.statement, &rest);
  sqlite3_set_authorizer(database_, nullptr, nullptr);
  const bool whole = code == SQLITE_OK && *rest == '\0' && sqlite3_column_count(result.statement) == 1;
  if (!whole) {
    const std::string reason = code == SQLITE_OK ? "more than one expression" : sqlite3_errmsg(database_);
    sqlite3_finalize(result.statement);
    throw std::invalid_argument("SQLite says: " + reason);
  }
  result.facts = std::move(authorizer.facts);
  for (int i = 1; i <= sqlite3_bind_parameter_count(result.statement); ++i) {
    const auto& parameter = *given(sqlite3_bind_parameter_name(result.statement, i) + 1);
    sqlite3_bind_double(result.statement, i, parameter.value);  // stays bound when the statement is reset
    result.parameters.push_back(parameter);
  }
  compiled_.push_back(std::move(result));
  return compiled_.size() - 1;
}

void PredicateEngine::bind(const FactRow& row) {
  for (std::size_t i = 0; i < fact_dictionary().size(); ++i) {
    const auto& value = row.at(i);
    const int parameter = static_cast<int>(i) + 1;
    if (value.kind == FactValue::Kind::number) {
      sqlite3_bind_double(update_, parameter, value.number);
    } else if (value.kind == FactValue::Kind::text) {
      sqlite3_bind_text(update_, parameter, value.text.data(), static_cast<int>(value.text.size()),
                        SQLITE_STATIC);
    } else {
      sqlite3_bind_null(update_, parameter);
    }
  }
  const int code = sqlite3_step(update_);
  sqlite3_reset(update_);
  sqlite3_clear_bindings(update_);
  must(code, SQLITE_DONE, "write the facts");
}

int PredicateEngine::evaluate(std::size_t predicate) {
  auto* const statement = compiled_[predicate].statement;
  const int code = sqlite3_step(statement);
  const int verdict = code != SQLITE_ROW                                 ? 0
                      : sqlite3_column_type(statement, 0) == SQLITE_NULL ? -1
                                                                         : sqlite3_column_int(statement, 0);
  sqlite3_reset(statement);
  must(code, SQLITE_ROW, "judge a predicate");
  return verdict;
}

}  // namespace tuban
