// The table of error codes: FR01xx thread.yaml, FR02xx SQL and columns, FR03xx read and data, FR04xx check, chart and
// other verbs, FR05xx environment and store, FR06xx command line, FR07xx worker, FR08xx models, FR09xx internal.
// The rows stand in the files that code_tables.h names.
#pragma once

#include <span>
#include <string>

namespace filrouge {

struct ErrorCode {
  const char* code;   ///< FR0203
  const char* title;  ///< "no such column"
  const char* about;  ///< two to five lines: what it means, why it is an error, how to mend it
  const char* wrong;  ///< a short example that gives it
  const char* right;  ///< the same, mended
};

std::span<const ErrorCode> error_codes();
/// True for what lies not in the thread but in the machine, its disks or the network: exit code 5.
bool is_of_environment(std::string_view code);

const ErrorCode* find_error_code(std::string_view code);

}  // namespace filrouge
