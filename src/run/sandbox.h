// What the process that does the work of one request is kept from: files that the request does not name, the network,
// other processes, and new programs. Landlock and seccomp, by system calls, where the kernel has them.
//
// A file that a user reads may be made by somebody else, and what reads it (DuckDB, zlib, QuickJS, librsvg) is large.
// Should one of them be taken over by such a file, it can read what the step reads, write what the step writes, and
// tell nobody. Rejected: namespaces and a container, which need rights that many machines do not give; a list of all
// allowed system calls, which every new version of a library breaks.
#pragma once

#include <filesystem>
#include <vector>

namespace filrouge {

/// What one request may touch. Folders stand for everything below them; what is not there is passed over.
struct Permissions {
  std::vector<std::filesystem::path> read, write;
  bool network = false;
  /// It may start programs. Then it may read and run whatever the user may, but for what is `hidden`; `read` and
  /// `write` may lie in there.
  bool programs = false;
  std::vector<std::filesystem::path> hidden;
  std::vector<std::filesystem::path> list;  ///< folders whose names may be read, and those of the folders in them
};

struct SandboxFacts {
  int landlock_abi = 0;       ///< 0 = the kernel has none, or it is not switched on
  bool seccomp = false;       ///< system calls can be filtered
  bool switched_off = false;  ///< by FILROUGE_SANDBOX=off
};
SandboxFacts sandbox_facts();

/// Confines the calling thread and all that it starts from now on, for good. Call it while the process has one thread.
/// Besides `permissions` it may read the system's libraries, fonts and certificates and what the kernel tells of this
/// process. Where the kernel lacks a part, that part is left out. Throws Error(environment, FR0523) when the kernel has
/// it and refuses.
void enter_sandbox(const Permissions& permissions);

}  // namespace filrouge
