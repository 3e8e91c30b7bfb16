#include "thread/codes.h"

#include "thread/code_tables.h"

namespace filrouge {

std::span<const ErrorCode> error_codes() {
  static const std::vector<ErrorCode> all = [] {
    std::vector<ErrorCode> rows;
    for (auto part : {thread_codes(), sql_codes(), data_codes(), run_codes(), program_codes(), model_codes()})
      rows.insert(rows.end(), part.begin(), part.end());
    std::sort(rows.begin(), rows.end(),
              [](const ErrorCode& a, const ErrorCode& b) { return std::string_view(a.code) < b.code; });
    return rows;
  }();
  return all;
}

bool is_of_environment(std::string_view code) {
  return code.starts_with("FR05") || code == "FR0326" || code == "FR0327" || code == "FR0329";
}

const ErrorCode* find_error_code(std::string_view code) {
  for (const ErrorCode& row : error_codes())
    if (row.code == code) return &row;
  return nullptr;
}

}  // namespace filrouge
