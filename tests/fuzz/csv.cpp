// CSV: any bytes are records, which come out the same however the bytes arrive, and any sample has a dialect in which
// its own records can be read. The first byte says how many bytes come at once, and whether the text goes on after the
// sample.
#include "base/error.h"
#include "must.h"
#include "sources/csv_dialect.h"

using namespace filrouge;

namespace {

/// The text in pieces of `size` bytes.
class Pieces : public ByteSource {
 public:
  Pieces(std::string_view text, size_t size) : text_(text), size_(size) {}
  size_t read(char* into, size_t size) override {
    size = std::min({size, size_, text_.size()});
    text_.copy(into, size);
    text_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view text_;
  size_t size_;
};

/// All records as one text; and what is promised of each: in order, inside the text, with lines that go on.
std::string records_of(std::string_view text, size_t piece, const Dialect& dialect) {
  Pieces source(text, piece);
  CsvRecords records(source, dialect);
  Record record;
  std::string all;
  uint64_t offset = 0, line = 0;
  while (records.next(record)) {
    MUST(record.offset >= offset && record.line >= line && record.lines >= 1);
    MUST(record.offset + record.text.size() <= text.size() &&
         text.substr(record.offset, record.text.size()) == record.text);
    offset = record.offset + record.text.size();
    line = record.line + record.lines;
    for (std::string_view field : record.fields) all.append(field).push_back('\x1f');
    all += to_text(record.flaw) + (record.blank ? "blank\n" : "\n");
  }
  return all;
}

void types_of(std::string_view text) {
  ValueRules rules;
  rules.nulls = {"NA"};
  ColumnGuess guess;
  for (size_t begin = 0; begin < text.size() && begin < 2000; begin += 7) {
    guess.add(text.substr(begin, 12), rules);
    fits_exactly(text.substr(begin, 12), rules);
  }
  MUST(!guess.type().empty());
  guess.missing_word();
  guess.note("a column");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = data[0] % 64 + 1;
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    CsvShape shape = detect_csv(text, data[0] < 128, {});
    MUST(shape.names.size() <= shape.width);
    MUST(dialect_from_json(to_json(shape.dialect)) == shape.dialect);
    MUST(records_of(text, piece, shape.dialect) == records_of(text, text.size() + 1, shape.dialect));
    types_of(text);
  } catch (const Error&) {
    // No table: told to the user.
  }
  return 0;
}
