// From thread.yaml and what it includes to a Thread. Nothing here stops at the first problem: each is reported where it
// stands, what is sound is kept, and a step with a problem is left out by name.
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "thread/check_keys.h"
#include "thread/engines_file.h"
#include "thread/secrets.h"
#include "thread/step_reader.h"
#include "thread/thread.h"

namespace filrouge {

namespace {

const std::vector<std::string> kTopKeys = {"thread", "about", "params", "include", "steps", "seed", "engine"};
const std::vector<std::string> kIncludedKeys = {"about", "steps"};

/// The value of --set as the type of the default; nothing where it does not fit.
std::optional<Json> parse_as(const Json& like, const std::string& text) {
  if (like.is_string()) return Json(text);
  Node scalar;
  scalar.kind = Node::Kind::scalar, scalar.text = std::string(trim(text));
  Json value = to_json(scalar);
  if (like.is_boolean() && value.is_boolean()) return value;
  if (like.is_number_integer() && value.is_number_integer()) return value;
  if (like.is_number_float() && value.is_number()) return Json(value.get<double>());
  return std::nullopt;
}

const char* type_words(const Json& value) {
  if (value.is_boolean()) return "true or false";
  if (value.is_number_integer()) return "a whole number";
  return value.is_number() ? "a number" : "a text";
}

class ThreadReader {
 public:
  ThreadReader(const fs::path& file, const std::vector<VerbSpec>& verbs, const ParseOptions& options,
               std::vector<Diagnostic>& problems)
      : options_(options),
        problems_(problems),
        reporter_(problems),
        thread_(at_file(file)),
        files_(thread_.folder, thread_.sources),
        steps_(verbs, thread_, files_, reporter_),
        main_name_(thread_.file.filename().string()) {}

  Thread read() {
    Node root = read_source(main_name_, read_file(thread_.file));
    if (root.kind == Node::Kind::mapping)
      top_level(root);
    else if (!cut_short_)
      not_a_mapping(root);
    return std::move(thread_);
  }

 private:
  static Thread at_file(const fs::path& file) {
    Thread thread;
    thread.file = fs::absolute(file).lexically_normal();
    thread.folder = thread.file.parent_path();
    return thread;
  }

  Node read_source(const std::string& name, std::string text) {
    files_.add(name, std::move(text));
    auto before = static_cast<std::ptrdiff_t>(problems_.size());
    Node root = parse_yaml(thread_.sources.back().text, name, problems_);
    cut_short_ = std::any_of(problems_.begin() + before, problems_.end(), [](const Diagnostic& problem) {
      return contains({"FR0101", "FR0102", "FR0103", "FR0108", "FR0109"}, problem.code);
    });
    thread_.cut_short |= cut_short_;
    return root;
  }

  void not_a_mapping(const Node& root) {
    constexpr const char* kHint = "begin with `thread: name`";
    constexpr const char* kNote = "next: filrouge new NAME --example flights writes a thread to start from";
    size_t colon = root.text.find(':');
    if (root.kind == Node::Kind::null && root.text.empty())
      reporter_.error(root, "FR0110", "the file says nothing", kHint, kNote);
    else if (root.kind == Node::Kind::scalar && contains(kTopKeys, root.text.substr(0, colon)))
      reporter_.error(root, "FR0101", fmt::format("a blank is missing after `{}:`", root.text.substr(0, colon)),
                      fmt::format("write `{}: {}`", root.text.substr(0, colon), root.text.substr(colon + 1)));
    else
      reporter_.error(root, "FR0110", fmt::format("a thread is a mapping of keys, not {}", describe(root)), kHint,
                      kNote);
  }

  void top_level(Node& root) {
    for (auto& [key, value] : root.entries) {
      if (!contains(kTopKeys, key.text)) unknown_top_key(key, value);
      if (key.text != "steps") check_secret_forms(value, files_.source_of(value), reporter_);
    }
    read_name(root);
    if (const Node* about = root.find("about")) read_about(*about);
    if (const Node* seed = root.find("seed")) read_seed(*seed);
    read_params(root);
    read_engine(root.find("engine"));
    for (auto& [key, value] : root.entries) {
      if (key.text == "steps") read_steps(key, value);
      if (key.text == "include") read_includes(key, value);
    }
  }

  void unknown_top_key(const Node& key, const Node& value) {
    std::string hint = did_you_mean(key.text, kTopKeys);
    std::string note = fmt::format("the keys are: {}", join(kTopKeys, ", "));
    if (contains(steps_.verb_names(), key.text))
      hint = fmt::format("write `- {}: {}` below `steps:`", key.text, is_text(value) ? value.text : "name"),
      note = fmt::format("`{}` is a verb: it begins a step", key.text);
    reporter_.error(key, "FR0111", fmt::format("a thread has no key `{}`", key.text), hint, note);
  }

  void read_name(const Node& root) {
    const Node* name = root.find("thread");
    if (!name) {
      if (!cut_short_)
        reporter_.error(root, "FR0112", "the thread has no name", "add `thread: name` as the first line");
      return;
    }
    if (name->kind == Node::Kind::sequence || name->kind == Node::Kind::mapping) {
      reporter_.error(*root.find_key("thread"), "FR0117", fmt::format("`thread` takes a name, not {}", describe(*name)),
                      "such as `thread: flights`");
    } else if (check_name(*name, *root.find_key("thread"), "a thread", reporter_)) {
      thread_.name = name->text;
    }
  }

  void read_about(const Node& about) {
    if (is_text(about))
      thread_.about = about.text;
    else
      reporter_.error(about, "FR0117", fmt::format("`about` takes a text, not {}", describe(about)));
  }

  void read_seed(const Node& seed) {
    Json value = to_json(seed);
    if (value.is_number_integer() && (value.is_number_unsigned() || value.get<int64_t>() >= 0))
      thread_.seed = value.get<uint64_t>();
    else
      reporter_.error(seed, "FR0117", fmt::format("`seed` takes a whole number from 0, not {}", describe(seed)),
                      "such as `seed: 42`");
  }

  void read_engine(const Node* engine) {
    thread_.engines = read_engines(thread_.folder, thread_.sources, problems_);
    if (engine && !is_text(*engine))
      reporter_.error(*engine, "FR0117", fmt::format("`engine` takes a name, not {}", describe(*engine)),
                      "such as `engine: spark`");
    if (engine && is_text(*engine)) thread_.engine = engine->text;
    thread_.engine_is_asked_for = !options_.engine.empty();
    if (thread_.engine_is_asked_for) thread_.engine = options_.engine;
    if (thread_.engine == "duckdb" || thread_.engines.contains(thread_.engine)) return;
    Diagnostic problem{.code = "FR0221"};
    if (thread_.engine == "auto") {
      std::optional<Error> why = cannot_choose(thread_.engines);
      if (!why) return;
      problem.message = why->message, problem.hint = why->hint;
    } else {
      problem.message = fmt::format("there is no engine `{}`", thread_.engine);
      problem.hint = "name it in engines.yaml, beside the thread or in ~/.config/filrouge";
      problem.note = fmt::format("engines besides duckdb: {}", engine_names(thread_.engines));
    }
    if (thread_.engine_is_asked_for || !engine)
      reporter_.add(std::move(problem));
    else
      reporter_.error(*engine, problem.code, problem.message, problem.hint, problem.note);
  }

  void read_params(const Node& root) {
    const Node* params = root.find("params");
    std::vector<std::string> names;
    if (params && params->kind == Node::Kind::mapping) {
      for (const auto& [key, value] : params->entries) {
        names.push_back(key.text);
        read_param(key, value);
      }
    } else if (params && !(params->kind == Node::Kind::null && params->text.empty())) {
      reporter_.error(*params, "FR0117", fmt::format("`params` takes a mapping, not {}", describe(*params)),
                      "such as `params: {late_after: 15}`");
    }
    for (const auto& [name, text] : options_.set) {
      if (contains(names, name)) continue;
      std::string note = names.empty() ? "the thread has no parameters" : fmt::format("it has: {}", join(names, ", "));
      reporter_.add({Severity::error, "FR0126", "", 0, 0, 1, "",
                     fmt::format("`--set {}`: the thread has no such parameter", name), did_you_mean(name, names),
                     note});
    }
  }

  void read_param(const Node& key, const Node& value) {
    if (!is_name(key.text)) {
      check_name(key, key, "a parameter", reporter_);
      return;
    }
    if (value.kind != Node::Kind::scalar) {
      bool nothing = value.kind == Node::Kind::null;
      reporter_.error(
          nothing ? key : value, "FR0128",
          nothing ? fmt::format("the parameter `{}` has no default value", key.text)
                  : fmt::format("the parameter `{}` is {}; it must be one value", key.text, describe(value)),
          fmt::format("such as `{}: 15`", key.text), "a number, true or false, or a text (also for a date)");
      return;
    }
    Json fallback = to_json(value);
    thread_.params[key.text] = fallback;
    auto set = options_.set.find(key.text);
    if (set == options_.set.end()) return;
    if (auto json = parse_as(fallback, set->second))
      thread_.params[key.text] = *json;
    else
      reporter_.error(value, "FR0127",
                      fmt::format("`--set {}={}` is not {}", key.text, set->second, type_words(fallback)),
                      fmt::format("the default makes `{}` {}", key.text, type_words(fallback)));
  }

  void read_includes(const Node& key, const Node& value) {
    std::vector<const Node*> patterns;
    if (is_text(value)) patterns.push_back(&value);
    for (const Node& item : value.items) {
      if (is_text(item))
        patterns.push_back(&item);
      else
        reporter_.error(item, "FR0117", fmt::format("an item of `include` is a path, not {}", describe(item)));
    }
    if (patterns.empty() && value.items.empty())
      reporter_.error(value.kind == Node::Kind::null ? key : value, "FR0117",
                      fmt::format("`include` takes a list of paths, not {}", describe(value)),
                      "such as `include: [steps/*.yaml]`");
    for (const Node* pattern : patterns) include(*pattern);
  }

  void include(const Node& pattern) {
    auto refuse = [&](std::string message, std::string hint) {
      reporter_.error(pattern, "FR0124", std::move(message), std::move(hint));
    };
    fs::path written(pattern.text);
    if (written.is_absolute() || std::find(written.begin(), written.end(), "..") != written.end())
      return refuse(fmt::format("`{}` leaves the folder of the thread", pattern.text),
                    "include files beside thread.yaml");
    size_t num_files = 0;
    for (const fs::path& path : glob_files(thread_.folder, pattern.text)) {
      std::error_code ignored;
      if (!fs::is_regular_file(path, ignored)) continue;
      ++num_files;
      std::string name = path.lexically_relative(thread_.folder).string();
      if (name == main_name_)
        refuse("the thread includes itself", "put the steps into a folder: steps/*.yaml");
      else if (!files_.is_inside(name))
        refuse(fmt::format("`{}` leads out of the folder of the thread", name), "");
      else if (!files_.has(name))
        include_file(pattern, path, name);
    }
    if (num_files == 0)
      refuse(fmt::format("no file matches `{}`", pattern.text), fmt::format("paths begin at {}", main_name_));
  }

  void include_file(const Node& pattern, const fs::path& path, const std::string& name) {
    std::string text;
    try {
      text = read_file(path);
    } catch (const Error& error) {
      reporter_.error(pattern, "FR0124", error.message);
      return;
    }
    Node root = read_source(name, std::move(text));
    if (root.kind == Node::Kind::sequence) return steps_.read(root);
    if (root.kind != Node::Kind::mapping) {
      if (!cut_short_)
        reporter_.error(root, "FR0110", fmt::format("an included file holds steps, not {}", describe(root)),
                        "begin with `steps:`, or with `- ` and a verb");
      return;
    }
    for (auto& [key, value] : root.entries) {
      if (key.text == "steps")
        read_steps(key, value);
      else if (key.text != "about")
        unknown_included_key(key);
    }
  }

  void unknown_included_key(const Node& key) {
    bool of_thread = contains(kTopKeys, key.text);
    reporter_.error(key, "FR0111",
                    of_thread
                        ? fmt::format("`{}` belongs into {}, not into a file that it includes", key.text, main_name_)
                        : fmt::format("an included file has no key `{}`", key.text),
                    of_thread ? "" : did_you_mean(key.text, kIncludedKeys),
                    "an included file holds `steps:`, or just the list of steps");
  }

  void read_steps(const Node& key, Node& steps) {
    if (steps.kind == Node::Kind::sequence) return steps_.read(steps);
    if (steps.kind == Node::Kind::null && steps.text.empty()) return;  // a thread that is just begun
    reporter_.error(steps.kind == Node::Kind::mapping ? key : steps, "FR0117",
                    fmt::format("`steps` takes a list, not {}", describe(steps)), "begin each step with `- `",
                    "such as `- read: flights`");
  }

  const ParseOptions& options_;
  std::vector<Diagnostic>& problems_;
  Reporter reporter_;
  Thread thread_;
  ThreadFiles files_;
  StepReader steps_;
  std::string main_name_;
  bool cut_short_ = false;  ///< the file read last broke off: what is missing may stand in the part not read
};

/// In the order in which a reader meets them, each once: what stands under an anchor is checked wherever it is
/// repeated.
void put_in_order(const std::vector<SourceText>& sources, size_t first, std::vector<Diagnostic>& problems) {
  std::map<std::string, size_t> order;
  for (const SourceText& source : sources) order.emplace(source.name, order.size() + 1);
  auto rank = [&](const Diagnostic& d) { return std::tuple(d.file.empty() ? 0 : order[d.file], d.line, d.column); };
  auto begin = problems.begin() + static_cast<std::ptrdiff_t>(first);
  std::stable_sort(begin, problems.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  auto same = [&](const Diagnostic& a, const Diagnostic& b) {
    return rank(a) == rank(b) && a.code == b.code && a.message == b.message;
  };
  problems.erase(std::unique(begin, problems.end(), same), problems.end());
}

}  // namespace

Thread parse_thread(const fs::path& file, const std::vector<VerbSpec>& verbs, const ParseOptions& options,
                    std::vector<Diagnostic>& problems) {
  size_t first = problems.size();
  Thread thread = ThreadReader(file, verbs, options, problems).read();
  put_in_order(thread.sources, first, problems);
  return thread;
}

}  // namespace filrouge
