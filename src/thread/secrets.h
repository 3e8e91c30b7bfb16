// Secrets never stand in a thread: `${secret:NAME}` names one. This checks the form; resolve_secrets (thread.h) gives
// the value.
#pragma once

#include "thread/reporter.h"

namespace filrouge {

/// `${secret:NAME}` found in a text, in bytes; `name` is empty where the form is wrong.
struct SecretUse {
  size_t offset = 0, length = 0;
  std::string name;
};
std::vector<SecretUse> find_secrets(std::string_view text);

/// Reports every malformed `${secret...` in the scalars under `node`. `source` is the text of node.file.
void check_secret_forms(const Node& node, const std::string& source, Reporter& reporter);

/// Warns where a key such as `password` or an address such as https://me:pass@host holds a secret as plain text.
void warn_of_plain_secrets(const Node& step, Reporter& reporter);

}  // namespace filrouge
