// completion: scripts for shells, generated from the table of commands. Names of tables come from the thread at the
// moment of completing (`filrouge completion names`).
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "run/graph.h"
#include "steps/step.h"
#include "thread/codes.h"

namespace filrouge {
namespace {

/// What stands where a command wants a word.
const std::map<std::string, std::string>& argument_kinds() {
  static const std::map<std::string, std::string> kinds = {
      {"plan", "names"},  {"run", "names"},           {"look", "names_or_files"}, {"show", "names"},
      {"trace", "names"}, {"why", "names"},           {"diff", "names"},          {"history", "names"},
      {"help", "words"},  {"explain-error", "codes"}, {"completion", "shells"}};
  return kinds;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands())
    if (!command.hidden) names.push_back(command.name);
  return names;
}

/// The fixed words that a command may take; empty for names of tables and for files.
std::vector<std::string> words_of(const std::string& kind) {
  std::vector<std::string> words;
  if (kind == "words") {
    words = command_names();
    for (const Verb& verb : verbs()) words.push_back(verb.spec.name);
  } else if (kind == "codes") {
    for (const ErrorCode& code : error_codes()) words.push_back(code.code);
  } else if (kind == "shells") {
    words = {"bash", "zsh", "fish"};
  }
  return words;
}

std::string kind_of(const std::string& command) {
  auto found = argument_kinds().find(command);
  return found == argument_kinds().end() ? "none" : found->second;
}

std::vector<std::string> options_of(const Command& command) {
  std::vector<std::string> names;
  for (const auto* list : {&command.options, &common_options()})
    for (const OptionSpec& option : *list) names.push_back(option.name);
  return names;
}

/// Text inside single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_script() {
  std::string cases;
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    std::string kind = kind_of(command.name);
    std::string words =
        kind.starts_with("names") ? "$(filrouge completion names 2>/dev/null)" : join(words_of(kind), " ");
    cases += fmt::format("    {})\n      options=\"{}\"\n      words=\"{}\" ;;\n", command.name,
                         join(options_of(command), " "), words);
  }
  return fmt::format(
      "# filrouge completion bash: source this, or put it into ~/.local/share/bash-completion/completions/filrouge\n"
      "_filrouge() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} options words\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
      "    COMPREPLY=($(compgen -W \"{}\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}"
      "    *) return ;;\n"
      "  esac\n"
      "  if [[ $current == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o default -F _filrouge filrouge\n",
      join(command_names(), " "), cases);
}

/// Options of any command that are followed by a word of their own.
std::string options_with_value() {
  std::set<std::string> names;
  for (const Command& command : commands())
    for (const auto* list : {&command.options, &common_options()})
      for (const OptionSpec& option : *list)
        if (!option.value.empty()) names.insert(option.name);
  std::vector<std::string> sorted(names.begin(), names.end());
  return join(sorted, " ");
}

std::string zsh_script() {
  std::string described, cases;
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    described += fmt::format("    {}\n", quoted(command.name + ":" + command.about));
    std::string options;
    for (const auto* list : {&command.options, &common_options()})
      for (const OptionSpec& option : *list) options += " " + quoted(option.name + ":" + option.about);
    std::string kind = kind_of(command.name);
    std::string words =
        kind.starts_with("names") ? "${(f)\"$(filrouge completion names 2>/dev/null)\"}" : join(words_of(kind), " ");
    cases += fmt::format("    {})\n      options=({} )\n      words_here=({}){} ;;\n", command.name, options, words,
                         kind == "names_or_files" ? "\n      files=1" : "");
  }
  return fmt::format(
      "#compdef filrouge\n"
      "# filrouge completion zsh: put this into a folder of $fpath as _filrouge, or source it after compinit\n"
      "_filrouge() {{\n"
      "  local -a commands options words_here with_value\n"
      "  local files\n"
      "  with_value=({})\n"
      "  commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  if (( ${{with_value[(I)$words[CURRENT-1]]}} )); then\n"
      "    _files\n"
      "    return\n"
      "  fi\n"
      "  case $words[2] in\n{}"
      "  esac\n"
      "  if [[ $words[CURRENT] == -* ]]; then\n"
      "    _describe option options\n"
      "  elif (( $#words_here )); then\n"
      "    compadd -a words_here\n"
      "    [[ -n $files ]] && _files\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}}\n"
      "# found in $fpath this file is the function's first call; sourced it is not\n"
      "if [[ $funcstack[1] == _filrouge ]]; then\n"
      "  _filrouge \"$@\"\n"
      "else\n"
      "  compdef _filrouge filrouge\n"
      "fi\n",
      options_with_value(), described, cases);
}

std::string fish_script() {
  std::string text =
      "# filrouge completion fish: put this into ~/.config/fish/completions/filrouge.fish\n"
      "complete -c filrouge -n __fish_use_subcommand -f\n";
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    text +=
        fmt::format("complete -c filrouge -n __fish_use_subcommand -a {} -d {}\n", command.name, quoted(command.about));
    std::string when = quoted("__fish_seen_subcommand_from " + command.name);
    for (const OptionSpec& option : command.options)
      text += fmt::format("complete -c filrouge -n {} -l {}{} -d {}\n", when, option.name.substr(2),
                          option.value.empty() ? "" : " -r", quoted(option.about));
    std::string kind = kind_of(command.name);
    if (kind.starts_with("names"))
      text += fmt::format("complete -c filrouge -n {}{} -a '(filrouge completion names 2>/dev/null)'\n", when,
                          kind == "names" ? " -f" : "");
    else if (std::vector<std::string> words = words_of(kind); !words.empty())
      text += fmt::format("complete -c filrouge -n {} -f -a {}\n", when, quoted(join(words, " ")));
  }
  for (const OptionSpec& option : common_options())
    text += fmt::format("complete -c filrouge -l {}{} -d {}\n", option.name.substr(2),
                        option.value.empty() ? "" : " -r", quoted(option.about));
  return text;
}

/// Every table of the thread, one a line; nothing at all where there is no thread.
int print_names(const Arguments& arguments) {
  if (!thread_file(arguments)) return 0;
  Workspace workspace(arguments);
  for (const std::string& name : table_names(workspace.thread)) std::cout << name << "\n";
  return 0;
}

int completion(const Arguments& arguments) {
  const std::string& shell = arguments.positional[0];
  if (shell == "names") return print_names(arguments);
  static const std::map<std::string, std::string (*)()> shells = {
      {"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
  auto found = shells.find(shell);
  if (found == shells.end())
    throw Error(ErrorKind::user, "FR0604", fmt::format("there is no completion for `{}`", shell),
                "there are: bash, zsh, fish");
  if (arguments.json())
    print_json({{"shell", shell}, {"script", found->second()}});
  else
    std::cout << found->second();
  return 0;
}

}  // namespace

Command completion_command() {
  Command command;
  command.name = "completion";
  command.usage = "bash | zsh | fish";
  command.about = "a script that lets the shell complete commands, options and tables";
  command.details =
      "For example:\n"
      "  source <(filrouge completion bash)";
  command.min_positional = command.max_positional = 1;
  command.run = completion;
  return command;
}

}  // namespace filrouge
