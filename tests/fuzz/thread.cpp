// thread.yaml: any bytes give a thread, or problems that can be shown and have their place in it. The verbs are
// stand-ins that have a key of every type, so that nothing of the engines has to be linked: the parser knows verbs by
// such tables only.
#include <unistd.h>

#include "base/files.h"
#include "must.h"
#include "thread/thread.h"

using namespace filrouge;

namespace {

std::vector<KeySpec> every_type() {
  return {{"text", ValueType::text, false, "", "a text"},
          {"count", ValueType::integer, false, "3", "an integer", {}, {}, 1},
          {"number", ValueType::number, false, "0.5", "a number"},
          {"yes", ValueType::boolean, false, "true", "a boolean"},
          {"mark", ValueType::choice, false, "line", "a choice", {"line", "bar", "point"}},
          {"share", ValueType::percent, false, "20%", "a percentage"},
          {"memory", ValueType::bytes, false, "4GB", "bytes"},
          {"wait", ValueType::duration, false, "10s", "a duration"},
          {"query", ValueType::sql, false, "", "SQL"},
          {"file", ValueType::file, false, "", "the query's file"},
          {"x", ValueType::column, false, "", "a column"},
          {"from", ValueType::table, false, "", "a table"},
          {"ignore", ValueType::text_list, false, "", "texts"},
          {"any", ValueType::any, false, "", "anything"}};
}

const std::vector<VerbSpec>& verbs() {
  static const std::vector<VerbSpec> table = [] {
    std::vector<KeySpec> keys = every_type();
    keys.push_back({"columns",
                    ValueType::mapping,
                    false,
                    "",
                    "by column",
                    {},
                    {{"*", ValueType::mapping, false, "", "one", {}, every_type()}}});
    keys.push_back({"free", ValueType::mapping, false, "", "any keys"});
    keys.push_back({"expect", ValueType::list, false, "", "a list", {}, every_type()});
    keys.push_back({"loose", ValueType::list, false, "", "a list of anything"});
    std::vector<KeySpec> read = every_type();
    read[0].required = true;
    return std::vector<VerbSpec>{{"read", "a table", "reads", read, "", {}},
                                 {"sql", "a table", "computes", every_type(), "", {{"query", "file"}}},
                                 {"check", "a table", "looks", keys, "", {}}};
  }();
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path folder = [] {
    fs::path path = fs::temp_directory_path() / ("fuzz-thread-" + std::to_string(::getpid()));
    make_folder(path);
    write_file(path / "part.yaml", "steps:\n  - sql: more\n    query: SELECT 1 AS a\n");
    write_file(path / "query.sql", "SELECT * FROM a");
    return path;
  }();
  write_file(folder / "thread.yaml", {reinterpret_cast<const char*>(data), size});
  std::vector<Diagnostic> problems;
  Thread thread = parse_thread(folder / "thread.yaml", verbs(), {}, problems);
  for (const Diagnostic& problem : problems) {
    MUST(!problem.message.empty() && problem.code.size() == 6 && problem.line >= 0 && problem.length >= 1);
    MUST(!render(problem, thread.sources, false).empty());
    dump(to_json(problem));
  }
  for (const Step& step : thread.steps) {
    MUST(!step.name.empty() && step.config.is_object());
    canonical(step.config);
    render(thread.at(step, {"expect", "0", "share"}, "FR0101", "here"), thread.sources, true);
  }
  return 0;
}
