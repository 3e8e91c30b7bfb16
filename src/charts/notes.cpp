#include "charts/notes.h"

#include "base/text.h"

namespace filrouge {
namespace {

constexpr size_t kMaxColors = 20, kMaxBars = 60, kMaxFacets = 30, kMaxSlices = 7, kMaxPoints = 10'000;

const DrawnChannel* find(const DrawnChannels& channels, const char* name) {
  const auto at = channels.find(name);
  return at == channels.end() ? nullptr : &at->second;
}

/// Lines with several rows at one place of one series zigzag: the number of such places.
size_t crowded_places(const DrawnChannels& channels, const ChartTable& table) {
  std::unordered_map<std::string, size_t> rows_at;
  for (const Json& row : table.rows) {
    std::string place;
    for (const char* name : {"x", "color", "facet", "row", "column"})
      if (const DrawnChannel* drawn = find(channels, name); drawn && row.contains(drawn->channel.field))
        place += dump(row[drawn->channel.field]) + "\n";
    ++rows_at[place];
  }
  size_t crowded = 0;
  for (const auto& [place, rows] : rows_at) crowded += rows > 1;
  return crowded;
}

void note_crowded_lines(const std::string& mark, const DrawnChannels& channels, const ChartTable& table,
                        std::vector<std::string>& notes) {
  const DrawnChannel* y = find(channels, "y");
  const DrawnChannel* x = find(channels, "x");
  if ((mark != "line" && mark != "area") || !x || !y || x->channel.definition.contains("timeUnit")) return;
  if (const size_t crowded = crowded_places(channels, table))
    notes.push_back(fmt::format(
        "{} of `{}` {} several rows, so the {} jumps up and down: use `y: mean({})`, or name the column that tells the "
        "rows apart in `color:`",
        plural(crowded, "value"), x->channel.column, crowded == 1 ? "has" : "have", mark, y->channel.column));
}

void note_nulls(const DrawnChannels& channels, const ChartTable& table, std::vector<std::string>& notes) {
  std::vector<std::string> fields;  // that have NULLs
  for (const char* name : {"x", "y", "size"}) {
    const DrawnChannel* drawn = find(channels, name);
    if (!drawn || drawn->channel.field.empty() || drawn->is_discrete() || drawn->facts.nulls == 0) continue;
    if (drawn->facts.nulls == table.rows.size())
      return notes.push_back(fmt::format("`{}` is NULL in every row: there is nothing to draw", drawn->channel.field));
    fields.push_back(drawn->channel.field);
  }
  const auto lacks_one = [&](const Json& row) {
    return std::any_of(fields.begin(), fields.end(), [&](const std::string& field) { return row[field].is_null(); });
  };
  const size_t rows = static_cast<size_t>(std::count_if(table.rows.begin(), table.rows.end(), lacks_one));
  if (rows == 0) return;
  notes.push_back(fmt::format("{} without `{}` {} not drawn", plural(rows, "row"), join(fields, "` or `"),
                              rows == 1 ? "is" : "are"));
}

void note_constants(const std::string& mark, const DrawnChannels& channels, const ChartTable& table,
                    std::vector<std::string>& notes) {
  if (table.rows.size() < 3 || mark == "histogram" || mark == "boxplot") return;
  for (const char* name : {"x", "y", "color"}) {
    const DrawnChannel* drawn = find(channels, name);
    if (drawn && drawn->facts.distinct == 1 && drawn->facts.nulls == 0)
      notes.push_back(fmt::format("`{}` has the same value in every row", drawn->channel.field));
  }
}

void note_too_many(const std::string& mark, const DrawnChannels& channels, std::vector<std::string>& notes) {
  const DrawnChannel* color = find(channels, "color");
  if (color && color->is_discrete() && color->facts.distinct > (mark == "arc" ? kMaxSlices : kMaxColors))
    notes.push_back(mark == "arc"
                        ? fmt::format("{} slices are hard to compare: bars show them better", color->facts.distinct)
                        : fmt::format("{} colours cannot be told apart: keep the largest in SQL, or use `facet:`",
                                      color->facts.distinct));
  for (const char* name : {"x", "y"})
    if (const DrawnChannel* axis = find(channels, name);
        mark == "bar" && axis && axis->is_discrete() && axis->facts.distinct > kMaxBars)
      notes.push_back(fmt::format("{} bars are more than fit: keep the largest with ORDER BY ... LIMIT in SQL",
                                  axis->facts.distinct));
  for (const char* name : {"facet", "row", "column"})
    if (const DrawnChannel* facet = find(channels, name); facet && facet->facts.distinct > kMaxFacets)
      notes.push_back(fmt::format("{} small charts are more than anyone compares", facet->facts.distinct));
}

}  // namespace

std::vector<std::string> chart_notes(const std::string& mark, const DrawnChannels& channels, const ChartTable& table) {
  std::vector<std::string> notes;
  if (table.rows.empty()) return {"the chart shows no rows"};
  note_crowded_lines(mark, channels, table, notes);
  note_nulls(channels, table, notes);
  note_constants(mark, channels, table, notes);
  note_too_many(mark, channels, notes);
  if (mark == "point" && table.rows.size() > kMaxPoints)
    notes.push_back(fmt::format(
        "{} points hide each other: `mark: heatmap` with `x: bin({})` and `y: bin({})` shows where most are",
        with_commas(table.rows.size()), channels.at("x").channel.column, channels.at("y").channel.column));
  return notes;
}

}  // namespace filrouge
