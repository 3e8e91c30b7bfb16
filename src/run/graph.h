// The graph of steps: who needs whom, in which order they can run, and which checks stand in between.
#pragma once

#include "run/plan.h"

namespace filrouge {

/// Names of the tables that a step yields, before it is bound; not the one that takes the place of its input.
std::vector<std::string> tables_yielded(const Step& step, const Verb& verb);

/// Every table that the thread yields, in the order of the file, each once.
std::vector<std::string> table_names(const Thread& thread);

/// Fills plan.provider and every `needs` from `references`, and sorts plan.steps into dependency order. Reports cycles
/// (FR0211; the steps on them keep the file's order at the end) and tables that two steps yield (FR0215).
void link_steps(Plan& plan, const Thread& thread, std::vector<Diagnostic>& problems);

/// After binding: quarantines replace their table for those who can wait for them, and steps wait for the checks
/// (gates) of what they read, unless the check needs them itself. Sorts again.
void link_checks(Plan& plan);

}  // namespace filrouge
