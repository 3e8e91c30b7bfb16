// From thread.yaml and what it includes to a Thread. Nothing here stops at the first problem: each is reported where it
// stands, what is sound is kept, and a step with a problem is left out by name.
#include <charconv>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "thread/check_keys.h"
#include "thread/lines.h"
#include "thread/secrets.h"
#include "thread/thread.h"

namespace filrouge {

namespace {

const std::vector<std::string> kTopKeys = {"thread", "about", "params", "include", "steps", "seed"};
const std::vector<std::string> kIncludedKeys = {"about", "steps"};

bool is_text(const Node& node) {
  return node.kind == Node::Kind::scalar || (node.kind == Node::Kind::null && !node.text.empty());
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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
      : verbs_(verbs), options_(options), problems_(problems), reporter_(problems) {
    for (const VerbSpec& verb : verbs_) verb_names_.push_back(verb.name);
    thread_.file = fs::absolute(file).lexically_normal();
    thread_.folder = thread_.file.parent_path();
    main_name_ = thread_.file.filename().string();
  }

  Thread read() {
    Node root = read_source(main_name_, read_file(thread_.file));
    if (root.kind == Node::Kind::mapping)
      top_level(root);
    else if (!cut_short_)
      not_a_mapping(root);
    return std::move(thread_);
  }

 private:
  Node read_source(const std::string& name, std::string text) {
    add_source(name, std::move(text));
    size_t before = problems_.size();
    Node root = parse_yaml(thread_.sources.back().text, name, problems_);
    cut_short_ = problems_.size() > before;
    thread_.cut_short |= cut_short_;
    return root;
  }

  void add_source(const std::string& name, std::string text) {
    source_index_.emplace(name, thread_.sources.size());
    thread_.sources.push_back({name, std::move(text)});
  }
  const std::string& source_of(const Node& node) const { return thread_.sources[source_index_.at(node.file)].text; }

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
      if (key.text != "steps") check_secret_forms(value, source_of(value), reporter_);
    }
    read_name(root);
    if (const Node* about = root.find("about")) read_about(*about);
    if (const Node* seed = root.find("seed")) read_seed(*seed);
    read_params(root);
    for (auto& [key, value] : root.entries) {
      if (key.text == "steps") read_steps(key, value);
      if (key.text == "include") read_includes(key, value);
    }
  }

  void unknown_top_key(const Node& key, const Node& value) {
    std::string hint = did_you_mean(key.text, kTopKeys);
    std::string note = fmt::format("the keys are: {}", join(kTopKeys, ", "));
    if (contains(verb_names_, key.text))
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
    } else if (check_name(*name, *root.find_key("thread"), "a thread")) {
      thread_.name = name->text;
    }
  }

  bool check_name(const Node& name, const Node& key, std::string_view of_what) {
    if (is_name(name.text)) return true;
    if (name.text.empty()) {
      reporter_.error(key, "FR0118", fmt::format("`{}` needs a name", key.text),
                      fmt::format("such as `{}: flights`", key.text));
      return false;
    }
    std::string good = name_from(name.text);
    reporter_.error(name, "FR0118", fmt::format("`{}` cannot be the name of {}", name.text, of_what),
                    good.empty() ? "" : fmt::format("did you mean `{}`?", good),
                    "names have small letters, digits and `_`, and begin with a letter");
    return false;
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
      check_name(key, key, "a parameter");
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

  /// A path of the thread as the user names it, if it stays inside the folder, also through symbolic links.
  std::optional<fs::path> inside(const std::string& path) const {
    if (path.find('\0') != std::string::npos) return std::nullopt;
    std::error_code failed;
    fs::path real_folder = fs::weakly_canonical(thread_.folder, failed);
    fs::path real = fs::weakly_canonical(thread_.folder / path, failed);
    fs::path relative = real.lexically_relative(real_folder);
    if (failed || fs::path(path).is_absolute() || relative.empty() || *relative.begin() == "..") return std::nullopt;
    return thread_.folder / path;
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
      else if (!inside(name))
        refuse(fmt::format("`{}` leads out of the folder of the thread", name), "");
      else if (!source_index_.contains(name))
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
    if (root.kind == Node::Kind::sequence) return read_step_list(root);
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
    if (steps.kind == Node::Kind::sequence) return read_step_list(steps);
    if (steps.kind == Node::Kind::null && steps.text.empty()) return;  // a thread that is just begun
    reporter_.error(steps.kind == Node::Kind::mapping ? key : steps, "FR0117",
                    fmt::format("`steps` takes a list, not {}", describe(steps)), "begin each step with `- `",
                    "such as `- read: flights`");
  }

  void read_step_list(Node& list) {
    thread_.steps.reserve(thread_.steps.size() + list.items.size());
    for (Node& item : list.items) {
      read_step(item);
      reporter_.step.clear();
    }
  }

  void read_step(Node& node) {
    if (node.kind != Node::Kind::mapping) return not_a_step(node);
    errors_before_ = reporter_.num_errors();
    auto [verb, verb_key] = find_verb(node);
    if (!verb) return check_secret_forms(node, source_of(node), reporter_);
    const Node& name = *node.find(verb->name);
    reporter_.step = verb->name + " " + name.text;
    Step step;
    bool named = (is_text(name) || name.text.empty()) && check_step_name(name, *verb_key);
    step.config = check_step_keys(node, named ? name : *verb_key, *verb, verbs_, reporter_);
    check_secret_forms(node, source_of(node), reporter_);
    if (verb->name == "read") warn_of_plain_secrets(node, reporter_);
    take_sql_file(*verb, node, step);
    if (named && !is_first(*verb, name)) named = false;
    if (!named || reporter_.num_errors() > errors_before_) {
      if (is_name(name.text)) thread_.left_out.insert(name.text);
      return;
    }
    step.verb = verb->name, step.name = name.text;
    step.node = std::move(node);
    thread_.steps.push_back(std::move(step));
  }

  bool check_step_name(const Node& name, const Node& key) {
    if (name.kind == Node::Kind::sequence || name.kind == Node::Kind::mapping) {
      reporter_.step = key.text;
      reporter_.error(name, "FR0117", fmt::format("`{}` takes a name, not {}", key.text, describe(name)),
                      fmt::format("such as `{}: flights`", key.text));
      return false;
    }
    return check_name(name, key, "a step");
  }

  void not_a_step(const Node& node) {
    std::string verb = node.text.substr(0, node.text.find(':'));
    std::string hint = fmt::format("such as `- {}: name`", verb_names_.empty() ? "read" : verb_names_.front());
    if (contains(verb_names_, verb))
      hint = verb.size() < node.text.size()
                 ? fmt::format("is a blank missing: `- {}: {}`?", verb, node.text.substr(verb.size() + 1))
                 : fmt::format("write `- {}: name`", verb);
    reporter_.error(node, "FR0114", fmt::format("a step is a mapping that begins with a verb, not {}", describe(node)),
                    hint);
  }

  /// The verb of a step and its key, or nothing after a report.
  std::pair<const VerbSpec*, const Node*> find_verb(const Node& node) {
    std::vector<std::pair<const VerbSpec*, const Node*>> found;
    for (const auto& [key, _] : node.entries)
      for (const VerbSpec& verb : verbs_)
        if (verb.name == key.text) found.emplace_back(&verb, &key);
    // A verb's name may be a key of another verb: then it is that key.
    if (found.size() > 1)
      for (auto& [verb, _] : found)
        if (std::all_of(found.begin(), found.end(),
                        [&](auto& other) { return other.first == verb || has_key(*verb, other.first->name); }))
          return {verb, node.find_key(verb->name)};
    if (found.size() == 1) return found[0];
    if (found.empty()) {
      no_verb(node);
    } else {
      for (size_t i = 1; i < found.size(); ++i)
        reporter_.error(
            *found[i].second, "FR0115",
            fmt::format("this step has two verbs, `{}` and `{}`", found[0].first->name, found[i].first->name),
            fmt::format("begin a step of its own: `- {}:`", found[i].first->name),
            fmt::format("`{}` stands in line {}", found[0].first->name, found[0].second->begin.line));
      for (const auto& [verb, key] : found) thread_.left_out.insert(node.find(verb->name)->text);
    }
    return {nullptr, nullptr};
  }

  static bool has_key(const VerbSpec& verb, std::string_view name) {
    return std::any_of(verb.keys.begin(), verb.keys.end(), [&](const KeySpec& key) { return key.name == name; });
  }

  void no_verb(const Node& node) {
    std::string known = fmt::format("the verbs are: {}", join(verb_names_, ", "));
    for (const auto& [key, value] : node.entries) {
      bool of_a_verb =
          std::any_of(verbs_.begin(), verbs_.end(), [&](const VerbSpec& verb) { return has_key(verb, key.text); });
      std::string hint = of_a_verb ? "" : did_you_mean(key.text, verb_names_);
      bool first = &key == &node.entries.front().first && !of_a_verb && key.text != "about";
      if (hint.empty() && !first) continue;
      if (hint.empty() && key.text.find(':') != std::string::npos) hint = "is a blank missing after the colon?";
      if (is_name(value.text)) thread_.left_out.insert(value.text);
      reporter_.error(key, "FR0113", fmt::format("there is no verb `{}`", key.text), hint, known);
      return;
    }
    reporter_.error(node, "FR0114", "this step has no verb",
                    fmt::format("such as `- {}: name`", verb_names_.empty() ? "read" : verb_names_.front()), known);
  }

  /// Reports a step that was there before: the same verb and name, or another step that makes the table.
  bool is_first(const VerbSpec& verb, const Node& name) {
    auto say = [&](const Node& first, std::string message, std::string hint) {
      reporter_.error(name, "FR0119", std::move(message), std::move(hint),
                      fmt::format("the first stands in {}:{}", first.file, first.begin.line));
      return false;
    };
    Node place;  // a name without subtrees: cheap to keep
    place.file = name.file, place.begin = name.begin;
    auto [same, is_new] = seen_.emplace(verb.name + " " + name.text, place);
    if (!is_new)
      return say(same->second, fmt::format("the step `{} {}` is there twice", verb.name, name.text),
                 "give one of the two another name");
    if (verb.makes != "a table") return true;
    auto [table, table_is_new] = tables_.emplace(name.text, place);
    if (!table_is_new)
      return say(table->second, fmt::format("two steps make the table `{}`", name.text),
                 "give one of the two another name");
    return true;
  }

  /// `file: sql/late.sql`: its text takes the place of the key.
  void take_sql_file(const VerbSpec& verb, const Node& node, Step& step) {
    for (const KeySpec& key : verb.keys) {
      if (key.type != ValueType::file || !step.config.contains(key.name)) continue;
      std::string path = fs::path(step.config[key.name].get<std::string>()).lexically_normal().string();
      step.config.erase(key.name);
      if (auto text = read_text_file(*node.find(key.name), path)) {
        step.config["query"] = std::move(*text);
        step.sql_file = path;
      }
    }
  }

  std::optional<std::string> read_text_file(const Node& node, const std::string& path) {
    auto refuse = [&](std::string message, std::string hint) {
      reporter_.error(node, "FR0125", std::move(message), std::move(hint));
      return std::nullopt;
    };
    auto full = inside(path);
    if (!full)
      return refuse(fmt::format("`{}` is outside of the folder of the thread", path),
                    "put the file beside thread.yaml");
    std::error_code ignored;
    if (!fs::is_regular_file(*full, ignored))
      return refuse(fmt::format("there is no file `{}`", path), near_file(path));
    std::string text;
    try {
      text = read_file(*full);
    } catch (const Error& error) {
      return refuse(error.message, "");
    }
    if (auto bad = first_invalid_utf8(text)) {
      Place place = place_of_byte(text, *bad);
      return refuse(fmt::format("`{}` is not UTF-8: line {}, column {}", path, place.line, place.column),
                    "save it with the encoding UTF-8");
    }
    if (!source_index_.contains(path)) add_source(path, text);
    return text.substr(bom_length(text));
  }

  std::string near_file(const std::string& path) const {
    std::vector<std::string> names;
    std::error_code failed;
    fs::path folder = fs::path(path).parent_path();
    for (const auto& entry : fs::directory_iterator(thread_.folder / folder, failed))
      names.push_back((folder / entry.path().filename()).string());
    std::sort(names.begin(), names.end());
    std::string hint = did_you_mean(path, names);
    return hint.empty() ? "paths begin at the folder of thread.yaml" : hint;
  }

  const std::vector<VerbSpec>& verbs_;
  const ParseOptions& options_;
  std::vector<Diagnostic>& problems_;
  Reporter reporter_;
  Thread thread_;
  std::string main_name_;
  std::vector<std::string> verb_names_;
  std::unordered_map<std::string, size_t> source_index_;  ///< name -> place in Thread::sources
  std::map<std::string, Node> seen_, tables_;  ///< "sql departures" and "departures" -> where the name stands
  size_t errors_before_ = 0;
  bool cut_short_ =
      false;  ///< the YAML of the file read last has problems: what is missing may be in the part not read
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
