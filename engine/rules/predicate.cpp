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
namespace {

const char* affinity(const FactInfo& fact) {
  return fact.type == FactInfo::Type::text ? "TEXT" : "REAL";
}

/// Text is not copied: it must stay until the statement is stepped.
void bind_value(sqlite3_stmt* statement, int variable, const FactValue& value) {
  if (value.kind == FactValue::Kind::number) {
    sqlite3_bind_double(statement, variable, value.number);
  } else if (value.kind == FactValue::Kind::text) {
    sqlite3_bind_text(statement, variable, value.text.data(), static_cast<int>(value.text.size()),
                      SQLITE_STATIC);
  } else {
    sqlite3_bind_null(statement, variable);
  }
}

}  // namespace

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

  std::string columns;
  for (const auto& fact : fact_dictionary()) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", fact.name, affinity(fact));
  }
  const auto create = "CREATE TABLE facts(" + columns + ")";
  must(sqlite3_exec(database_, create.c_str(), nullptr, nullptr, nullptr), SQLITE_OK,
       "make the table of facts");
  readers_.resize(fact_dictionary().size());
}

PredicateEngine::~PredicateEngine() {
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
  const auto select = "SELECT NOT NOT (" + sql + ") FROM facts";
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database_, select.c_str(), -1, &statement, &rest);
  sqlite3_set_authorizer(database_, nullptr, nullptr);
  const bool whole = code == SQLITE_OK && *rest == '\0' && sqlite3_column_count(statement) == 1;
  const std::string reason = code == SQLITE_OK ? "more than one expression" : sqlite3_errmsg(database_);
  Compiled result{sql, nullptr, std::move(authorizer.facts), {}, {}, {}};
  for (int i = 1; whole && i <= sqlite3_bind_parameter_count(statement); ++i)
    result.parameters.push_back(*given(sqlite3_bind_parameter_name(statement, i) + 1));
  sqlite3_finalize(statement);
  if (!whole) throw std::invalid_argument("SQLite says: " + reason);
  for (const auto fact : result.facts) readers_[fact].push_back(compiled_.size());
  compiled_.push_back(std::move(result));
  return compiled_.size() - 1;
}

void PredicateEngine::prepare(Compiled& predicate) {
  std::string columns;
  for (const auto fact : predicate.facts) {
    const auto& info = fact_dictionary()[fact];
    columns += fmt::format("{} CAST(@{} AS {}) AS {}", columns.empty() ? "" : ",", info.name, affinity(info),
                           info.name);
  }
  // Bound values instead of a row of the table: no cursor, no page, no lock.
  const auto select =
      "SELECT NOT NOT (" + predicate.sql + ")" + (columns.empty() ? "" : " FROM (SELECT" + columns + ")");
  must(sqlite3_prepare_v3(database_, select.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &predicate.statement,
                          nullptr),
       SQLITE_OK, "prepare a predicate");
  for (const auto& parameter : predicate.parameters) {
    const auto name = ":" + parameter.name;
    const int number = sqlite3_bind_parameter_index(predicate.statement, name.c_str());
    sqlite3_bind_double(predicate.statement, number, parameter.value);  // stays bound when it is reset
  }
  for (const auto fact : predicate.facts) {
    const auto name = fmt::format("@{}", fact_dictionary()[fact].name);
    predicate.variables.push_back(sqlite3_bind_parameter_index(predicate.statement, name.c_str()));
  }
}

void PredicateEngine::bind(const FactRow& row) {
  for (std::size_t fact = 0; fact < readers_.size(); ++fact) {
    if (row.at(fact) == row_.at(fact)) continue;
    for (const auto predicate : readers_[fact]) compiled_[predicate].verdict.reset();
  }
  row_ = row;
}

int PredicateEngine::evaluate(std::size_t number) {
  auto& predicate = compiled_[number];
  if (predicate.verdict) return *predicate.verdict;
  if (predicate.statement == nullptr) prepare(predicate);
  auto* const statement = predicate.statement;
  for (std::size_t i = 0; i < predicate.facts.size(); ++i)
    bind_value(statement, predicate.variables[i], row_.at(predicate.facts[i]));
  const int code = sqlite3_step(statement);
  const int verdict = code != SQLITE_ROW                                 ? 0
                      : sqlite3_column_type(statement, 0) == SQLITE_NULL ? -1
                                                                         : sqlite3_column_int(statement, 0);
  sqlite3_reset(statement);
  must(code, SQLITE_ROW, "judge a predicate");
  predicate.verdict = verdict;
  return verdict;
}

}  // namespace tuban
