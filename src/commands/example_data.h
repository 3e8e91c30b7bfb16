// Data of an example that is not ours to ship: which files it needs, where a user gets them, and taking them from
// there.
//
// It is told by data.json in the example's folder: {"from": "where a user gets it", "files": {NAME: SHA-256}}. The hash
// is that of the unpacked file, so it does not matter how somebody packed it.
#pragma once

#include "base/files.h"

namespace filrouge {

/// Does the example need data that does not come with it?
bool needs_data(const fs::path& example);

/// Finds each file of the example in `source`, a folder (NAME, or packed: NAME.gz, NAME.zst) or a zip file, checks what
/// it is, and writes it unpacked to `folder`/data. Throws Error(user, FR0614) with what is missing or is another file.
void take_data(const fs::path& example, const std::string& source, const fs::path& folder);

/// Throws Error(user, FR0614): which files, where to get them, and what to type then.
[[noreturn]] void ask_for_data(const fs::path& example, const std::string& name);

}  // namespace filrouge
