#include "engines/profile_warnings.h"

#include "base/text.h"

namespace filrouge {
namespace {

/// In fewer rows, values that all differ say little.
constexpr uint64_t kFewestRows = 20;

std::string share(uint64_t part, uint64_t whole) {
  double percent = whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  return percent < 0.1 ? "under 0.1 %" : fmt::format("{:.1f} %", percent);
}

class Warnings {
 public:
  Warnings(const Json& column, const Suspicions& s, uint64_t rows)
      : column_(column), s_(s), rows_(rows), filled_(rows - column.at("nulls").get<uint64_t>()) {}

  Json all() {
    if (rows_ == 0) return list_;
    missing();
    if (filled_ > 0) distinct(), text(), numbers(), times();
    return list_;
  }

 private:
  void add(const char* code, std::string message) {
    list_.push_back({{"code", code}, {"message", std::move(message)}});
  }
  uint64_t number(const char* key) const { return column_.value(key, uint64_t{0}); }

  void missing() {
    if (filled_ == 0)
      add("all_null", "has no value at all");
    else if (filled_ * 2 < rows_)
      add("mostly_null", fmt::format("{} of the values are missing", share(rows_ - filled_, rows_)));
  }

  void distinct() {
    uint64_t distinct = number("distinct");
    bool may_identify = column_["kind"] == "text" || column_["type"].get<std::string>().ends_with("INT") ||
                        column_["type"] == "INTEGER" || column_["type"] == "UUID";
    if (distinct == 1)
      add("constant",
          filled_ == rows_ ? "has one and the same value in every row" : "has a single value where it has one");
    else if (distinct == filled_ && filled_ >= kFewestRows && may_identify)
      add("unique", column_["approximate"] == true ? "seems to differ in every row: an identifier"
                                                   : "differs in every row: an identifier");
    else if (filled_ >= kFewestRows && distinct * 20 >= filled_ * 19 && may_identify)
      add("nearly_unique", fmt::format("{} of the values differ: an identifier with doubles?",
                                       share(std::min(distinct, filled_), filled_)));
  }

  void text() {
    if (column_["kind"] != "text") return;
    if (s_.na_words)
      add("na_text", fmt::format("{} rows say `{}` or the like as text: read it as missing (`null: [\"{}\"]`)",
                                 with_commas(s_.na_words), s_.na_word, s_.na_word));
    if (uint64_t empty = number("empty"))
      add("empty_text", fmt::format("{} rows have an empty text", with_commas(empty)));
    uint64_t said = filled_ - std::min(filled_, s_.na_words + number("empty"));
    if (said && s_.dates * 10 >= said * 9)
      add("dates_as_text", "holds dates as text: give it a type (DATE or TIMESTAMP)");
    else if (said && s_.numbers * 10 >= said * 9 && s_.leading_zeros == 0)
      add("numbers_as_text",
          s_.numbers == said ? "holds numbers as text: give it a type"
                             : fmt::format("holds numbers as text but for {} rows", with_commas(said - s_.numbers)));
    else if (said && s_.numbers * 20 >= said && s_.numbers < said && s_.leading_zeros == 0)
      add("mixed_types", fmt::format("{} of the values are numbers, the others are not", share(s_.numbers, said)));
    if (s_.outer_blanks)
      add("outer_blanks", fmt::format("{} rows begin or end with a blank", with_commas(s_.outer_blanks)));
    if (s_.case_variants)
      add("case_variants", s_.case_variants == 1 ? "1 value differs from another only in case or blanks"
                                                 : fmt::format("{} values differ from others only in case or blanks",
                                                               with_commas(s_.case_variants)));
  }

  void numbers() {
    if (uint64_t infinite = number("infinite"))
      add("infinite", fmt::format("{} rows are infinite or not a number", with_commas(infinite)));
    for (const Json& sentinel : s_.sentinels)
      add("sentinel", fmt::format("{} stands {} times far from all others: does it mean missing?",
                                  dump(sentinel["value"]), with_commas(sentinel["count"].get<uint64_t>())));
  }

  void times() {
    if (s_.future) add("future", fmt::format("{} rows lie in the future", with_commas(s_.future)));
    if (s_.epochs)
      add("epoch", fmt::format("{} rows are 1900-01-01 or 1970-01-01: do they mean missing?", with_commas(s_.epochs)));
  }

  const Json& column_;
  const Suspicions& s_;
  uint64_t rows_, filled_;
  Json list_ = Json::array();
};

}  // namespace

Json warnings_of(const Json& column, const Suspicions& suspicions, uint64_t rows) {
  return Warnings(column, suspicions, rows).all();
}

}  // namespace filrouge
