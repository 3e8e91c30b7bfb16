#include "thread/engines_file.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "thread/check_keys.h"
#include "thread/reporter.h"
#include "thread/yaml.h"

namespace filrouge {
namespace {

const std::vector<std::string> kKinds = {"spark"};
const std::vector<std::string> kKeys = {"kind", "submit", "master", "host", "conf", "worker", "part_rows"};

class EnginesReader {
 public:
  EnginesReader(std::map<std::string, Json>& engines, const fs::path& folder, std::vector<Diagnostic>& problems)
      : engines_(engines), folder_(folder), problems_(problems), reporter_(problems) {}

  void read(const Node& root) {
    if (root.kind == Node::Kind::null && root.text.empty()) return;
    if (root.kind != Node::Kind::mapping)
      return refuse(root, fmt::format("engines.yaml is a mapping of names, not {}", describe(root)));
    for (const auto& [name, engine] : root.entries) read_engine(name, engine);
  }

 private:
  void refuse(const Node& node, const std::string& message, const std::string& hint = "") {
    reporter_.error(node, "FR0222", message, hint,
                    "such as `spark: {kind: spark, submit: /opt/spark/bin/spark-submit, master: yarn}`");
  }

  void read_engine(const Node& name, const Node& engine) {
    if (!is_name(name.text) || name.text == "duckdb")
      return refuse(name, fmt::format("`{}` cannot be the name of an engine", name.text),
                    "small letters, digits and `_`; duckdb is the embedded one");
    if (engine.kind != Node::Kind::mapping)
      return refuse(name, fmt::format("the engine `{}` has no settings", name.text));
    size_t before = problems_.size();
    const Node* kind = engine.find("kind");
    if (!kind || !is_text(*kind) || !contains(kKinds, kind->text))
      refuse(kind ? *kind : name, fmt::format("the engine `{}` has no kind that is known", name.text),
             "write `kind: spark`");
    for (const auto& [key, value] : engine.entries) read_key(key, value);
    if (problems_.size() > before) return;
    Json settings = to_json(engine);
    std::string submit = settings.value("submit", "");
    if (submit.find('/') != std::string::npos) settings["submit"] = (folder_ / submit).lexically_normal().string();
    engines_.emplace(name.text, std::move(settings));
  }

  void read_key(const Node& key, const Node& value) {
    if (!contains(kKeys, key.text))
      refuse(key, fmt::format("an engine has no key `{}`", key.text), did_you_mean(key.text, kKeys));
    else if (key.text != "conf" && !is_text(value))
      refuse(value, fmt::format("`{}` takes a text, not {}", key.text, describe(value)));
    else if (key.text == "part_rows" && parse_count(value.text).value_or(0) == 0)
      refuse(value, fmt::format("`part_rows` is a number of rows, not {}", describe(value)), "such as 500000");
    else if (key.text == "conf" && value.kind != Node::Kind::mapping)
      refuse(value, fmt::format("`conf` takes a mapping of Spark's settings, not {}", describe(value)));
  }

  std::map<std::string, Json>& engines_;
  fs::path folder_;  ///< of the file: a program's relative path begins there
  std::vector<Diagnostic>& problems_;
  Reporter reporter_;
};

}  // namespace

std::map<std::string, Json> read_engines(const fs::path& folder, std::vector<SourceText>& sources,
                                         std::vector<Diagnostic>& problems) {
  std::map<std::string, Json> engines;
  for (const fs::path& file : {folder / "engines.yaml", config_folder() / "engines.yaml"}) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) continue;
    std::string name = file.parent_path() == folder ? "engines.yaml" : file.string();
    sources.push_back({name, read_file(file)});
    EnginesReader(engines, file.parent_path(), problems).read(parse_yaml(sources.back().text, name, problems));
  }
  return engines;
}

std::string engine_names(const std::map<std::string, Json>& engines) {
  std::vector<std::string> names;
  for (const auto& [name, settings] : engines) names.push_back(name);
  return names.empty() ? "none" : join(names, ", ");
}

}  // namespace filrouge
