// The packed form of a version (see receipt.h): a format byte, then the fields in a fixed order, then a hash of all
// that. Numbers are 8 bytes little-endian, a text is its length and its bytes, a list its count and its entries. What
// is seldom looked at (lineage, details, why_key) is one JSON text each and stays text until somebody asks.
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

static_assert(std::endian::native == std::endian::little, "the packed form is written as the machine holds it");

constexpr char kPackFormat = 2;  // 1: no tail in file_hashes
constexpr size_t kHashSize = 32;

class Writer {
 public:
  void number(uint64_t value) { out_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void real(double value) { number(std::bit_cast<uint64_t>(value)); }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  void texts(const std::vector<std::string>& values) {
    number(values.size());
    for (const std::string& value : values) text(value);
  }
  void json(const Json& value) { text(value.is_null() ? "" : dump(value)); }

  std::string out_ = std::string(1, kPackFormat);
};

[[noreturn]] void damaged() {
  throw Error(ErrorKind::environment, "FR0512", "the catalog of the store is damaged: an entry does not match its hash",
              "filrouge verify --rebuild makes it anew from the receipts");
}

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  uint64_t number() {
    uint64_t value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  double real() { return std::bit_cast<double>(number()); }
  std::string text() { return std::string(take(number())); }
  std::vector<std::string> texts() {
    std::vector<std::string> values(count());
    for (std::string& value : values) value = text();
    return values;
  }
  /// Of a list that follows; each entry takes 8 bytes at least, so a wrong count cannot ask for the whole memory.
  size_t count() {
    uint64_t entries = number();
    if (entries > in_.size() / 8) damaged();
    return entries;
  }
  std::string_view take(uint64_t size) {
    if (size > in_.size()) damaged();
    std::string_view part = in_.substr(0, size);
    in_.remove_prefix(size);
    return part;
  }

 private:
  std::string_view in_;
};

Json parse_kept(const std::string& text) {
  return text.empty() ? Json() : parse_json(text, "an entry of the catalog");
}
TableLineage parse_lineage(const std::string& text) {
  return lineage_from_json(parse_kept(text));
}

void put_table(Writer& out, const StoredTable& table) {
  out.text(table.name);
  out.texts(table.files);
  out.number(table.rows);
  out.number(table.bytes);
  out.number(table.schema.columns.size());
  for (const Column& column : table.schema.columns) {
    out.text(column.name);
    out.text(column.type);
    out.json(column.meaning);
  }
  out.texts(table.column_hashes);
  out.json(to_json(*table.lineage));
}

StoredTable take_table(Reader& in) {
  StoredTable table;
  table.name = in.text();
  table.files = in.texts();
  table.rows = in.number();
  table.bytes = in.number();
  table.schema.columns.resize(in.count());
  for (Column& column : table.schema.columns) {
    column.name = in.text();
    column.type = in.text();
    column.meaning = parse_kept(in.text());
  }
  table.column_hashes = in.texts();
  table.lineage = Lazy<TableLineage>(in.text(), parse_lineage);
  return table;
}

}  // namespace

std::string pack(const Version& version) {
  Writer out;
  for (const std::string* text :
       {&version.verb, &version.name, &version.key, &version.created, &version.engine, &version.summary})
    out.text(*text);
  out.texts(version.notes);
  out.number(version.passed);
  out.real(version.seconds);
  out.real(version.cpu_seconds);
  out.number(version.peak_memory_bytes);
  out.number(version.tables.size());
  for (const StoredTable& table : version.tables) put_table(out, table);
  out.texts(version.publish_from);
  out.texts(version.publish_to);
  out.number(version.file_hashes.size());
  for (const FileHash& file : version.file_hashes) {
    out.text(file.path);
    out.text(file.hash);
    out.number(file.bytes);
    out.text(file.tail);
  }
  out.json(*version.details);
  out.json(*version.why_key);
  return out.out_ + hash_text(out.out_);
}

Version unpack(std::string_view packed) {
  if (packed.size() < 1 + kHashSize) damaged();
  std::string_view fields = packed.substr(0, packed.size() - kHashSize);
  const char format = fields[0];
  if (hash_text(fields) != packed.substr(fields.size()) || format < 1 || format > kPackFormat) damaged();
  Reader in(fields.substr(1));
  Version version;
  for (std::string* text :
       {&version.verb, &version.name, &version.key, &version.created, &version.engine, &version.summary})
    *text = in.text();
  version.notes = in.texts();
  version.passed = in.number() != 0;
  version.seconds = in.real();
  version.cpu_seconds = in.real();
  version.peak_memory_bytes = in.number();
  for (size_t left = in.count(); left > 0; --left) version.tables.push_back(take_table(in));
  version.publish_from = in.texts();
  version.publish_to = in.texts();
  version.file_hashes.resize(in.count());
  for (FileHash& file : version.file_hashes) {
    file.path = in.text();
    file.hash = in.text();
    file.bytes = in.number();
    if (format >= 2) file.tail = in.text();
  }
  version.details = Lazy<Json>(in.text(), parse_kept);
  version.why_key = Lazy<Json>(in.text(), parse_kept);
  return version;
}

}  // namespace filrouge
