#include "run/worker.h"
#include "commands/commands.h"
#include "run/part_worker.h"

namespace filrouge {

Command worker_command() {
  Command command;
  command.name = "worker";
  command.usage = "SCRATCH [parts]";
  command.about = "does the work of steps for the process that started it";
  command.min_positional = 1;
  command.max_positional = 2;
  command.hidden = true;
  command.run = [](const Arguments& arguments) {
    const std::string& scratch = arguments.positional[0];
    return arguments.positional.size() > 1 ? part_worker_main(scratch) : worker_main(scratch);
  };
  return command;
}

}  // namespace filrouge
