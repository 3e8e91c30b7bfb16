// prove: the thread's SQL on two engines, compared.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "run/prove.h"
#include "thread/engines_file.h"

namespace filrouge {
namespace {

/// "1%" or "0.01" -> 0.01.
double share_option(const Arguments& arguments, const std::string& option, double otherwise,
                    const std::string& example) {
  if (!arguments.has(option)) return otherwise;
  std::string text = arguments.get(option);
  bool percent = text.ends_with('%');
  char* end = nullptr;
  std::string digits = percent ? text.substr(0, text.size() - 1) : text;
  double value = std::strtod(digits.c_str(), &end) / (percent ? 100 : 1);
  if (digits.empty() || *end != '\0' || !(value > 0) || value > 1)
    throw Error(ErrorKind::user, "FR0604", fmt::format("{} cannot be `{}`", option, text), "for example " + example);
  return value;
}

ProveOptions prove_options(const Arguments& arguments, const Thread& thread) {
  ProveOptions options;
  std::vector<std::string> names = split(arguments.get("--engines"), ',');
  if (names.size() != 2 || names[0] == names[1])
    throw Error(ErrorKind::user, "FR0604", "prove compares two engines", "for example --engines duckdb,spark");
  for (std::string& name : names) {
    name = std::string(trim(name));
    if (name != "duckdb" && !thread.engines.contains(name))
      throw Error(ErrorKind::user, "FR0221", fmt::format("there is no engine `{}`", name),
                  fmt::format("engines besides duckdb: {}", engine_names(thread.engines)));
    if (name != "duckdb" && thread.engines.at(name).at("kind") == "hadoop")
      throw Error(ErrorKind::user, "FR0223",
                  fmt::format("prove compares SQL, and `{}` is a Hadoop, which has none", name),
                  fmt::format("what programs print is compared by: filrouge run STEP --again --engine {}", name));
  }
  options.first = names[0], options.second = names[1];
  options.sample = share_option(arguments, "--sample", 1, "--sample 1%");
  options.tolerance = share_option(arguments, "--tolerance", options.tolerance, "--tolerance 1e-9");
  options.limits = {memory_option(arguments), jobs_option(arguments), timeout_option_ms(arguments)};
  options.scratch = scratch_folder();
  return options;
}

std::string verdict(const Proof& proof) {
  if (!proof.failure.empty()) return proof.failure;
  if (!proof.equal && proof.rows != proof.other_rows)
    return fmt::format("DIFFERENT: {} / {} rows", with_commas(proof.rows), with_commas(proof.other_rows));
  if (proof.equal)
    return proof.largest_error > 0 ? fmt::format("equal (doubles within {:.0e})", proof.largest_error) : "equal";
  std::vector<std::string> columns;
  for (const auto& [column, count] : proof.columns)
    columns.push_back(fmt::format("{} in {}", column, plural(count, "row")));
  return "DIFFERENT: " + join(columns, ", ");
}

/// What was compared, and how far it goes.
std::vector<std::string> terms(const Proof& proof, const ProveOptions& options) {
  std::vector<std::string> terms = {fmt::format("on {} and {}", proof.engine, proof.other_engine),
                                    options.sample < 1
                                        ? fmt::format("{:.6g} % of the rows of its inputs", options.sample * 100)
                                        : "all rows of its inputs",
                                    fmt::format("doubles to {:.0e}", options.tolerance)};
  if (proof.equal && proof.largest_error > 0)
    terms.push_back(fmt::format("largest difference {:.0e}", proof.largest_error));
  if (!proof.equal) terms.push_back(verdict(proof));
  return terms;
}

/// The receipt of a proof, as the history of runs keeps it.
RunStep receipt(const Proof& proof, const ProveOptions& options) {
  RunStep step;
  step.verb = proof.step->step->verb, step.name = proof.step->step->name, step.key = proof.step->key.value_or("");
  step.action = !proof.failure.empty() ? "failed" : proof.equal ? "equal" : "different";
  step.error = proof.failure;
  if (proof.failure.empty()) step.why = terms(proof, options);
  step.seconds = proof.seconds + proof.other_seconds;
  step.rows = proof.rows;
  return step;
}

/// The steps are given the same rows, so what differs began here: in what the column is computed from.
std::string origin(const Proof& proof, const std::string& column) {
  for (const ColumnLineage& lineage : proof.step->binding->tables[0].lineage.columns)
    if (lineage.column == column && !lineage.values.empty()) return list_of(lineage.values);
  return "";
}

void print(const Proof& proof, size_t width) {
  std::string rows = proof.failure.empty() ? plural(proof.rows, "row") : "";
  std::cout << fmt::format("  {:<{}}  {:<14}  {}\n", proof.step->step->name, width, rows, verdict(proof));
  for (const std::string& example : proof.examples) std::cout << "      " << example << "\n";
  for (const auto& [column, count] : proof.columns)
    if (std::string from = origin(proof, column); !from.empty())
      std::cout << fmt::format("      {} is computed from {}\n", column, from);
  std::cout << std::flush;  // the next step may take long
}

Json to_json(const Proof& proof) {
  Json columns = Json::array();
  for (const auto& [column, count] : proof.columns) columns.push_back({{"column", column}, {"rows", count}});
  return {{"name", proof.step->step->name},
          {"equal", proof.equal},
          {"rows", proof.rows},
          {"other_rows", proof.other_rows},
          {"largest_error", proof.largest_error},
          {"columns", columns},
          {"examples", proof.examples},
          {"failure", proof.failure},
          {"seconds", proof.seconds},
          {"other_seconds", proof.other_seconds}};
}

int prove(const Arguments& arguments) {
  Workspace workspace(arguments);
  if (auto code = workspace.fail_on_problems()) return *code;
  ProveOptions options = prove_options(arguments, workspace.thread);
  Plan& plan = workspace.plan(arguments.positional);
  if (auto code = workspace.fail_on_problems()) return *code;
  size_t width = 12, equal = 0, all = 0;
  for (const PlannedStep& step : plan.steps)
    if (step.selected && step.step->verb == "sql") width = std::max(width, step.step->name.size());
  Json proofs = Json::array();
  std::vector<RunStep> receipts;
  const auto start = std::chrono::steady_clock::now();
  filrouge::prove(workspace.thread, workspace.store(), plan, options, [&](const Proof& proof) {
    ++all, equal += proof.equal;
    proofs.push_back(to_json(proof));
    receipts.push_back(receipt(proof, options));
    if (!arguments.json()) print(proof, width);
  });
  const int code = equal == all ? 0 : 3;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  try {
    Store& store = workspace.open_store(Store::Access::write);  // from here on the plan is gone
    store.end_run(store.begin_run(command_text("prove", arguments), took.count()), code, receipts);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::interrupted) throw;
    std::cerr << fmt::format("  the history does not have this proof: {}\n", error.message);
  }
  if (arguments.json())
    print_json(
        {{"engines", Json::array({options.first, options.second})}, {"sample", options.sample}, {"steps", proofs}});
  else if (!arguments.quiet())
    std::cerr << fmt::format(
        "  {} of {} equal on {} and {}{}\n", equal, plural(all, "step"), options.first, options.second,
        options.sample < 1 ? fmt::format(", with {:.6g} % of the rows", options.sample * 100) : "");
  return code;
}

}  // namespace

Command prove_command() {
  return {.name = "prove",
          .usage = "[SELECTOR ...] --engines A,B",
          .about = "compares what SQL steps give on two engines",
          .details =
              "Each selected sql step runs on both engines, with what the store has of its inputs, and the two results "
              "are compared "
              "as multisets of rows: doubles to --tolerance, all else exactly. The rows are not kept; what came of it "
              "stands in `history` and `show`. Exit code 3 when a step differs or does not run on one of them.\n\n"
              "  filrouge prove departures+ --engines duckdb,spark --sample 1%\n"
              "  filrouge show departures       says when it was last compared, and on what",
          .options = {{"--engines", "A,B", "the two: duckdb, or names of engines.yaml"},
                      {"--sample", "SHARE", "of the rows of each input, chosen by their hash, for example 1%"},
                      {"--tolerance", "ERROR", "relative, of doubles; default 1e-12"}},
          .min_positional = 0,
          .max_positional = -1,
          .run = prove};
}

}  // namespace filrouge
