#include "run/worker.h"
#include "commands/commands.h"

namespace filrouge {

Command worker_command() {
  Command command;
  command.name = "worker";
  command.usage = "SCRATCH";
  command.about = "does the work of steps for the process that started it";
  command.min_positional = command.max_positional = 1;
  command.hidden = true;
  command.run = [](const Arguments& arguments) { return worker_main(arguments.positional[0]); };
  return command;
}

}  // namespace filrouge
