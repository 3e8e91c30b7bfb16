// What the delimiter, the quote and the header of a CSV file are, from its first part.
//
// Each candidate dialect reads the sample. It is the better the more records have the same width, the more of the cells
// then are numbers, dates or empty, and the fewer quotes are broken (after van den Burg, Nazabal, Sutton: Wrangling
// Messy CSV Files by Detecting Row and Type Patterns, 2019). Lines before the first record of the usual width are a
// preamble and passed over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "sources/column_types.h"
#include "sources/csv_records.h"

namespace filrouge {

/// What the thread says itself; the rest is found out.
struct CsvRequest {
  std::optional<std::string> delimiter, quote, escape;
  std::optional<bool> header;
  std::optional<uint64_t> skip;
  std::string encoding;
  ValueRules rules;
};
Json to_json(const CsvRequest& request);
CsvRequest csv_request_from_json(const Json& json);

struct CsvShape {
  Dialect dialect;
  std::vector<std::string> names;  ///< made unique, none empty
  size_t width = 0;                ///< cells of a record; more than names.size() never
  std::vector<std::string> notes;  ///< what was not as usual, for the user
};

/// `sample`: the first part of the decoded text, or all of it (`whole`).
CsvShape detect_csv(const std::string& sample, bool whole, const CsvRequest& request);

}  // namespace filrouge
