// Sets of steps are bits, filled from the last step to the first: what a step touches is what touches it directly, and
// what those touch.
#include "run/touches.h"

namespace filrouge {
namespace {

using Bits = std::vector<uint64_t>;

bool has(const Bits& bits, size_t index) {
  return bits[index / 64] >> (index % 64) & 1;
}

/// Every column whose values come from one that is declared to be about a person, those included.
std::set<ColumnRef> personal_columns(const Plan& plan) {
  std::set<ColumnRef> declared;
  for (const PlannedStep& step : plan.steps)
    if (step.binding)
      for (const OutputTable& table : step.binding->tables)
        for (const Column& column : table.schema.columns)
          if (column.meaning.is_object() && column.meaning.value("subject", false))
            declared.insert({table.name, column.name});
  std::set<ColumnRef> found = declared;
  if (declared.empty()) return found;
  const LineageGraph graph = plan.lineage();
  for (const ColumnRef& column : declared) found.merge(trace_down(graph, column).values);
  std::erase_if(found, [](const ColumnRef& column) { return column.table.ends_with(".checks"); });  // counts of rows
  return found;
}

}  // namespace

std::vector<Touches> touches_of(const Plan& plan) {
  const size_t count = plan.steps.size(), words = count / 64 + 1;
  std::vector<Bits> below(count, Bits(words));
  for (size_t i = count; i-- > 0;)
    for (const auto* links : {&plan.steps[i].needs, &plan.steps[i].gates})
      for (size_t need : *links) {
        below[need][i / 64] |= uint64_t{1} << (i % 64);
        for (size_t word = 0; word < words; ++word) below[need][word] |= below[i][word];
      }
  const std::set<ColumnRef> personal = personal_columns(plan);
  std::vector<Touches> all(count);
  for (size_t i = 0; i < count; ++i) {
    Touches& touches = all[i];
    for (uint64_t word : below[i]) touches.count += static_cast<size_t>(__builtin_popcountll(word));
    for (size_t at = i + 1; at < count && touches.steps.size() < kMostTouched; ++at)
      if (has(below[i], at)) touches.steps.push_back(at);
    if (!plan.steps[i].binding) continue;
    for (const OutputTable& table : plan.steps[i].binding->tables)
      for (auto at = personal.lower_bound({table.name, ""}); at != personal.end() && at->table == table.name; ++at)
        touches.personal.insert(*at);
  }
  return all;
}

}  // namespace filrouge
