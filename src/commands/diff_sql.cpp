#include "commands/diff_sql.h"

#include "base/text.h"

namespace filrouge {
namespace {

std::string names_of(const std::vector<std::string>& columns, const std::string& prefix = "") {
  std::vector<std::string> names;
  for (const std::string& column : columns) names.push_back(prefix + quote_name(column));
  return join(names, ", ");
}

/// NULL is equal to NULL here: a key or a value that is missing on both sides did not change.
std::string same_key(const std::vector<std::string>& key) {
  std::vector<std::string> terms;
  for (const std::string& column : key)
    terms.push_back(fmt::format("b.{0} IS NOT DISTINCT FROM a.{0}", quote_name(column)));
  return join(terms, " AND ");
}

/// As text, so that a column whose type changed is compared by what it shows.
std::string differs(const std::string& column) {
  return fmt::format("b.{0}::VARCHAR IS DISTINCT FROM a.{0}::VARCHAR", quote_name(column));
}

/// Both tables side by side; a row missing on one side has no mark there.
std::string side_by_side(const std::vector<std::string>& key) {
  return fmt::format(
      "(SELECT *, true AS fr_mark FROM \"before\") b FULL JOIN (SELECT *, true AS fr_mark FROM \"after\") a ON {}",
      same_key(key));
}

constexpr const char* kBoth = "b.fr_mark AND a.fr_mark";

}  // namespace

std::string repeated_keys_sql(const std::string& table, const std::vector<std::string>& key) {
  return fmt::format("SELECT count(*) AS n FROM (SELECT 1 FROM {} GROUP BY {} HAVING count(*) > 1)", quote_name(table),
                     names_of(key));
}

std::string keyed_counts_sql(const Comparison& comparison) {
  std::vector<std::string> any;
  std::string counts;
  for (size_t i = 0; i < comparison.common.size(); ++i) {
    any.push_back(differs(comparison.common[i]));
    counts += fmt::format(", count(*) FILTER (WHERE {} AND {}) AS c{}", kBoth, any.back(), i);
  }
  return fmt::format(
      "SELECT count(*) FILTER (WHERE b.fr_mark IS NULL) AS added, count(*) FILTER (WHERE a.fr_mark IS NULL) AS "
      "removed, "
      "count(*) FILTER (WHERE {} AND ({})) AS changed{} FROM {}",
      kBoth, any.empty() ? "false" : join(any, " OR "), counts, side_by_side(comparison.key));
}

std::string multiset_counts_sql(const Comparison& comparison) {
  auto only = [&](const char* there, const char* other) {
    return fmt::format("(SELECT count(*) FROM ({}))", rows_only_in_sql(there, other, comparison));
  };
  return fmt::format("SELECT {} AS added, {} AS removed", only("after", "before"), only("before", "after"));
}

std::string rows_only_in_sql(const std::string& there, const std::string& other, const Comparison& comparison) {
  if (comparison.key.empty()) {
    std::string columns = comparison.common.empty() ? "1" : names_of(comparison.common);
    return fmt::format("SELECT * FROM (SELECT {0} FROM {1} EXCEPT ALL SELECT {0} FROM {2}) ORDER BY ALL", columns,
                       quote_name(there), quote_name(other));
  }
  return fmt::format("SELECT a.* FROM {} a WHERE NOT EXISTS (SELECT 1 FROM {} b WHERE {}) ORDER BY {}",
                     quote_name(there), quote_name(other), same_key(comparison.key), names_of(comparison.key, "a."));
}

std::string changed_values_sql(const Comparison& comparison, const std::string& column, size_t most) {
  return fmt::format(
      "SELECT {0}, b.{1}::VARCHAR AS \"before\", a.{1}::VARCHAR AS \"after\" FROM \"before\" b JOIN \"after\" a ON {2} "
      "WHERE {3} ORDER BY {0} LIMIT {4}",
      names_of(comparison.key, "b."), quote_name(column), same_key(comparison.key), differs(column), most);
}

}  // namespace filrouge
