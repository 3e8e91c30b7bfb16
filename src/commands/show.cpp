// show: a table, model, check or chart as it was last built: what it is, where it comes from, its first rows.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/model_card.h"
#include "commands/named.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

constexpr uint64_t kShownRows = 10;
constexpr size_t kLabel = 10;

/// Everything that is printed, put together once for both forms.
struct Card {
  Named named;
  size_t versions = 0;
  LineageGraph lineage;  ///< as last built
  Json first_rows;       ///< an answer of `rows`
  std::vector<std::string> side_tables;
  std::optional<Version> check;  ///< of the table, where there is one
  std::optional<Run> proof;      ///< the last one of this version
  Json model;                    ///< card.json of a model; null of anything else
};

/// What a check says of its expectations, without the columns that matter less.
std::string preview_sql(const Named& named) {
  std::string columns = "*";
  if (named.step->verb == "check" && named.table == named.step->name + ".checks") {
    std::vector<std::string> chosen;
    for (const char* name : {"expectation", "columns", "rule", "rows", "failed", "allowed", "holds", "severity"})
      if (const Column* column = named.stored().schema.find(name)) chosen.push_back(quote_name(column->name));
    if (!chosen.empty()) columns = join(chosen, ", ");
  }
  return fmt::format("SELECT {} FROM {}", columns, quote_table(named.table));
}

Card make_card(Workspace& workspace, const Arguments& arguments, Named named) {
  Card card;
  const Store& store = workspace.store();
  card.versions = store.versions(named.step->verb, named.step->name).size();
  card.lineage = stored_lineage(store);
  for (const StoredTable& table : named.version->tables)
    if (table.name != named.table) card.side_tables.push_back(table.name);
  if (named.step->verb != "check") card.check = store.current("check", named.table);
  if (named.step->verb == "sql") card.proof = store.last_proof(*named.version);
  store.check_unchanged(*named.version);
  if (named.step->verb == "learn" && named.table == named.step->name)
    card.model = read_model_card(store.folder_of(*named.version));
  TableFiles files{named.table, store.files_of(*named.version, named.stored()), named.stored().schema};
  card.first_rows = ask_worker(
      workspace.worker(), arguments,
      {{"do", "rows"}, {"sql", preview_sql(named)}, {"max_rows", limit_option(arguments, kShownRows)}}, {files});
  card.named = std::move(named);
  return card;
}

std::string from_text(const Card& card, const std::string& column) {
  if (!card.lineage.contains(card.named.table)) return "";
  constexpr size_t kMostShown = 6;  // what a model yields comes from all its features: `trace` has the list
  std::set<ColumnRef> values = trace_up(card.lineage, {card.named.table, column}).values;
  if (values.empty()) return "(none)";
  if (values.size() <= kMostShown) return list_of(values);
  std::vector<std::string> tables;
  for (const ColumnRef& ref : values)
    if (tables.empty() || tables.back() != ref.table) tables.push_back(ref.table);
  return fmt::format("{} of {}", plural(values.size(), "column"), join(tables, ", "));
}

Json columns_json(const Card& card) {
  Json columns = Json::array();
  for (const Column& column : card.named.stored().schema.columns) {
    Json json = {{"name", column.name}, {"type", column.type}};
    if (column.meaning.is_object() && !column.meaning.empty()) json["meaning"] = column.meaning;
    json["values"] = json_of(trace_up(card.lineage, {card.named.table, column.name}).values);
    columns.push_back(std::move(json));
  }
  return columns;
}

Json card_json(const Card& card) {
  const Version& version = *card.named.version;
  Json json = {{"name", card.named.table},
               {"verb", version.verb},
               {"step", version.name},
               {"about", card.named.step->config.value("about", "")},
               {"built", true},
               {"key", version.key},
               {"created", version.created},
               {"seconds", version.seconds},
               {"rows", card.named.stored().rows},
               {"bytes", card.named.stored().bytes},
               {"versions", card.versions},
               {"passed", version.passed},
               {"summary", version.summary},
               {"notes", version.notes},
               {"side_tables", card.side_tables},
               {"files", version.publish_to},
               {"columns", columns_json(card)},
               {"first_rows", card.first_rows}};
  if (card.check) json["check"] = {{"passed", card.check->passed}, {"summary", card.check->summary}};
  if (card.proof) {
    const RunStep& step = card.proof->steps.at(0);
    json["proof"] = {{"equal", step.action == "equal"}, {"terms", step.why}, {"at", card.proof->finished}};
  }
  if (!card.model.is_null()) json["card"] = card.model;
  return json;
}

/// What a column is said to mean at its source.
std::string meaning_text(const Column& column) {
  if (!column.meaning.is_object()) return "";
  std::vector<std::string> parts;
  if (std::string about = column.meaning.value("about", ""); !about.empty()) parts.push_back(about);
  for (const char* flag : {"time", "entity", "subject"})
    if (column.meaning.value(flag, false)) parts.push_back(flag);
  for (const char* key : {"purpose", "keep"})
    if (column.meaning.contains(key)) {
      const Json& value = column.meaning.at(key);
      parts.push_back(fmt::format("{}: {}", key, value.is_string() ? value.get<std::string>() : dump(value)));
    }
  return join(parts, "; ");
}

void print_columns(const Card& card) {
  const std::vector<Column>& columns = card.named.stored().schema.columns;
  bool derived = card.lineage.contains(card.named.table);
  bool explained =
      std::any_of(columns.begin(), columns.end(), [](const Column& c) { return !meaning_text(c).empty(); });
  if (!derived && !explained) return;  // the rows below show names and types
  std::vector<TextColumn> titles = {{"column"}, {"type"}};
  if (derived) titles.push_back({"from"});
  if (explained) titles.push_back({"meaning"});
  TextTable table(std::move(titles));
  for (const Column& column : columns) {
    std::vector<TextCell> cells = {column.name, {column.type, true}};
    if (derived) cells.push_back(from_text(card, column.name));
    if (explained) cells.push_back(meaning_text(column));
    table.add(std::move(cells));
  }
  std::cout << "\n" << table.draw(output_style()).text;
}

void print_card(const Card& card, const Thread& thread) {
  const Named& named = card.named;
  const Version& version = *named.version;
  TextStyle style = output_style();
  std::cout << fmt::format("{}  {}  {}  {}  {}\n", bold(named.table, style.color), version.verb,
                           plural(named.stored().rows, "row"), plural(named.stored().schema.columns.size(), "column"),
                           human_bytes(named.stored().bytes));
  std::cout << labelled("about", kLabel, named.step->config.value("about", ""));
  std::cout << labelled(
      "built", kLabel,
      fmt::format("{} UTC in {}, key {}, {}", short_time(version.created), human_seconds(version.seconds),
                  version.key.substr(0, 8), plural(card.versions, "version")));
  if (version.verb == "check" && !version.summary.empty()) std::cout << labelled("result", kLabel, version.summary);
  for (const std::string& note : version.notes) std::cout << labelled("note", kLabel, note);
  if (card.check)
    std::cout << labelled("checked", kLabel,
                          fmt::format("{}{}; next: filrouge show {}.checks", card.check->summary,
                                      card.check->passed ? "" : " (not passed)", named.table));
  if (card.proof)
    std::cout << labelled("compared", kLabel,
                          fmt::format("{} {} ({} UTC)", card.proof->steps.at(0).action,
                                      join(card.proof->steps.at(0).why, ", "), short_time(card.proof->finished)));
  for (const std::string& path : version.publish_to)
    std::cout << labelled("file", kLabel, (thread.folder / path).string());
  std::cout << labelled("see also", kLabel, join(card.side_tables, ", "));
  if (!card.model.is_null())
    std::cout << draw_model_card(card.model);
  else if (version.verb != "check" && version.verb != "chart")
    print_columns(card);
  TextTable::Drawn rows = table_of(card.first_rows).draw(style);
  std::cout << "\n" << rows.text << std::flush;
  if (!rows.hidden.empty())
    std::cerr << fmt::format("{} found no room: {}\n", plural(rows.hidden.size(), "column"),
                             fit(join(rows.hidden, ", "), 60));
  if (uint64_t shown = card.first_rows.at("rows").size(); shown < named.stored().rows)
    std::cerr << fmt::format("{} of {}; --limit N shows more\n", with_commas(shown),
                             plural(named.stored().rows, "row"));
}

/// What is known of a table that does not exist yet.
int show_unbuilt(Workspace& workspace, const Arguments& arguments, const Named& named) {
  const Step& step = *named.step;
  const Schema* schema = workspace.plan().schema(named.table);
  std::string next = fmt::format("filrouge run +{}", step.name);
  if (arguments.json()) {
    print_json({{"name", named.table},
                {"verb", step.verb},
                {"step", step.name},
                {"about", step.config.value("about", "")},
                {"built", false},
                {"columns", schema ? to_json(*schema) : Json(nullptr)},
                {"next", next}});
    return 0;
  }
  std::cout << fmt::format("{}  {}  never built\n", bold(named.table, output_style().color), step.verb);
  std::cout << labelled("about", kLabel, step.config.value("about", ""));
  std::cout << labelled("defined", kLabel, fmt::format("{}:{}", step.node.file, step.node.begin.line));
  if (schema) {
    TextTable table({{"column"}, {"type"}});
    for (const Column& column : schema->columns) table.add({column.name, {column.type, true}});
    std::cout << "\n" << table.draw(output_style()).text;
  }
  std::cerr << "next: " << next << "\n";
  return 0;
}

int show(const Arguments& arguments) {
  Workspace workspace(arguments);
  if (workspace.thread.steps.empty())
    if (auto code = workspace.fail_on_problems()) return *code;
  mention_problems(workspace, arguments);
  Named named = find_named(workspace, arguments.positional[0]);
  if (!named.version) return show_unbuilt(workspace, arguments, named);
  Card card = make_card(workspace, arguments, std::move(named));
  if (arguments.json())
    print_json(card_json(card));
  else
    print_card(card, workspace.thread);
  return 0;
}

}  // namespace

Command show_command() {
  Command command;
  command.name = "show";
  command.usage = "NAME";
  command.about = "a table, model, check or chart: what it is, its columns, its first rows";
  command.details =
      "As it was last built. For example:\n"
      "  filrouge show departures\n"
      "  filrouge show flights.checks";
  command.options = {{"--limit", "N", "this many rows; default: 10"}};
  command.min_positional = command.max_positional = 1;
  command.run = show;
  return command;
}

}  // namespace filrouge
