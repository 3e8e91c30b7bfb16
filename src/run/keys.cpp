#include "run/keys.h"

#include "base/hash.h"
#include "base/text.h"

namespace filrouge {

Json key_parts(const Step& step, const Verb& verb, const Binding& binding, const std::vector<std::string>& file_hashes,
               const Inputs& inputs, const std::map<std::string, Json>& params, const std::string& library) {
  Json used_params = Json::object(), files = Json::object(), tables = Json::object();
  for (const std::string& name : binding.params) used_params[name] = params.at(name);
  for (size_t i = 0; i < binding.files.size(); ++i) files[binding.files[i].shown] = file_hashes[i];
  for (const Use& use : binding.uses) {
    const StoredTable& table = *inputs.at(use.table);
    Json columns = Json::object();
    for (size_t i = 0; i < table.schema.columns.size(); ++i) {
      const Column& column = table.schema.columns[i];
      bool used = std::any_of(use.columns.begin(), use.columns.end(),
                              [&](const std::string& name) { return lower(name) == lower(column.name); });
      if (used) columns[column.name] = column.type + " " + table.column_hashes[i];
    }
    tables[use.table] = {{"rows", table.rows}, {"columns", std::move(columns)}};
  }
  return {{"verb", step.verb},          {"verb_version", verb.version}, {"library", library},
          {"says", binding.canonical},  {"params", used_params},        {"files", files},
          {"inputs", std::move(tables)}};
}

std::string key_of(const Json& parts) {
  return hash_text(canonical(parts));
}

namespace {

/// Calls `changed(name, before, now)` for every key whose value differs; an absent value is null.
void each_difference(const Json& before, const Json& now,
                     const std::function<void(const std::string&, const Json&, const Json&)>& changed) {
  for (const auto& [name, value] : now.items())
    if (Json old = before.value(name, Json()); old != value) changed(name, old, value);
  for (const auto& [name, value] : before.items())
    if (!now.contains(name)) changed(name, value, nullptr);
}

void explain_input(const std::string& table, const Json& before, const Json& now, std::vector<std::string>& why) {
  if (before.is_null()) return why.push_back(fmt::format("it now reads {}", table));
  if (now.is_null()) return why.push_back(fmt::format("it no longer reads {}", table));
  std::vector<std::string> columns;
  each_difference(before["columns"], now["columns"], [&](const std::string& name, const Json& old, const Json& value) {
    if (!old.is_null() && !value.is_null()) columns.push_back(name);
  });
  if (before["rows"] != now["rows"])
    return why.push_back(fmt::format("{} has other rows: {} -> {}", table, with_commas(before["rows"].get<uint64_t>()),
                                     with_commas(now["rows"].get<uint64_t>())));
  if (columns.empty()) return;  // it reads other columns because its own text changed, which is said already
  std::string shown = join(std::span(columns).first(std::min<size_t>(3, columns.size())), ", ");
  if (columns.size() > 3) shown += fmt::format(" and {} more", columns.size() - 3);
  why.push_back(fmt::format("{} {} of {} changed", columns.size() == 1 ? "column" : "columns", shown, table));
}

}  // namespace

std::vector<std::string> explain_change(const Json& before, const Json& now) {
  std::vector<std::string> why;
  if (before.value("library", "") != now.value("library", ""))
    why.push_back(fmt::format("the engine changed: {} -> {}", before.value("library", "?"), now.value("library", "?")));
  if (before.value("verb_version", 0) != now.value("verb_version", 0))
    why.push_back(fmt::format("this version of filrouge does `{}` differently", now.value("verb", "")));
  if (before.value("says", Json()) != now.value("says", Json())) why.push_back("its text changed");
  each_difference(before.value("params", Json::object()), now.value("params", Json::object()),
                  [&](const std::string& name, const Json& old, const Json& value) {
                    if (old.is_null() || value.is_null()) return;  // its text changed as well
                    why.push_back(fmt::format("parameter {} changed: {} -> {}", name, dump(old), dump(value)));
                  });
  each_difference(before.value("files", Json::object()), now.value("files", Json::object()),
                  [&](const std::string& name, const Json& old, const Json& value) {
                    const char* what = old.is_null() ? "is new" : value.is_null() ? "is gone" : "changed";
                    why.push_back(fmt::format("file {} {}", name, what));
                  });
  each_difference(
      before.value("inputs", Json::object()), now.value("inputs", Json::object()),
      [&](const std::string& name, const Json& old, const Json& value) { explain_input(name, old, value, why); });
  return why;
}

}  // namespace filrouge
