#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace filrouge {

/// The file of a program, named by a path or to be looked for on PATH; nothing where there is none that may be run.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace filrouge
