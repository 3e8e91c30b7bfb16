// A problem of a thread.yaml (or of a file it names) as a value. All of a thread's problems are reported at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace filrouge {

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;     ///< FRnnnn, a row of the table in thread/codes.cpp
  std::string file;     ///< as the user would name it: relative to the thread's folder; empty = no place
  int line = 0;         ///< from 1; 0 = no place
  int column = 0;       ///< from 1, in code points
  int length = 1;       ///< how many code points the caret line marks, at least 1, on that line only
  std::string step;     ///< "sql departures"; may be empty
  std::string message;  ///< one sentence: what is wrong, in the user's words
  std::string hint;     ///< stands behind the carets: "did you mean `dep_delay`?"; may be empty
  std::string note;     ///< stands below, after "=": background and the next command to type; may be empty
};

/// The texts of the files read, by the name used in Diagnostic::file, for drawing the user's own lines.
struct SourceText {
  std::string name;
  std::string text;
};

/// As in rustc:  error[FR0203]: message / --> file:line:column / the line / ^^^^ hint / = note.
/// `color`: ANSI escapes. Tabs are drawn as one blank, control characters as U+FFFD, lines over 160 columns are cut
/// around the caret.
std::string render(const Diagnostic& diagnostic, const std::vector<SourceText>& sources, bool color);

/// {code, severity, file, line, column, step, message, hint}: the shape of section 8 of the language contract.
Json to_json(const Diagnostic& diagnostic);

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace filrouge
