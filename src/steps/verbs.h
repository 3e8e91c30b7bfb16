// One function per verb; verbs.cpp puts them into the table.
#pragma once

#include "steps/step.h"

namespace filrouge {

Verb read_verb();
Verb sql_verb();
Verb run_verb();
Verb check_verb();
Verb chart_verb();
Verb learn_verb();
Verb explain_verb();
Verb score_verb();

}  // namespace filrouge
