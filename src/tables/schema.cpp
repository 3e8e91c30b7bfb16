#include "tables/schema.h"

#include "base/text.h"

namespace filrouge {

const Column* Schema::find(std::string_view name) const {
  std::string small = lower(name);
  for (const Column& column : columns)
    if (lower(column.name) == small) return &column;
  return nullptr;
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

Json to_json(const Schema& schema) {
  Json json = Json::array();
  for (const Column& column : schema.columns) {
    Json entry = {{"name", column.name}, {"type", column.type}};
    if (!column.meaning.is_null()) entry["meaning"] = column.meaning;
    json.push_back(std::move(entry));
  }
  return json;
}

Schema schema_from_json(const Json& json) {
  Schema schema;
  for (const Json& entry : json)
    schema.columns.push_back({entry.at("name"), entry.at("type"), entry.value("meaning", Json())});
  return schema;
}

namespace {

std::string wrapped(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::string quote_name(std::string_view name) {
  return wrapped(name, '"');
}

std::string quote_table(std::string_view name) {
  size_t dot = name.find('.');
  if (dot == std::string_view::npos) return quote_name(name);
  return quote_name(name.substr(0, dot)) + "." + quote_name(name.substr(dot + 1));
}

std::string quote_text(std::string_view text) {
  return wrapped(text, '\'');
}

}  // namespace filrouge
