#include "sources/rejects.h"

#include "base/error.h"
#include "base/text.h"
#include "sources/csv_records.h"

namespace filrouge {
namespace {

constexpr size_t kLongestText = 10'000;

/// UTF-8 whatever the bytes were, cut to a sensible length.
std::string shown(std::string_view text) {
  std::string cut(text.substr(0, kLongestText));
  std::string out;
  for (std::string_view rest = cut; !rest.empty();) {
    size_t bad = first_invalid_utf8(rest).value_or(rest.size());
    out += rest.substr(0, bad);
    if (bad == rest.size()) break;
    bool cut_off = text.size() > cut.size() && rest.size() - bad < 4;
    if (!cut_off) out += "\xEF\xBF\xBD";
    rest.remove_prefix(bad + 1);
  }
  return out;
}

/// "column dep_delay: `late` is not a BIGINT" without the value: notes and errors go where rows must not. The table of
/// rejects has it.
std::string without_value(const std::string& reason) {
  size_t from = reason.find(": `"), to = reason.rfind("` is not a ");
  if (!reason.starts_with("column ") || from == std::string::npos || to == std::string::npos || to < from)
    return reason;
  return reason.substr(0, from + 2) + reason.substr(to + 5);
}

}  // namespace

Schema rejects_schema() {
  return {{{"file", "VARCHAR", {}}, {"line", "BIGINT", {}}, {"reason", "VARCHAR", {}}, {"text", "VARCHAR", {}}}};
}

Rejects::Rejects(fs::path scratch_file, bool stop) : path_(std::move(scratch_file)), stop_(stop) {
  clear();
}

void Rejects::clear() {
  out_.close();
  out_.open(path_, std::ios::binary | std::ios::trunc);
  count_ = 0;
  first_.clear();
}

void Rejects::add(size_t file_index, const std::string& file, uint64_t line, const std::string& reason,
                  std::string_view text) {
  std::string where = fmt::format("{}, line {}: {}", file, line, without_value(reason));
  if (stop_) {
    throw Error(ErrorKind::data, "FR0306", where, "mend the file, or let `on_bad_row: reject` keep the other rows");
  }
  if (count_++ == 0) first_ = where;
  std::string index = std::to_string(file_index), line_text = std::to_string(line), shown_reason = shown(reason),
              kept = shown(text);
  std::string record;
  append_record(record, {index, file, line_text, shown_reason, kept});
  out_ << record;
}

std::string Rejects::note(const std::string& table) const {
  return fmt::format("{} rejected ({}): filrouge show {}.rejects", plural(count_, "row"), first_, table);
}

WrittenTable Rejects::write(const std::string& name, const fs::path& folder, Engine& engine) {
  out_.close();
  if (!out_) throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: cannot be written", path_.string()));
  return engine.materialise(
      name,
      fmt::format(
          "SELECT file, line, reason, coalesce(text, '') AS text FROM read_csv({}, "
          "columns={{'i':'BIGINT','file':'VARCHAR',"
          "'line':'BIGINT','reason':'VARCHAR','text':'VARCHAR'}}, delim=',', quote='\"', escape='\"', header=false, "
          "auto_detect=false) ORDER BY i, line",
          quote_text(path_.string())),
      RowOrder::sequential, folder);
}

}  // namespace filrouge
