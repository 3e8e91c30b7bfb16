#include "commands/command.h"

int main(int argc, char** argv) {
  return filrouge::run_command_line(argc, argv);
}
