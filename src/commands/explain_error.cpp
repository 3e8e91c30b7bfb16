// explain-error: what a code means, with a wrong and a right example.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/text_table.h"
#include "thread/codes.h"

namespace filrouge {
namespace {

Json code_json(const ErrorCode& code) {
  return {
      {"code", code.code}, {"title", code.title}, {"about", code.about}, {"wrong", code.wrong}, {"right", code.right}};
}

std::string indented(const std::string& text) {
  std::string lines;
  for (const std::string& line : split(text, '\n')) lines += line.empty() ? "\n" : "    " + line + "\n";
  while (lines.ends_with("\n\n")) lines.pop_back();
  return lines;
}

void print_code(const ErrorCode& code) {
  TextStyle style = output_style();
  std::cout << bold(fmt::format("{}: {}", code.code, code.title), style.color) << "\n\n" << trim(code.about) << "\n";
  if (*code.wrong) std::cout << "\nwrong:\n" << indented(code.wrong);
  if (*code.right) std::cout << "\nright:\n" << indented(code.right);
}

int list_codes(const Arguments& arguments) {
  Json list = Json::array();
  TextTable table({{"code"}, {"what"}});
  for (const ErrorCode& code : error_codes()) {
    list.push_back({{"code", code.code}, {"title", code.title}});
    table.add({code.code, code.title});
  }
  if (arguments.json())
    print_json({{"codes", list}});
  else
    std::cout << table.draw(output_style()).text;
  return 0;
}

/// "fr203" and "0203" mean FR0203.
std::string spelt_out(const std::string& text) {
  std::string digits = lower(text).starts_with("fr") ? text.substr(2) : text;
  bool number = !digits.empty() && digits.size() <= 4 && digits.find_first_not_of("0123456789") == std::string::npos;
  return number ? fmt::format("FR{:0>4}", digits) : text;
}

int explain_error(const Arguments& arguments) {
  if (arguments.positional.empty()) return list_codes(arguments);
  std::string name = spelt_out(arguments.positional[0]);
  const ErrorCode* code = find_error_code(name);
  if (!code) {
    std::vector<std::string> codes;
    for (const ErrorCode& known : error_codes()) codes.push_back(known.code);
    auto near = nearest(name, codes);
    throw Error(ErrorKind::user, "FR0611", fmt::format("no error has the code `{}`", arguments.positional[0]),
                near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge explain-error");
  }
  if (arguments.json())
    print_json(code_json(*code));
  else
    print_code(*code);
  return 0;
}

}  // namespace

Command explain_error_command() {
  Command command;
  command.name = "explain-error";
  command.usage = "[CODE]";
  command.about = "what an error code means, and how to mend it";
  command.details =
      "Without a code: all of them. For example:\n"
      "  filrouge explain-error FR0203";
  command.max_positional = 1;
  command.run = explain_error;
  return command;
}

}  // namespace filrouge
