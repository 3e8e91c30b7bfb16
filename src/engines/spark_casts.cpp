// Casts. DuckDB rounds where Spark cuts off, and prints floating-point numbers otherwise.
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

/// DuckDB multiplies and rounds half away from zero; Spark rounds the shortest decimal text.
std::string double_to_decimal(const std::string& from, const PlanType& to) {
  if (to.width > 18)
    throw NotPortable{"CAST(DOUBLE AS " + to.text() + ")", "the last digits differ", "use DECIMAL(18,s) or less"};
  if (to.scale == 0) return fmt::format("CAST(round({0}) AS {1})", from, to.text());
  return fmt::format(
      "CAST(CAST(round({0} * 1E{1}D) AS DECIMAL({2},0)) * CAST(1E-{1}BD AS DECIMAL({1},{1})) AS "
      "{3})",
      from, to.scale, to.width, to.text());
}

std::string from_text(const Piece& from, const PlanType& to) {
  if (to.id == "TIMESTAMP")  // DuckDB turns a time with a zone into UTC, Spark drops the zone
    return fmt::format(
        "CAST(CASE WHEN {0} RLIKE ':[0-9.]+ *([Zz+-]|[A-Za-z])' THEN CAST(raise_error(concat('a time zone in the text "
        "', {0})) AS "
        "STRING) ELSE {0} END AS TIMESTAMP_NTZ)",
        from.text);
  return fmt::format("CAST({} AS {})", from.text, spark_type(to));
}

std::string to_text(const Piece& from) {
  const std::string& id = from.type.id;
  if (from.type.is_float())
    throw NotPortable{"CAST(" + id + " AS VARCHAR)", "Spark writes 1e7 as 1.0E7",
                      "cast it to a DECIMAL first, or round it to an integer"};
  if (!from.type.is_integer() && id != "DECIMAL" && id != "BOOLEAN" && id != "DATE" && id != "TIMESTAMP")
    throw NotPortable{"CAST(" + from.type.text() + " AS VARCHAR)", "nobody has compared it", ""};
  return fmt::format("CAST({} AS STRING)", from.text);
}

bool is_date_or_time(const PlanType& type) {
  return type.id == "DATE" || type.id == "TIMESTAMP" || type.id == "TIMESTAMP WITH TIME ZONE";
}

}  // namespace

std::string spark_cast(const Piece& from, const PlanType& to, bool try_cast, std::set<std::string>& rules) {
  const std::string &a = from.type.id, &b = to.id;
  if (from.type.text() == to.text()) return from.text;
  std::string plain = fmt::format("CAST({} AS {})", from.text, spark_type(to));
  if (a == "\"NULL\"" || a == "NULL") return plain;
  std::string what = fmt::format("{}({} AS {})", try_cast ? "TRY_CAST" : "CAST", from.type.text(), to.text());
  if (try_cast && a == "VARCHAR")
    throw NotPortable{
        what, "the two read texts with other rules, and a NULL would hide it",
        "let the read step give the column its type, or test the text with regexp_full_match and cast what passes"};
  if (try_cast) throw NotPortable{what, "nobody has compared it", "test the range, then CAST"};
  if (b == "VARCHAR") return to_text(from);
  if (a == "VARCHAR" && (to.is_number() || is_date_or_time(to) || b == "BOOLEAN")) return from_text(from, to);
  if (to.is_integer() && from.type.is_float()) {
    rules.insert("a cast to an integer rounds");
    return fmt::format("CAST(rint({}) AS {})", from.text, spark_type(to));
  }
  if (to.is_integer() && a == "DECIMAL") {
    rules.insert("a cast to an integer rounds");
    return fmt::format("CAST(round({}) AS {})", from.text, spark_type(to));
  }
  if (b == "DECIMAL" && a == "DOUBLE") {
    rules.insert("a cast of a double to a decimal");
    return double_to_decimal(from.text, to);
  }
  if (b == "FLOAT" && a == "DOUBLE")
    throw NotPortable{what, "what is too large is an error in one and infinite in the other", "keep DOUBLE"};
  if (b == "DECIMAL" && a == "FLOAT") throw NotPortable{what, "nobody has compared it", "cast it to DOUBLE before"};
  bool numbers = from.type.is_number() && to.is_number();
  bool truth = (a == "BOOLEAN" && to.is_integer()) || (b == "BOOLEAN" && from.type.is_integer());
  if (numbers || truth || (is_date_or_time(from.type) && is_date_or_time(to))) return plain;
  throw NotPortable{what, "nobody has compared it", ""};
}

}  // namespace filrouge
