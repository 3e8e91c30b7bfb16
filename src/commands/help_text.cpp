#include "commands/help_text.h"

#include "base/text.h"
#include "commands/text_table.h"
#include "steps/step.h"

namespace filrouge {
namespace {

constexpr size_t kWidth = 79;

/// The commands in the order in which one meets them; what is in none of the groups comes at the end.
struct Group {
  const char* title;
  std::vector<const char*> commands;
};
const std::vector<Group>& groups() {
  static const std::vector<Group> groups = {
      {"begin", {"new", "help", "explain-error"}},
      {"run", {"plan", "run", "why"}},
      {"look", {"look", "ask", "show"}},
      {"understand", {"trace", "diff", "history"}},
      {"keep", {"verify", "prove", "gc", "doctor", "schema", "completion"}},
  };
  return groups;
}

const Command* find(const std::string& name) {
  for (const Command& command : commands())
    if (command.name == name && !command.hidden) return &command;
  return nullptr;
}

/// "  name      what it is about, wrapped below itself"
std::string entry(const std::string& name, size_t name_width, const std::string& about, size_t depth = 1) {
  size_t indent = 2 * depth, at = indent + name_width;
  std::string line = std::string(indent, ' ') + name;
  if (name.size() + 2 > name_width)
    line += "\n" + std::string(at, ' ');
  else
    line += std::string(name_width - name.size(), ' ');
  return line + wrap(about, kWidth - at, at) + "\n";
}

std::string option_name(const OptionSpec& option) {
  return option.value.empty() ? option.name : option.name + " " + option.value;
}

std::string options_text(const std::vector<OptionSpec>& options) {
  std::string text;
  for (const OptionSpec& option : options) text += entry(option_name(option), 22, option.about);
  return text;
}

struct TypeWord {
  ValueType type;
  const char* word;
};
constexpr TypeWord kTypes[] = {{ValueType::text, "text"},
                               {ValueType::integer, "whole number"},
                               {ValueType::number, "number"},
                               {ValueType::boolean, "true or false"},
                               {ValueType::choice, "choice"},
                               {ValueType::percent, "share (20% or 0.2)"},
                               {ValueType::bytes, "size (4GB)"},
                               {ValueType::duration, "time (10s)"},
                               {ValueType::sql, "SQL"},
                               {ValueType::file, "path of a file"},
                               {ValueType::column, "column"},
                               {ValueType::table, "table"},
                               {ValueType::text_list, "text or list of texts"},
                               {ValueType::mapping, "mapping"},
                               {ValueType::list, "list"},
                               {ValueType::any, "any value"}};

std::string keys_text(const std::vector<KeySpec>& keys, size_t depth) {
  std::string text;
  for (const KeySpec& key : keys) {
    text += entry(key.name, 16, key.about + " (" + type_words(key) + ")", depth);
    text += keys_text(key.keys, depth + 1);
  }
  return text;
}

std::string indented(const std::string& text, const std::string& by) {
  std::string lines;
  for (const std::string& line : split(trim(text), '\n')) lines += line.empty() ? "\n" : by + line + "\n";
  return lines;
}

}  // namespace

std::string type_words(const KeySpec& key) {
  std::string words;
  for (const TypeWord& type : kTypes)
    if (type.type == key.type) words = type.word;
  if (key.type == ValueType::choice) words = "one of " + join(key.choices, ", ");
  if (key.required) words += "; required";
  if (!key.default_value.empty()) words += "; default " + key.default_value;
  return words;
}

std::string overview_text() {
  std::string text =
      "filrouge: one thread from raw files to charts, with the lineage of every column\n\n"
      "usage: filrouge COMMAND [ARGUMENT ...] [OPTION ...]\n";
  std::set<std::string> shown;
  for (const Group& group : groups()) {
    text += fmt::format("\n{}\n", group.title);
    for (const char* name : group.commands)
      if (const Command* command = find(name)) {
        text += entry(name, 16, command->about);
        shown.insert(name);
      }
  }
  std::string others;
  for (const Command& command : commands())
    if (!command.hidden && !shown.contains(command.name)) others += entry(command.name, 16, command.about);
  if (!others.empty()) text += "\nothers\n" + others;
  std::vector<std::string> verb_names;
  for (const Verb& verb : verbs()) verb_names.push_back(verb.spec.name);
  text += "\nverbs of thread.yaml\n  " + join(verb_names, ", ") + "\n";
  text +=
      "\nnext: filrouge help COMMAND, filrouge help VERB\n"
      "first: filrouge new late --example flights && cd late && filrouge run\n";
  return text;
}

namespace {

/// Running text is wrapped; lines that begin with a blank are examples, and stay as they are.
std::string details_text(const std::string& details) {
  std::string text, paragraph;
  auto flush = [&] {
    if (!paragraph.empty()) text += wrap(paragraph, kWidth, 0) + "\n";
    paragraph.clear();
  };
  for (const std::string& line : split(trim(details), '\n')) {
    bool running = !line.empty() && line[0] != ' ';
    if (!running) flush();
    if (running)
      paragraph += line + " ";
    else
      text += line + "\n";
  }
  flush();
  return text;
}

}  // namespace

std::string command_text(const Command& command) {
  std::string usage = command.usage.empty() ? "" : " " + command.usage;
  std::string text = fmt::format("filrouge {}{}\n\n", command.name, usage);
  std::string about = command.about;
  if (!about.empty()) about[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(about[0])));
  text += wrap(about, kWidth, 0) + ".\n";
  text += details_text(command.details);
  if (!command.options.empty()) text += "\noptions\n" + options_text(command.options);
  return text + "\noptions of every command\n" + options_text(common_options());
}

std::string verb_text(const VerbSpec& verb) {
  std::string text = fmt::format("{}: NAME    makes {}\n\n{}\n", verb.name, verb.makes, wrap(verb.about, kWidth, 0));
  text += "\nkeys\n" + keys_text(verb.keys, 1);
  text += entry("about", 16, "what the step is for, for the reader (text)");
  for (const auto& names : verb.exactly_one_of) text += fmt::format("  exactly one of: {}\n", join(names, ", "));
  return text + "\nexample\n" + indented(verb.example, "  ");
}

namespace {

/// A text inside a cell of a Markdown table.
std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\|");
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string markdown_keys(const std::vector<KeySpec>& keys, const std::string& prefix) {
  std::string rows;
  for (const KeySpec& key : keys) {
    rows += fmt::format("| `{}{}` | {} | {} |\n", prefix, key.name, cell(type_words(key)), cell(key.about));
    rows += markdown_keys(key.keys, prefix + key.name + (key.type == ValueType::list ? "[]." : "."));
  }
  return rows;
}

std::string markdown_verb(const VerbSpec& verb) {
  std::string text = fmt::format("### {}\n\nMakes {}. {}\n\n", verb.name, verb.makes, verb.about);
  text += "| key | value | |\n|---|---|---|\n" + markdown_keys(verb.keys, "");
  text += "| `about` | text | what the step is for, for the reader |\n";
  for (const auto& names : verb.exactly_one_of)
    text += fmt::format("\nExactly one of `{}` must be given.\n", join(names, "`, `"));
  return text + "\n```yaml\n" + std::string(trim(verb.example)) + "\n```\n\n";
}

std::string markdown_options(const std::vector<OptionSpec>& options) {
  std::string text = "| option | |\n|---|---|\n";
  for (const OptionSpec& option : options)
    text += fmt::format("| `{}` | {} |\n", option_name(option), cell(option.about));
  return text + "\n";
}

std::string markdown_command(const Command& command) {
  std::string usage = command.usage.empty() ? "" : " " + command.usage;
  std::string text =
      fmt::format("### filrouge {}\n\n`filrouge {}{}`: {}.\n\n", command.name, command.name, usage, command.about);
  if (!command.details.empty()) text += "```text\n" + details_text(command.details) + "```\n\n";
  return command.options.empty() ? text : text + markdown_options(command.options);
}

}  // namespace

std::string markdown_page() {
  std::string text =
      "# Verbs and commands\n\n"
      "This page is printed by `filrouge help --markdown` from the tables in the code; a test compares them. Do not "
      "edit\n"
      "it by hand.\n\n"
      "## Verbs of thread.yaml\n\n";
  for (const Verb& verb : verbs()) text += markdown_verb(verb.spec);
  text += "## Commands\n\nEvery command takes these options:\n\n" + markdown_options(common_options());
  for (const Command& command : commands())
    if (!command.hidden) text += markdown_command(command);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace filrouge
