// verify: reads every file of the store again and compares it with what was recorded when it was written.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/text_table.h"
#include "commands/workspace.h"

namespace filrouge {
namespace {

constexpr int kDamageFound = 1;

Json finding_json(const Finding& finding) {
  return {{"what", finding.what}, {"path", finding.path},       {"verb", finding.verb},   {"name", finding.name},
          {"key", finding.key},   {"message", finding.message}, {"bytes", finding.bytes}, {"feeds", finding.feeds}};
}

/// What --repair could do nothing about: a file that cannot be read, a catalog that is damaged itself.
bool is_left(const std::vector<Finding>& findings, const Finding& finding) {
  if (finding.what == "damaged" && finding.path == "catalog.db") return true;
  if (finding.what != "unreadable") return false;
  return std::none_of(findings.begin(), findings.end(), [&](const Finding& other) {
    return other.what == "removed" && other.key == finding.key && other.name == finding.name;
  });
}

int exit_code(const std::vector<Finding>& findings, bool repair) {
  if (!repair) return findings.empty() ? 0 : kDamageFound;
  bool all_mended =
      std::none_of(findings.begin(), findings.end(), [&](const Finding& f) { return is_left(findings, f); });
  return all_mended ? 0 : kDamageFound;
}

/// "sql departures, learn late and 3 more"
std::string feeds_text(const Finding& finding) {
  constexpr size_t kShown = 2;
  const std::vector<std::string>& feeds = finding.feeds;
  if (feeds.empty()) return "";
  std::vector<std::string> shown(feeds.begin(), feeds.begin() + static_cast<long>(std::min(feeds.size(), kShown)));
  std::string more = feeds.size() > kShown ? fmt::format(" and {} more", feeds.size() - kShown) : "";
  return "; feeds " + join(shown, ", ") + more;
}

int verify(const Arguments& arguments) {
  const StorePlace place = store_place(arguments);
  bool repair = arguments.has("--repair"), wait = !arguments.has("--no-wait");
  auto say = [&](const std::string& text) {
    if (!arguments.quiet() && !arguments.json()) std::cerr << "  " << text << "\n";
  };
  if (!Store::exists(place)) {
    if (arguments.json()) print_json({{"findings", Json::array()}, {"repaired", false}});
    say(fmt::format("there is no store in {} yet; next: filrouge run", place.text()));
    return 0;
  }
  if (arguments.has("--rebuild")) {
    Store::rebuild(place);
    say("the catalog was made anew from the receipts of the versions");
  }
  auto store = Store::open(place, repair ? Store::Access::write : Store::Access::read, wait, say);
  std::vector<Finding> findings = store->verify(repair, {});
  int code = exit_code(findings, repair);
  if (arguments.json()) {
    Json list = Json::array();
    for (const Finding& finding : findings) list.push_back(finding_json(finding));
    print_json({{"findings", list}, {"repaired", repair && !findings.empty()}});
    return code;
  }
  TextTable table({{"found"}, {"file"}, {"step"}, {"what"}});
  for (const Finding& finding : findings)
    table.add({finding.what, finding.path, fmt::format("{} {}", finding.verb, finding.name),
               finding.message + feeds_text(finding)});
  if (!table.empty()) std::cout << table.draw(output_style()).text;
  if (findings.empty())
    say("every file is as it was written");
  else if (std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.path == "catalog.db"; }))
    say("the catalog is damaged; next: filrouge verify --rebuild");
  else if (repair && code != 0)
    say("some files cannot be read; what could be mended was");
  else if (repair)
    say(fmt::format("{} mended: what was damaged is gone; next: filrouge run", plural(findings.size(), "finding")));
  else
    say(fmt::format("{}; next: filrouge verify --repair", plural(findings.size(), "finding")));
  return code;
}

}  // namespace

Command verify_command() {
  Command command;
  command.name = "verify";
  command.usage = "";
  command.about = "reads the whole store again and reports damage";
  command.details =
      "Exit code 0: everything is as it was written, or was mended; 1: damage was found.\n"
      "  filrouge verify --repair     removes what is damaged; run makes it anew\n"
      "  filrouge verify --rebuild    makes catalog.db anew from the receipts";
  command.options = {{"--repair", "", "remove what is damaged, so that the next run makes it anew"},
                     {"--rebuild", "", "make the catalog anew from the receipts of the versions"}};
  command.run = verify;
  return command;
}

}  // namespace filrouge
