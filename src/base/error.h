// The one exception type of the program, and the check for our own invariants.
//
// Problems of a thread.yaml are values (thread/diagnostic.h). What stops a step or a command is an Error. It is caught
// in five places only: main, run-one-step, the HTTP handler, a thread's entry, the adapter of a third-party library.
#pragma once

#include <exception>
#include <optional>
#include <string>

namespace filrouge {

/// Who can mend it. user: the thread or the command line (exit 2); data: a file or table (exit 1); engine: the machine,
/// disk, network or a library (exit 5 as `environment`, exit 1 inside a step); internal: a bug of ours.
enum class ErrorKind { user, data, engine, environment, internal, interrupted };

const char* to_string(ErrorKind kind);
ErrorKind error_kind_from(const std::string& text);

class Error : public std::exception {
 public:
  /// `code` is a row of the table in thread/codes.cpp. Registered secrets (see hide_secret) are blotted out of all
  /// texts.
  Error(ErrorKind kind, std::string code, std::string message, std::string hint = "");

  const char* what() const noexcept override { return message.c_str(); }

  ErrorKind kind;
  std::string code;                 ///< FRnnnn
  std::string message;              ///< one sentence, no trailing newline
  std::string hint;                 ///< what to do next; may be empty
  std::optional<long> text_offset;  ///< byte offset into the SQL text (or scalar) that the error is about
  long text_length = 0;             ///< bytes from there that the error is about; 0 = the word at the offset
  int system_error = 0;             ///< errno, where the system refused something to a function of base/files.h
  std::string text_name;  ///< which text `text_offset` counts in: a key such as "query"; empty = the step's SQL
};

/// From now on no Error shows `secret`. Thread-safe.
void hide_secret(const std::string& secret);
/// `text` with every registered secret replaced by "***".
std::string scrub(std::string text);

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace filrouge

/// An invariant of our own that no user input can break. Always on.
#define FR_CHECK(condition) \
  if (!(condition)) ::filrouge::check_failed(#condition, __FILE__, __LINE__)
