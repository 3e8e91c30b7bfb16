// Lines between this process and a program.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "steps/programs.h"

namespace filrouge {

/// Two ends of a pipe that hold a megabyte where the system allows. Throws Error(environment, FR0521).
struct Pipe {
  Pipe();
  Descriptor read_end, write_end;
};

/// Calls `take` with each line that the program prints, without its line feed, until it has ended: what a process that
/// it leaves behind would print later is not waited for.
void read_lines(const Descriptor& output, const StartedProgram& program,
                const std::function<void(std::string_view)>& take);

/// Gives a program lines; as in a shell, one that ends before it has read all is no error.
class LineFeed {
 public:
  LineFeed(Descriptor input, const StartedProgram& program);
  void add(std::string_view line, bool with_tab);
  void finish();  ///< the program then sees the end of its input
  bool is_closed() const { return !input_.is_open(); }

 private:
  void flush();
  Descriptor input_;
  const StartedProgram& program_;
  std::string buffer_;
};

/// Puts files behind one another; a last line without a line feed gets one. The parts are removed.
void concatenate(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& whole);

}  // namespace filrouge
