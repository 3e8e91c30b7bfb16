// ask: SQL over the tables of the thread as they were last built.
#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "commands/sql_problem.h"
#include "commands/text_table.h"
#include "engines/sql_text.h"
#include "run/graph.h"

namespace filrouge {
namespace {

constexpr uint64_t kShownRows = 20, kJsonRows = 10'000;

/// A question that is known to bind.
struct BoundQuestion {
  std::string sql;  ///< parameters filled in, no semicolon
  std::vector<TableFiles> tables;
  RowOrder order = RowOrder::sequential;
};

/// Finds the tables and binds the text here, before a worker is asked: so a mistake is shown at its place.
/// `workspace` may be null: then there are no tables. Throws Error with `text_offset` into `text`.
BoundQuestion bind_question(const std::string& text, Workspace* workspace) {
  static const std::map<std::string, Json> no_params;
  BoundSql bound(text, workspace ? workspace->thread.params : no_params);
  std::unique_ptr<Binder> binder = make_binder();
  std::vector<std::string> known;
  if (workspace) known = table_names(workspace->thread);
  BoundQuestion question{canonical_sql(bound.text()), {}};
  try {
    for (const std::string& name : binder->tables_of(bound.text())) {
      if (std::find(known.begin(), known.end(), name) == known.end()) continue;
      question.tables.push_back(files_of(*workspace, find_built(*workspace, name)));
      binder->declare(name, question.tables.back().schema);
    }
    question.order = binder->describe(bound.text()).order;
  } catch (Error& error) {
    if (error.text_offset)
      error.text_offset = static_cast<long>(bound.original_offset(static_cast<size_t>(*error.text_offset)));
    if (error.code == "FR0204") {
      std::string name = error.message.substr(0, error.message.rfind('`'));
      name = name.substr(name.rfind('`') + 1);
      auto near = nearest(name, known);
      error.hint = near        ? fmt::format("did you mean `{}`?", *near)
                   : workspace ? "next: filrouge plan"
                               : "there is no thread.yaml in this folder or above it";
    }
    throw;
  }
  return question;
}

/// The worker writes into a file, which then goes to standard output as it is.
int stream_csv(Worker& worker, const Arguments& arguments, const BoundQuestion& question) {
  fs::path file = scratch_folder() / "answer.csv";
  ask_worker(worker, arguments, {{"do", "export"}, {"format", "csv"}, {"sql", question.sql}, {"path", file.string()}},
             question.tables);
  read_in_blocks(file, [](std::string_view block) { std::cout.write(block.data(), static_cast<long>(block.size())); });
  std::cout.flush();
  return 0;
}

/// Beside the target under another name first, so that it is there whole or not at all.
int write_parquet(Worker& worker, const Arguments& arguments, const BoundQuestion& question) {
  fs::path target = fs::absolute(arguments.get("--parquet"));
  fs::path staging = target.parent_path() / fmt::format(".{}.{}", target.filename().string(), ::getpid());
  make_folder(staging);
  std::unique_ptr<void, std::function<void(void*)>> cleanup(&staging, [](void* path) {
    std::error_code ignored;
    fs::remove_all(*static_cast<fs::path*>(path), ignored);
  });
  Json answer = ask_worker(worker, arguments,
                           {{"do", "export"},
                            {"format", "parquet"},
                            {"sql", question.sql},
                            {"path", staging.string()},
                            {"order", static_cast<int>(question.order)}},
                           question.tables);
  rename_path(answer.at("files")[0].get<std::string>(), target);
  uint64_t rows = answer.at("rows");
  if (arguments.json())
    print_json({{"path", target.string()}, {"rows", rows}, {"columns", answer.at("columns")}});
  else if (!arguments.quiet())
    std::cerr << fmt::format("{} written to {}\n", plural(rows, "row"), arguments.get("--parquet"));
  return 0;
}

int print_rows(Worker& worker, const Arguments& arguments, const BoundQuestion& question) {
  uint64_t limit = limit_option(arguments, arguments.json() ? kJsonRows : kShownRows);
  Json answer =
      ask_worker(worker, arguments, {{"do", "rows"}, {"sql", question.sql}, {"max_rows", limit}, {"count", true}},
                 question.tables);
  if (arguments.json()) {
    print_json(std::move(answer));
    return 0;
  }
  uint64_t shown = answer.at("rows").size(), total = answer.at("total");
  TextTable::Drawn drawn = table_of(answer).draw(output_style());
  std::cout << drawn.text << std::flush;
  if (shown < total && !arguments.quiet())
    std::cerr << fmt::format("{} of {}; --limit N shows more, --csv all\n", with_commas(shown), plural(total, "row"));
  else if (!arguments.quiet())
    std::cerr << plural(total, "row") << "\n";
  if (!drawn.hidden.empty() && !arguments.quiet())
    std::cerr << fmt::format("{} found no room: {}\n", plural(drawn.hidden.size(), "column"),
                             fit(join(drawn.hidden, ", "), 60));
  return 0;
}

int ask(const Arguments& arguments) {
  if (arguments.has("--csv") + arguments.has("--parquet") + (arguments.json() && arguments.has("--csv")) > 1)
    throw Error(ErrorKind::user, "FR0604", "an answer has one form: --csv, --parquet or --json");
  const std::string& text = arguments.positional[0];
  std::unique_ptr<Workspace> workspace;
  if (thread_file(arguments)) workspace = std::make_unique<Workspace>(arguments);
  if (workspace) mention_problems(*workspace, arguments);
  BoundQuestion question;
  try {
    question = bind_question(text, workspace.get());
  } catch (const Error& error) {  // to show it in the text that only this command knows
    if (!error.text_offset) throw;
    return report_problems(arguments, {problem_in_text(error, text, "<sql>")}, {{"<sql>", text}}, 2);
  }
  std::unique_ptr<Worker> worker = make_query_worker();
  if (arguments.has("--csv")) return stream_csv(*worker, arguments, question);
  if (arguments.has("--parquet")) return write_parquet(*worker, arguments, question);
  return print_rows(*worker, arguments, question);
}

}  // namespace

Command ask_command() {
  Command command;
  command.name = "ask";
  command.usage = "\"SQL\"";
  command.about = "answers a SQL query over the tables of the thread";
  command.details =
      "Tables are those of the last run; `$name` is a parameter of the thread. For example:\n"
      "  filrouge ask \"SELECT carrier, count(*) FROM flights GROUP BY ALL\"\n"
      "  filrouge ask \"SELECT * FROM flights.rejects\" --csv > rejects.csv\n"
      "Without a thread.yaml any SQL without tables works. --json gives at most 10,000\n"
      "rows unless --limit says otherwise, and tells with `truncated` when there are more.";
  command.options = {{"--limit", "N", "at most this many rows; default: 20, with --json 10000"},
                     {"--csv", "", "all rows as CSV on standard output"},
                     {"--parquet", "FILE", "all rows into a Parquet file"}};
  command.min_positional = command.max_positional = 1;
  command.run = ask;
  return command;
}

}  // namespace filrouge
