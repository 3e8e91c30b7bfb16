#include "thread/check_keys.h"

#include <charconv>

#include "base/text.h"

namespace filrouge {

namespace {

struct TypeWords {
  const char* expected;  ///< "takes ..."
  const char* example;   ///< a value, as written in YAML
};

TypeWords words_for(ValueType type) {
  switch (type) {
    case ValueType::text:
      return {"a text", "\"some text\""};
    case ValueType::integer:
      return {"a whole number", "3"};
    case ValueType::number:
      return {"a number", "0.5"};
    case ValueType::boolean:
      return {"true or false", "true"};
    case ValueType::choice:
      return {"one word", ""};
    case ValueType::percent:
      return {"a share", "20%"};
    case ValueType::bytes:
      return {"a size", "4GB"};
    case ValueType::duration:
      return {"a duration", "10s"};
    case ValueType::sql:
      return {"SQL as a text", "SELECT * FROM flights"};
    case ValueType::file:
      return {"the path of a file", "sql/late.sql"};
    case ValueType::column:
      return {"the name of a column", "dep_delay"};
    case ValueType::table:
      return {"the name of a table", "flights"};
    case ValueType::text_list:
      return {"a text or a list of texts", "[a, b]"};
    case ValueType::mapping:
      return {"a mapping", "{name: value}"};
    case ValueType::list:
      return {"a list", "[a, b]"};
    case ValueType::any:
      break;
  }
  return {"a value", "1"};
}

bool is_scalar(const Node& node) {
  return node.kind == Node::Kind::scalar || node.kind == Node::Kind::null;
}
bool has_no_value(const Node& node) {
  return node.kind == Node::Kind::null && node.text.empty();
}

std::vector<std::string> names_of(const std::vector<KeySpec>& keys) {
  std::vector<std::string> names;
  for (const KeySpec& key : keys)
    if (key.name != "*") names.push_back(key.name);
  return names;
}

/// The share that a percent key says, from 0 to 1; nothing where it is none.
std::optional<double> parse_share(std::string_view text) {
  text = trim(text);
  bool percent = text.ends_with('%');
  if (percent) text = trim(text.substr(0, text.size() - 1));
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (percent) number /= 100;
  if (!(number >= 0 && number <= 1)) return std::nullopt;
  return number;
}

class KeyChecker {
 public:
  KeyChecker(const VerbSpec& verb, const std::vector<VerbSpec>& verbs, Reporter& reporter)
      : verb_(verb), verbs_(verbs), reporter_(reporter) {}

  /// The keys of `node`; `place` is marked where one is missing, `owner` is whose keys they are.
  Json keys_of(const Node& node, const std::vector<KeySpec>& specs, const Node& place, const std::string& owner,
               const std::string& verb_key) {
    Json object = Json::object();
    std::vector<std::string> meant;  // keys that a misspelt key stands for: they are not missing
    for (const auto& [key, item] : node.entries) {
      if (key.text == verb_key && !verb_key.empty()) continue;
      const KeySpec* spec = find_spec(specs, key.text);
      if (!spec && !verb_key.empty() && key.text == about_key().name) spec = &about_key();
      if (!spec)
        meant.push_back(unknown_key(key, item, specs, owner, !verb_key.empty()));
      else if (auto json = value(item, *spec, key))
        object.push_back({key.text, std::move(*json)});
    }
    for (const KeySpec& spec : specs)
      if (spec.required && !node.find_key(spec.name) && !contains(meant, spec.name))
        reporter_.error(place, "FR0112", fmt::format("{} needs the key `{}`", owner, spec.name),
                        fmt::format("add `{}: {}`", spec.name, example_of(spec)), more_help(spec.about));
    if (!verb_key.empty()) meant_of_step_ = std::move(meant);
    return object;
  }

  void exactly_one(const Node& node, const Node& name) {
    for (const std::vector<std::string>& group : verb_.exactly_one_of) {
      std::vector<const Node*> given;
      for (const auto& [key, _] : node.entries)
        if (std::find(group.begin(), group.end(), key.text) != group.end()) given.push_back(&key);
      std::vector<std::string> quoted;
      for (const std::string& key : group) quoted.push_back("`" + key + "`");
      bool misspelt = std::any_of(group.begin(), group.end(), [&](auto& key) { return contains(meant_of_step_, key); });
      if (given.empty() && !misspelt)
        reporter_.error(name, "FR0120", fmt::format("`{}` needs {}", verb_.name, join(quoted, " or ")),
                        "add one of them", more_help(""));
      for (size_t i = 1; i < given.size(); ++i)
        reporter_.error(
            *given[i], "FR0120", fmt::format("`{}` and `{}` exclude each other", given[0]->text, given[i]->text),
            "remove one of the two", fmt::format("`{}` stands in line {}", given[0]->text, given[0]->begin.line));
    }
  }

 private:
  static const KeySpec* find_spec(const std::vector<KeySpec>& specs, std::string_view name) {
    const KeySpec* any = nullptr;
    for (const KeySpec& spec : specs) {
      if (spec.name == name) return &spec;
      if (spec.name == "*") any = &spec;
    }
    return any;
  }

  std::string more_help(const std::string& about) const {
    return fmt::format("{}{}next: filrouge help {}", about, about.empty() ? "" : "; ", verb_.name);
  }

  static std::string example_of(const KeySpec& spec) {
    return !spec.choices.empty() ? spec.choices.front() : words_for(spec.type).example;
  }

  /// Reports it and gives the key that was most likely meant, or an empty text.
  std::string unknown_key(const Node& key, const Node& item, const std::vector<KeySpec>& specs,
                          const std::string& owner, bool of_step) {
    std::vector<std::string> known = names_of(specs);
    if (of_step) known.push_back(about_key().name);
    std::string hint = did_you_mean(key.text, known);
    if (size_t colon = key.text.find(':'); hint.empty() && colon != std::string::npos && has_no_value(item))
      hint = fmt::format("is a blank missing: `{}: {}`?", key.text.substr(0, colon), key.text.substr(colon + 1));
    std::vector<std::string> others;
    for (const VerbSpec& other : verbs_)
      if (other.name != verb_.name && find_spec(other.keys, key.text)) others.push_back("`" + other.name + "`");
    std::string note = !others.empty()      ? fmt::format("`{}` is a key of {}", key.text, join(others, " and "))
                       : known.size() <= 12 ? fmt::format("the keys are: {}", join(known, ", "))
                                            : "";
    reporter_.error(key, "FR0116", fmt::format("{} has no key `{}`", owner, key.text), hint, more_help(note));
    return nearest(key.text, known).value_or("");
  }

  std::optional<Json> wrong_type(const Node& node, const KeySpec& spec, const Node& key, std::string hint = "") {
    auto [expected, example] = words_for(spec.type);
    const Node& place = has_no_value(node) ? key : node;
    if (hint.empty()) hint = fmt::format("such as `{}: {}`", key.text, example_of(spec));
    std::string message = has_no_value(node) ? fmt::format("`{}` has no value; it takes {}", key.text, expected)
                                             : fmt::format("`{}` takes {}, not {}", key.text, expected, describe(node));
    reporter_.error(place, "FR0117", message, std::move(hint), spec.about);
    return std::nullopt;
  }

  /// A value of the right kind that does not say what it must.
  std::optional<Json> bad_value(const Node& node, const KeySpec& spec, const Node& key, std::string_view hint) {
    reporter_.error(node, "FR0123",
                    fmt::format("`{}` takes {}, not `{}`", key.text, words_for(spec.type).expected, node.text),
                    std::string(hint), spec.about);
    return std::nullopt;
  }

  std::optional<Json> too_small(const Node& node, const KeySpec& spec, const Node& key) {
    reporter_.error(node, "FR0123", fmt::format("`{}` is at least {}, not {}", key.text, spec.least, node.text), "",
                    spec.about);
    return std::nullopt;
  }

  std::optional<Json> value(const Node& node, const KeySpec& spec, const Node& key) {
    if (spec.type == ValueType::any) return to_json(node);
    bool wants_scalar =
        spec.type != ValueType::mapping && spec.type != ValueType::list && spec.type != ValueType::text_list;
    if (has_no_value(node) || (wants_scalar && !is_scalar(node))) return wrong_type(node, spec, key);
    switch (spec.type) {
      case ValueType::text:
      case ValueType::file:
      case ValueType::column:
        return node.text;
      case ValueType::sql:
        if (!trim(node.text).empty()) return node.text;
        reporter_.error(key, "FR0117", fmt::format("`{}` is empty; it takes SQL as a text", key.text), "", spec.about);
        return std::nullopt;
      case ValueType::table:
        return table(node, key);
      case ValueType::choice:
        return choice(node, spec, key);
      case ValueType::integer:
      case ValueType::number:
      case ValueType::boolean:
        return typed(node, spec, key);
      case ValueType::percent:
        if (parse_share(node.text)) return to_json(node);
        return bad_value(node, spec, key, share_hint(node));
      case ValueType::bytes:
        if (parse_bytes(node.text)) return to_json(node);
        return bad_value(node, spec, key, "such as 500MB, 4GB or 1GiB");
      case ValueType::duration:
        if (parse_duration_ms(node.text)) return to_json(node);
        return bad_value(node, spec, key, "such as 250ms, 10s, 5m, 2h or 3 days");
      case ValueType::text_list:
        return text_list(node, spec, key);
      case ValueType::mapping:
        return mapping(node, spec, key);
      case ValueType::list:
        return list(node, spec, key);
      case ValueType::any:
        break;
    }
    return to_json(node);
  }

  static std::string share_hint(const Node& node) {
    Json json = to_json(node);
    if (json.is_number() && json.get<double>() > 1 && json.get<double>() <= 100)
      return fmt::format("did you mean `{}%`?", node.text);
    return "such as 20% or 0.2";
  }

  std::optional<Json> table(const Node& node, const Node& key) {
    if (is_table_name(node.text)) return node.text;
    std::string name = name_from(node.text);
    reporter_.error(node, "FR0118", fmt::format("`{}` takes the name of a table, not `{}`", key.text, node.text),
                    name.empty() ? "" : fmt::format("did you mean `{}`?", name),
                    "names have small letters, digits and `_`, and begin with a letter");
    return std::nullopt;
  }

  std::optional<Json> choice(const Node& node, const KeySpec& spec, const Node& key) {
    if (std::find(spec.choices.begin(), spec.choices.end(), node.text) != spec.choices.end()) return node.text;
    reporter_.error(node, "FR0122", fmt::format("`{}` cannot be `{}`", key.text, node.text),
                    did_you_mean(node.text, spec.choices), fmt::format("it is one of: {}", join(spec.choices, ", ")));
    return std::nullopt;
  }

  std::optional<Json> typed(const Node& node, const KeySpec& spec, const Node& key) {
    auto fits = [&](const Json& json) {
      return spec.type == ValueType::integer  ? json.is_number_integer()
             : spec.type == ValueType::number ? json.is_number()
                                              : json.is_boolean();
    };
    Json json = to_json(node);
    if (fits(json)) return spec.type == ValueType::integer && json < spec.least ? too_small(node, spec, key) : json;
    Node without_quotes = node;
    without_quotes.plain = true;
    if (!node.plain && fits(to_json(without_quotes))) return wrong_type(node, spec, key, "remove the quotes");
    std::string word = lower(node.text);
    if (spec.type == ValueType::boolean && (word == "yes" || word == "on" || word == "y" || word == "1"))
      return wrong_type(node, spec, key, "did you mean `true`?");
    if (spec.type == ValueType::boolean && (word == "no" || word == "off" || word == "n" || word == "0"))
      return wrong_type(node, spec, key, "did you mean `false`?");
    return wrong_type(node, spec, key);
  }

  std::optional<Json> text_list(const Node& node, const KeySpec& spec, const Node& key) {
    if (is_scalar(node)) return Json::array({node.text});
    if (node.kind == Node::Kind::mapping) return wrong_type(node, spec, key);
    Json texts = Json::array();
    for (const Node& item : node.items) {
      if (!is_scalar(item) || has_no_value(item))
        reporter_.error(item, "FR0117", fmt::format("an item of `{}` is a text, not {}", key.text, describe(item)),
                        fmt::format("such as `{}: [a, b]`", key.text), spec.about);
      else
        texts.push_back(item.text);
    }
    return texts;
  }

  std::optional<Json> mapping(const Node& node, const KeySpec& spec, const Node& key) {
    if (node.kind != Node::Kind::mapping) return wrong_type(node, spec, key);
    if (spec.keys.empty()) return to_json(node);
    return keys_of(node, spec.keys, key, "`" + key.text + "`", "");
  }

  std::optional<Json> list(const Node& node, const KeySpec& spec, const Node& key) {
    if (node.kind != Node::Kind::sequence)
      return wrong_type(node, spec, key,
                        node.kind == Node::Kind::mapping ? "begin each item with `- `" : std::string());
    if (spec.keys.empty()) return to_json(node);
    Json items = Json::array();
    for (const Node& item : node.items) {
      if (item.kind != Node::Kind::mapping)
        reporter_.error(item, "FR0117", fmt::format("an item of `{}` is a mapping, not {}", key.text, describe(item)),
                        fmt::format("such as `- {}: {}`", spec.keys.front().name, example_of(spec.keys.front())),
                        spec.about);
      else
        items.push_back(keys_of(item, spec.keys, item, "an item of `" + key.text + "`", ""));
    }
    return items;
  }

  const VerbSpec& verb_;
  std::vector<std::string> meant_of_step_;
  const std::vector<VerbSpec>& verbs_;
  Reporter& reporter_;
};

}  // namespace

bool is_text(const Node& node) {
  return is_scalar(node) && !has_no_value(node);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_name(std::string_view text) {
  auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && is_small(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_small(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_table_name(std::string_view text) {
  for (const std::string& part : split(text, '.'))
    if (!is_name(part)) return false;
  return true;
}

std::string name_from(std::string_view text) {
  std::string name;
  for (char c : lower(text)) {
    bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (good)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (name.ends_with('_')) name.pop_back();
  if (!name.empty() && !is_name(name)) name = "t" + name;
  return name.size() <= 60 ? name : "";
}

bool check_name(const Node& name, const Node& key, std::string_view of_what, Reporter& reporter) {
  if (is_name(name.text)) return true;
  if (name.text.empty()) {
    reporter.error(key, "FR0118", fmt::format("`{}` needs a name", key.text),
                   fmt::format("such as `{}: flights`", key.text));
    return false;
  }
  std::string good = name_from(name.text);
  reporter.error(name, "FR0118", fmt::format("`{}` cannot be the name of {}", name.text, of_what),
                 good.empty() ? "" : fmt::format("did you mean `{}`?", good),
                 "names have small letters, digits and `_`, and begin with a letter");
  return false;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return node.text.empty() ? "nothing" : fmt::format("`{}`", node.text);
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
    case Node::Kind::scalar:
      break;
  }
  Json json = to_json(node);
  std::string text = node.text.size() <= 40 && node.text.find('\n') == std::string::npos ? node.text : std::string();
  if (json.is_number()) return fmt::format("the number {}", node.text);
  if (json.is_boolean()) return fmt::format("`{}`", node.text);
  return text.empty() ? "a text" : fmt::format("the text `{}`", text);
}

const KeySpec& about_key() {
  static const KeySpec kAbout{
      "about", ValueType::text, false, "", "what this step is for, in a sentence for the reader", {}, {}, 0};
  return kAbout;
}

Json check_step_keys(const Node& node, const Node& name, const VerbSpec& verb, const std::vector<VerbSpec>& verbs,
                     Reporter& reporter) {
  KeyChecker checker(verb, verbs, reporter);
  Json config = checker.keys_of(node, verb.keys, name, "`" + verb.name + "`", verb.name);
  checker.exactly_one(node, name);
  return config;
}

}  // namespace filrouge
