#include "thread/engines_file.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "thread/check_keys.h"
#include "thread/reporter.h"
#include "thread/yaml.h"

namespace filrouge {
namespace {

struct EngineKind {
  const char* name;
  const char* example;
  std::vector<std::string> keys;   ///< besides `kind`
  std::vector<std::string> paths;  ///< of the keys: a relative one begins at the file's folder
};
const std::vector<EngineKind> kKinds = {
    {"spark",
     "`spark: {kind: spark, submit: /opt/spark/bin/spark-submit, master: yarn}`",
     {"submit", "master", "host", "conf", "worker", "part_rows"},
     {"submit"}},
    {"hadoop",
     "`yarn: {kind: hadoop, home: /opt/hadoop, config: /etc/hadoop/conf}`",
     {"home", "config", "streaming", "staging", "conf", "worker", "shared", "part_rows"},
     {"home", "config", "streaming"}},
};

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
  void refuse(const Node& node, const std::string& message, const std::string& hint = "",
              const EngineKind& kind = kKinds.front()) {
    reporter_.error(node, "FR0222", message, hint, fmt::format("such as {}", kind.example));
  }

  static const EngineKind* find_kind(const Node* name) {
    for (const EngineKind& kind : kKinds)
      if (name && is_text(*name) && name->text == kind.name) return &kind;
    return nullptr;
  }

  void read_engine(const Node& name, const Node& engine) {
    if (!is_name(name.text) || name.text == "duckdb" || name.text == "auto")
      return refuse(name, fmt::format("`{}` cannot be the name of an engine", name.text),
                    "small letters, digits and `_`; duckdb is the embedded one, auto chooses by size");
    if (engine.kind != Node::Kind::mapping)
      return refuse(name, fmt::format("the engine `{}` has no settings", name.text));
    size_t before = problems_.size();
    const Node* says = engine.find("kind");
    const EngineKind* kind = find_kind(says);
    if (!kind)
      return refuse(says ? *says : name, fmt::format("the engine `{}` has no kind that is known", name.text),
                    "write `kind: spark` or `kind: hadoop`");
    for (const auto& [key, value] : engine.entries) read_key(key, value, *kind);
    if (problems_.size() > before) return;
    Json settings = to_json(engine);
    for (const std::string& key : kind->paths) {
      std::string path = settings.value(key, "");
      bool is_path = path.find('/') != std::string::npos || key != "submit";
      if (!path.empty() && is_path) settings[key] = (folder_ / path).lexically_normal().string();
    }
    engines_.emplace(name.text, std::move(settings));
  }

  void read_key(const Node& key, const Node& value, const EngineKind& kind) {
    if (key.text != "kind" && !contains(kind.keys, key.text))
      refuse(key, fmt::format("an engine has no key `{}`", key.text), did_you_mean(key.text, kind.keys), kind);
    else if (key.text == "conf" && value.kind != Node::Kind::mapping)
      refuse(value,
             fmt::format("`conf` takes a mapping of {} settings, not {}",
                         kind.name == kKinds[0].name ? "Spark's" : "Hadoop's", describe(value)),
             "", kind);
    else if (key.text == "shared" && value.text != "true" && value.text != "false")
      refuse(value, fmt::format("`shared` is true or false, not {}", describe(value)), "", kind);
    else if (key.text != "conf" && key.text != "shared" && !is_text(value))
      refuse(value, fmt::format("`{}` takes a text, not {}", key.text, describe(value)), "", kind);
    else if (key.text == "part_rows" && parse_count(value.text).value_or(0) == 0)
      refuse(value, fmt::format("`part_rows` is a number of rows, not {}", describe(value)), "such as 500000", kind);
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

std::vector<std::string> engines_of_kind(const std::map<std::string, Json>& engines, const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& [name, settings] : engines)
    if (settings.at("kind") == kind) names.push_back(name);
  return names;
}

std::optional<Error> cannot_choose(const std::map<std::string, Json>& engines) {
  for (const EngineKind& kind : kKinds)
    if (std::vector<std::string> names = engines_of_kind(engines, kind.name); names.size() > 1)
      return Error(ErrorKind::user, "FR0221",
                   fmt::format("`auto` does not choose between engines of kind {}", kind.name),
                   fmt::format("name one of {}", join(names, ", ")));
  return std::nullopt;
}

}  // namespace filrouge
