#include "commands/sql_problem.h"

#include "base/text.h"

namespace filrouge {
namespace {

/// Bytes to mark from `offset`: what the error says, or the word there; never beyond the line.
size_t marked(const Error& error, const std::string& text, size_t offset) {
  size_t length = error.text_length > 0 ? static_cast<size_t>(error.text_length) : word_length(text, offset);
  return std::min(length, std::min(text.size(), text.find('\n', offset)) - offset);
}

}  // namespace

Diagnostic problem_in_text(const Error& error, const std::string& text, const std::string& shown) {
  Diagnostic problem;
  problem.code = error.code;
  problem.message = error.message;
  (error.hint.starts_with("next:") ? problem.note : problem.hint) = error.hint;
  if (!error.text_offset) return problem;
  size_t offset = std::min(static_cast<size_t>(std::max(0L, *error.text_offset)), text.size());
  size_t line_start = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;  // npos + 1 is 0
  problem.file = shown;
  problem.line = 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(offset), '\n'));
  std::string_view view = text;
  problem.column = 1 + static_cast<int>(count_code_points(view.substr(line_start, offset - line_start)));
  problem.length = std::max(1, static_cast<int>(count_code_points(view.substr(offset, marked(error, text, offset)))));
  return problem;
}

}  // namespace filrouge
