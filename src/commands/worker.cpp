#include "run/worker.h"
#include "commands/commands.h"
#include "run/line_worker.h"
#include "run/part_worker.h"

namespace filrouge {

Command worker_command() {
  Command command;
  command.name = "worker";
  command.usage = "SCRATCH [parts | map | combine | reduce]";
  command.about = "does the work of steps for the process that started it";
  command.min_positional = 1;
  command.max_positional = 2;
  command.hidden = true;
  command.run = [](const Arguments& arguments) {
    const std::string& scratch = arguments.positional[0];
    if (arguments.positional.size() == 1) return worker_main(scratch);
    const std::string& role = arguments.positional[1];
    return role == "parts" ? part_worker_main(scratch) : line_worker_main(scratch, role);
  };
  return command;
}

}  // namespace filrouge
