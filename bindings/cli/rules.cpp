// SPDX-License-Identifier: Apache-2.0
#include "tuban/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "bindings/cli/commands.h"
#include "bindings/cli/json.h"
#include "tuban/error.h"

namespace tuban::cli {
namespace {

// Columns on a terminal: ASCII takes one, the Chinese used here two.
std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    width += byte < 0x80 ? 1 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
  }
  return width;
}

using Row = std::vector<std::string>;

std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - display_width(row[i]) + 2, ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

const Row kFactHeadings{"name", "type", "unit", "zh", "en", "source", "unknown when"};

Row as_row(const FactDescription& fact) {
  return {fact.name, fact.type, fact.unit, fact.zh, fact.en, fact.source, fact.unknown_when};
}

/// For pages that list the facts: the name as code, the rest as it is.
std::string markdown_table(const std::vector<Row>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows[i].size(); ++j) {
      std::string cell;
      for (const char c : rows[i][j]) cell += c == '|' ? "\\|" : std::string(1, c);
      text += i > 0 && j == 0 ? "| `" + cell + "` " : "| " + cell + (cell.empty() ? "" : " ");
    }
    text += "|\n";
    if (i > 0) continue;
    for (std::size_t j = 0; j < rows[i].size(); ++j) text += "|---";
    text += "|\n";
  }
  return text;
}

std::string as_json(const FactDescription& fact) {
  return JsonObject()
      .add("name", fact.name)
      .add("type", fact.type)
      .add("unit", fact.unit)
      .add("zh", fact.zh)
      .add("en", fact.en)
      .add("source", fact.source)
      .add("unknown_when", fact.unknown_when)
      .str();
}

std::string as_json(const RuleDescription& rule) {
  JsonObject parameters;
  for (const auto& [name, value] : rule.parameters) parameters.raw(name.c_str(), fmt::format("{}", value));
  return JsonObject()
      .add("id", rule.id)
      .add("name_zh", rule.name_zh)
      .add("name_en", rule.name_en)
      .add("effective_from", rule.effective_from)
      .add("effective_to", rule.effective_to)
      .add("scope", rule.scope)
      .add("effect", rule.effect)
      .add("mark", rule.mark)
      .add("basis", rule.basis)
      .raw("parameters", parameters.str())
      .str();
}

std::string as_json(const RulebookDescription& book) {
  return JsonObject()
      .add("rulebook", book.name)
      .add("version", book.version)
      .add("source", book.source)
      .raw("rules", json_list(book.rules, [](const RuleDescription& rule) { return as_json(rule); }))
      .str();
}

}  // namespace

void FactsCommand::add(CLI::App& app) {
  command_ = app.add_subcommand("facts", "list the facts that rules may speak of");
  command_->allow_extras();
  command_->add_flag("--json", json_, "print one JSON object");
  command_->add_flag("--markdown", markdown_, "print a Markdown table");
}

int FactsCommand::run() {
  refuse_extras(*command_);
  if (json_ && markdown_) throw Error(ErrorCode::usage, "--json and --markdown exclude each other; give one");
  const auto facts = describe_facts();
  if (json_) {
    const auto list = json_list(facts, [](const FactDescription& fact) { return as_json(fact); });
    print(JsonObject().raw("facts", list).str() + "\n");
    return 0;
  }
  std::vector<Row> rows{kFactHeadings};
  for (const FactDescription& fact : facts) rows.push_back(as_row(fact));
  print(markdown_ ? markdown_table(rows) : table(rows));
  return 0;
}

void RulesCommand::add(CLI::App& app) {
  command_ = app.add_subcommand("rules", "check rulebooks, or list those inside tuban");
  command_->allow_extras();
  check_ = command_->add_subcommand("check", "check rulebook files as a run would");
  check_->allow_extras();
  check_->add_option("FILE", files_, "rulebook files")->required();
  list_ = command_->add_subcommand("list", "list the shipped rulebooks and their rules");
  list_->allow_extras();
  for (CLI::App* command : {check_, list_}) command->add_flag("--json", json_, "print one JSON object");
  command_->footer("Examples:\n  tuban rules list\n  tuban rules check my_book.yaml\n");
}

int RulesCommand::run() {
  refuse_extras(*command_);
  refuse_extras(*check_);
  refuse_extras(*list_);
  if (!check_->parsed() && !list_->parsed()) {
    throw Error(ErrorCode::usage, "a command is missing: tuban rules check FILE, or tuban rules list");
  }
  std::vector<RulebookDescription> books;
  for (const auto& name : list_->parsed() ? rulebook_names() : files_)
    books.push_back(describe_rulebook(name));
  if (json_) {
    const auto list = json_list(books, [](const RulebookDescription& book) { return as_json(book); });
    print(JsonObject().raw("rulebooks", list).str() + "\n");
    return 0;
  }
  for (std::size_t i = 0; i < books.size(); ++i) {
    const RulebookDescription& book = books[i];
    const std::string& name = list_->parsed() ? book.name : files_[i];
    print(fmt::format("{}: rulebook {} {}, {} {}{}\n", name, book.name, book.version, book.rules.size(),
                      book.rules.size() == 1 ? "rule" : "rules", list_->parsed() ? "" : ", no errors"));
    if (book.rules.empty()) continue;
    std::vector<Row> rows;
    for (const RuleDescription& rule : book.rules) {
      const std::string until = rule.effective_to.empty() ? "" : " to " + rule.effective_to;
      const std::string from = rule.effective_from.empty() ? "" : "from " + rule.effective_from;
      std::string parameters;
      for (const auto& [parameter, value] : rule.parameters)
        parameters += fmt::format("{}{}={}", parameters.empty() ? "" : " ", parameter, value);
      rows.push_back({"  " + rule.id, rule.mark, from + until, rule.name_zh, rule.name_en, parameters});
    }
    print(table(rows));
  }
  return 0;
}

}  // namespace tuban::cli
