#include "thread/step_reader.h"

#include "base/files.h"
#include "base/text.h"
#include "thread/check_keys.h"
#include "thread/secrets.h"

namespace filrouge {

namespace {

bool has_key(const VerbSpec& verb, std::string_view name) {
  return std::any_of(verb.keys.begin(), verb.keys.end(), [&](const KeySpec& key) { return key.name == name; });
}

}  // namespace

StepReader::StepReader(const std::vector<VerbSpec>& verbs, Thread& thread, ThreadFiles& files, Reporter& reporter)
    : verbs_(verbs), thread_(thread), files_(files), reporter_(reporter) {
  for (const VerbSpec& verb : verbs) verb_names_.push_back(verb.name);
}

void StepReader::read(Node& list) {
  thread_.steps.reserve(thread_.steps.size() + list.items.size());
  for (Node& item : list.items) {
    read_step(item);
    reporter_.step.clear();
  }
}

void StepReader::read_step(Node& node) {
  if (node.kind != Node::Kind::mapping) return not_a_step(node);
  size_t errors_before = reporter_.num_errors();
  auto [verb, key] = find_verb(node);
  if (!verb) return check_secret_forms(node, files_.source_of(node), reporter_);
  const Node& name = *node.find(verb->name);
  reporter_.step = verb->name + " " + name.text;
  Step step;
  bool named = (is_text(name) || name.text.empty()) && check_step_name(name, *key);
  step.config = check_step_keys(node, named ? name : *key, *verb, verbs_, reporter_);
  check_secret_forms(node, files_.source_of(node), reporter_);
  if (verb->name == "read") warn_of_plain_secrets(node, reporter_);
  take_sql_file(*verb, node, step);
  if (named && !is_first(*verb, name)) named = false;
  if (!named || reporter_.num_errors() > errors_before) {
    if (is_name(name.text)) thread_.left_out.insert(name.text);
    return;
  }
  step.verb = verb->name, step.name = name.text;
  step.node = std::move(node);
  thread_.steps.push_back(std::move(step));
}

bool StepReader::check_step_name(const Node& name, const Node& key) {
  if (name.kind == Node::Kind::sequence || name.kind == Node::Kind::mapping) {
    reporter_.step = key.text;
    reporter_.error(name, "FR0117", fmt::format("`{}` takes a name, not {}", key.text, describe(name)),
                    fmt::format("such as `{}: flights`", key.text));
    return false;
  }
  return check_name(name, key, "a step", reporter_);
}

void StepReader::not_a_step(const Node& node) {
  std::string verb = node.text.substr(0, node.text.find(':'));
  std::string hint =
      fmt::format("such as `- {}: name`", (verb_names_.empty() ? std::string("read") : verb_names_.front()));
  if (contains(verb_names_, verb))
    hint = verb.size() < node.text.size()
               ? fmt::format("is a blank missing: `- {}: {}`?", verb, node.text.substr(verb.size() + 1))
               : fmt::format("write `- {}: name`", verb);
  reporter_.error(node, "FR0114", fmt::format("a step is a mapping that begins with a verb, not {}", describe(node)),
                  hint);
}

StepReader::Verb StepReader::find_verb(const Node& node) {
  std::vector<Verb> found;
  for (const auto& [key, _] : node.entries)
    for (const VerbSpec& verb : verbs_)
      if (verb.name == key.text) found.push_back({&verb, &key});
  if (found.size() == 1) return found[0];
  if (!found.empty()) return one_of(node, found);
  no_verb(node);
  return {};
}

/// Of several verbs the one to which the others are keys (a verb's name may be a key of another verb), or a report.
StepReader::Verb StepReader::one_of(const Node& node, const std::vector<Verb>& found) {
  for (const Verb& verb : found)
    if (std::all_of(found.begin(), found.end(), [&](const Verb& other) {
          return other.spec == verb.spec || has_key(*verb.spec, other.spec->name);
        }))
      return verb;
  const std::string& first = found[0].spec->name;
  for (size_t i = 1; i < found.size(); ++i)
    reporter_.error(*found[i].key, "FR0115",
                    fmt::format("this step has two verbs, `{}` and `{}`", first, found[i].spec->name),
                    fmt::format("begin a step of its own: `- {}:`", found[i].spec->name),
                    fmt::format("`{}` stands in line {}", first, found[0].key->begin.line));
  for (const Verb& verb : found) thread_.left_out.insert(node.find(verb.spec->name)->text);
  return {};
}

void StepReader::no_verb(const Node& node) {
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
  reporter_.error(
      node, "FR0114", "this step has no verb",
      fmt::format("such as `- {}: name`", (verb_names_.empty() ? std::string("read") : verb_names_.front())), known);
}

/// Reports a step that was there before: the same verb and name, or another step that makes the table.
bool StepReader::is_first(const VerbSpec& verb, const Node& name) {
  auto say = [&](const FirstPlace& first, std::string message) {
    reporter_.error(name, "FR0119", std::move(message), "give one of the two another name",
                    fmt::format("the first stands in {}:{}", first.file, first.line));
    return false;
  };
  FirstPlace place{name.file, name.begin.line};
  auto [same, is_new] = steps_.emplace(verb.name + " " + name.text, place);
  if (!is_new) return say(same->second, fmt::format("the step `{} {}` is there twice", verb.name, name.text));
  if (verb.makes != "a table") return true;
  auto [table, table_is_new] = tables_.emplace(name.text, place);
  if (!table_is_new) return say(table->second, fmt::format("two steps make the table `{}`", name.text));
  return true;
}

/// `file: sql/late.sql`: its text takes the place of the key.
void StepReader::take_sql_file(const VerbSpec& verb, const Node& node, Step& step) {
  for (const KeySpec& key : verb.keys) {
    if (key.type != ValueType::file || !step.config.contains(key.name)) continue;
    std::string path = fs::path(step.config[key.name].get<std::string>()).lexically_normal().string();
    step.config.erase(key.name);
    if (auto text = files_.read_text(*node.find(key.name), path, reporter_)) {
      step.config["query"] = std::move(*text);
      step.sql_file = path;
    }
  }
}

}  // namespace filrouge
