// schema: the JSON Schema of thread.yaml, or of what `--json` answers look like.
#include <iostream>

#include "commands/commands.h"
#include "commands/output_schemas.h"
#include "steps/step.h"
#include "thread/thread.h"

namespace filrouge {
namespace {

int schema(const Arguments& arguments) {
  bool outputs = arguments.has("--json-output");
  Json schema = outputs ? output_schemas() : thread_schema(verb_specs());
  if (arguments.json())
    print_json({{"schema", std::move(schema)}});
  else
    std::cout << dump(schema, 2) << "\n";
  return 0;
}

}  // namespace

Command schema_command() {
  Command command;
  command.name = "schema";
  command.usage = "";
  command.about = "the JSON Schema of thread.yaml, for editors";
  command.details =
      "Editors complete and check with it; `filrouge new` puts it beside the thread:\n"
      "  filrouge schema > thread.schema.json";
  command.options = {{"--json-output", "", "the JSON Schemas of what --json prints, by command"}};
  command.run = schema;
  return command;
}

}  // namespace filrouge
