#include "steps/verbs.h"

namespace filrouge {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {read_verb(),  sql_verb(),     run_verb(),   check_verb(),
                                          learn_verb(), explain_verb(), score_verb(), chart_verb()};
  return table;
}

const Verb* find_verb(std::string_view name) {
  for (const Verb& verb : verbs())
    if (verb.spec.name == name) return &verb;
  return nullptr;
}

std::vector<VerbSpec> verb_specs() {
  std::vector<VerbSpec> specs;
  for (const Verb& verb : verbs()) specs.push_back(verb.spec);
  return specs;
}

}  // namespace filrouge
