// help: commands and verbs, from the same tables that drive the parser.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/help_text.h"
#include "steps/step.h"

namespace filrouge {
namespace {

Json json_of(const std::vector<KeySpec>& keys) {
  Json list = Json::array();
  for (const KeySpec& key : keys) {
    Json json = {{"name", key.name}, {"value", type_words(key)}, {"required", key.required}, {"about", key.about}};
    if (!key.default_value.empty()) json["default"] = key.default_value;
    if (!key.choices.empty()) json["choices"] = key.choices;
    if (!key.keys.empty()) json["keys"] = json_of(key.keys);
    list.push_back(std::move(json));
  }
  return list;
}

Json json_of(const VerbSpec& verb) {
  return {{"verb", verb.name},
          {"makes", verb.makes},
          {"about", verb.about},
          {"keys", json_of(verb.keys)},
          {"exactly_one_of", verb.exactly_one_of},
          {"example", verb.example}};
}

Json json_of(const Command& command) {
  Json options = Json::array();
  for (const OptionSpec& option : command.options)
    options.push_back({{"option", option.name}, {"value", option.value}, {"about", option.about}});
  return {{"command", command.name},
          {"usage", command.usage},
          {"about", command.about},
          {"details", command.details},
          {"options", options}};
}

int print_all(const Arguments& arguments) {
  if (!arguments.json()) {
    std::cout << overview_text();
    return 0;
  }
  Json known_commands = Json::array(), known_verbs = Json::array();
  for (const Command& command : commands())
    if (!command.hidden) known_commands.push_back(json_of(command));
  for (const Verb& verb : verbs()) known_verbs.push_back(json_of(verb.spec));
  print_json({{"commands", known_commands}, {"verbs", known_verbs}});
  return 0;
}

[[noreturn]] void unknown(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands())
    if (!command.hidden) names.push_back(command.name);
  for (const Verb& verb : verbs()) names.push_back(verb.spec.name);
  auto near = nearest(name, names);
  throw Error(ErrorKind::user, "FR0601", fmt::format("there is no command or verb `{}`", name),
              near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge help");
}

int help(const Arguments& arguments) {
  if (arguments.has("--markdown")) {
    std::cout << markdown_page();
    return 0;
  }
  if (arguments.positional.empty()) return print_all(arguments);
  const std::string& name = arguments.positional[0];
  const Verb* verb = find_verb(name);
  const Command* command = nullptr;
  for (const Command& known : commands())
    if (known.name == name && !known.hidden) command = &known;
  if (!verb && !command) unknown(name);
  if (arguments.json())
    print_json(command ? json_of(*command) : json_of(verb->spec));
  else
    std::cout << (command ? command_text(*command) : "") << (command && verb ? "\n" : "")
              << (verb ? verb_text(verb->spec) : "");
  return 0;
}

}  // namespace

Command help_command() {
  Command command;
  command.name = "help";
  command.usage = "[COMMAND | VERB]";
  command.about = "the commands, or one command or verb";
  command.details =
      "For example:\n"
      "  filrouge help run\n"
      "  filrouge help read";
  command.options = {{"--markdown", "", "everything as one page: docs/verbs.md"}};
  command.max_positional = 1;
  command.run = help;
  return command;
}

}  // namespace filrouge
