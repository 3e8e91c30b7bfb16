// CSV as it is in the wild. Each case: a file, the columns found, the rows kept and the rows rejected with their lines.
#include <gtest/gtest.h>

#include "base/text.h"
#include "try_source.h"

namespace filrouge {
namespace {

struct Case {
  const char* name;
  std::string text;
  const char* columns;
  const char* rows;
  const char* rejects;
};

const Case kCases[] = {
    {"plain", "a,b\n1,x\n2,y\n", "a BIGINT, b VARCHAR", R"([[1,"x"],[2,"y"]])", "[]"},
    {"no_last_line_end", "a,b\n1,x\n2,y", "a BIGINT, b VARCHAR", R"([[1,"x"],[2,"y"]])", "[]"},
    {"crlf", "a,b\r\n1,x\r\n2,y\r\n", "a BIGINT, b VARCHAR", R"([[1,"x"],[2,"y"]])", "[]"},
    {"mixed_line_ends", "a,b\r\n1,x\n2,y\r3,z\r\n", "a BIGINT, b VARCHAR", R"([[1,"x"],[2,"y"],[3,"z"]])", "[]"},
    {"blank_lines", "a,b\n\n1,x\n\n\n2,y\n\n", "a BIGINT, b VARCHAR", R"([[1,"x"],[2,"y"]])", "[]"},
    {"bom",
     "\xEF\xBB\xBF"
     "a,b\n1,x\n",
     "a BIGINT, b VARCHAR", R"([[1,"x"]])", "[]"},
    {"semicolons_and_decimal_points", "a;b\n1.5;x,y\n2.5;z\n", "a DOUBLE, b VARCHAR", R"([[1.5,"x,y"],[2.5,"z"]])",
     "[]"},
    {"tabs", "a\tb\n1\tx y\n2\tz\n", "a BIGINT, b VARCHAR", R"([[1,"x y"],[2,"z"]])", "[]"},
    {"pipes", "a|b|c\n1|x,1|2\n2|y,2|3\n", "a BIGINT, b VARCHAR, c BIGINT", R"([[1,"x,1",2],[2,"y,2",3]])", "[]"},
    {"quotes", "a,b\n1,\"x, \"\"y\"\"\"\n2,\"line\nbreak\"\n", "a BIGINT, b VARCHAR",
     R"([[1,"x, \"y\""],[2,"line\nbreak"]])", "[]"},
    {"backslash_escapes", "a,b\n1,\"say \\\"hi\\\", ok\"\n2,\"z\"\n", "a BIGINT, b VARCHAR",
     R"([[1,"say \"hi\", ok"],[2,"z"]])", "[]"},
    {"quote_inside_a_field", "a,b\n1,5\" pipe\n2,z\n", "a BIGINT, b VARCHAR", R"([[1,"5\" pipe"],[2,"z"]])", "[]"},
    {"no_header", "1,x\n2,y\n", "column1 BIGINT, column2 VARCHAR", R"([[1,"x"],[2,"y"]])", "[]"},
    {"header_only", "a,b\n", "a VARCHAR, b VARCHAR", "[]", "[]"},
    {"all_text", "name,city\nAnn,Rome\nBob,Oslo\n", "name VARCHAR, city VARCHAR", R"([["Ann","Rome"],["Bob","Oslo"]])",
     "[]"},
    {"one_column", "n\n1\n\n3\n", "n BIGINT", "[[1],[null],[3]]", "[]"},
    {"double_names", "a,A,,a\n1,2,3,4\n", "a BIGINT, A_1 BIGINT, column3 BIGINT, a_2 BIGINT", "[[1,2,3,4]]", "[]"},
    {"years_as_names", "country,2001,2002,2003\nx,1,2,3\ny,4,5,6\n",
     "country VARCHAR, 2001 BIGINT, 2002 BIGINT, 2003 BIGINT", R"([["x",1,2,3],["y",4,5,6]])", "[]"},
    {"preamble", "Report of May\n\nid,when\n1,2024-05-01\n2,2024-05-02\n", "id BIGINT, when DATE",
     R"([[1,"2024-05-01"],[2,"2024-05-02"]])", "[]"},
    {"one_line_of_text_is_a_header", "x y\n", "x y VARCHAR", "[]", "[]"},
    {"short_header", "a,b\nr1,1,2\nr2,3,4\nr3,5,6\n", "row_name VARCHAR, a BIGINT, b BIGINT",
     R"([["r1",1,2],["r2",3,4],["r3",5,6]])", "[]"},
    {"trailing_delimiters", "a,b\n1,2,\n3,4,\n5,6,\n", "a BIGINT, b BIGINT, column3 VARCHAR",
     "[[1,2,null],[3,4,null],[5,6,null]]", "[]"},
    {"ragged", "a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n13,14,15\n", "a BIGINT, b BIGINT, c BIGINT",
     "[[1,2,3],[6,7,8],[13,14,15]]", R"([[3,"expected 3 columns, found 2"],[5,"expected 3 columns, found 4"]])"},
    {"footer", "a,b\n1,2\n3,4\nTotal rows: 2\n", "a BIGINT, b BIGINT", "[[1,2],[3,4]]",
     R"([[4,"expected 2 columns, found 1"]])"},
    {"unterminated_quote", "a,b\n1,x\n2,\"y\n3,z\n", "a BIGINT, b VARCHAR", R"([[1,"x"],[3,"z"]])",
     R"([[3,"unterminated quote"]])"},
    {"stray_quote_pairs", "a,b\n1,\"x\n2,\"y\n3,z\n4,w\n", "a BIGINT, b VARCHAR", R"([[3,"z"],[4,"w"]])",
     R"([[2,"text after a closing quote"],[3,"unterminated quote"]])"},
    {"text_after_quote", "a,b\n1,\"x\"y\n2,\"a,b\"\n3,\"c,d\"\n", "a BIGINT, b VARCHAR", R"([[2,"a,b"],[3,"c,d"]])",
     R"([[2,"text after a closing quote"]])"},
    {"not_utf8", "a,b\n1,x\n2,\xFF\n3,z\n", "a BIGINT, b VARCHAR", R"([[1,"x"],[3,"z"]])",
     R"([[3,"not valid UTF-8"]])"},
    {"line_numbers_after_quoted_lines", "a,b\n1,\"x\ny\nz\"\n2\n3,w\n", "a BIGINT, b VARCHAR",
     R"([[1,"x\ny\nz"],[3,"w"]])", R"([[5,"expected 2 columns, found 1"]])"},
    {"leading_zeros", "zip,n\n01234,1\n99999,2\n", "zip VARCHAR, n BIGINT", R"([["01234",1],["99999",2]])", "[]"},
    {"long_integers", "id\n12345678901234567890\n12345678901234567891\n", "id VARCHAR",
     R"([["12345678901234567890"],["12345678901234567891"]])", "[]"},
    {"reals", "x\n1\n2.5\n-3e2\n", "x DOUBLE", "[[1.0],[2.5],[-300.0]]", "[]"},
    {"booleans", "x,y\ntrue,1\nFALSE,2\n", "x BOOLEAN, y BIGINT", "[[true,1],[false,2]]", "[]"},
    {"moments", "d,t,h\n2024-01-02,2024-01-02 03:04:05,03:04:05\n", "d DATE, t TIMESTAMP, h TIME",
     R"([["2024-01-02","2024-01-02T03:04:05","03:04:05"]])", "[]"},
    {"missing_words_stay_text", "x\n1\nNA\n3\n", "x VARCHAR", R"([["1"],["NA"],["3"]])", "[]"},
    {"impossible_days", "d\n2024-02-30\n2024-02-01\n", "d VARCHAR", R"([["2024-02-30"],["2024-02-01"]])", "[]"},
};

TEST(Csv, Cases) {
  SourceTrial trial;
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    std::string name = std::string(test.name) + ".csv";
    trial.file(name, test.text);
    trial.read(name);
    EXPECT_EQ(trial.columns(), test.columns);
    EXPECT_EQ(trial.rows(), test.rows);
    EXPECT_EQ(trial.rejects(), test.rejects);
    EXPECT_EQ(trial.outcome.table.rows + trial.outcome.rejects.rows, trial.facts.files[0].records);
  }
}

std::string many_rows(size_t count, const std::map<size_t, std::string>& odd) {
  std::string text = "id,delay,note\n";
  for (size_t row = 1; row <= count; ++row) {
    auto found = odd.find(row);
    text += found == odd.end() ? fmt::format("{},{},\"a\nb\"\n", row, row % 60) : found->second + "\n";
  }
  return text;
}

/// Gives its text byte by byte.
class Drops : public ByteSource {
 public:
  explicit Drops(std::string text) : text_(std::move(text)) {}
  size_t read(char* into, size_t size) override {
    if (at_ == text_.size() || size == 0) return 0;
    *into = text_[at_++];
    return 1;
  }

 private:
  std::string text_;
  size_t at_ = 0;
};

/// A record is not parsed anew for each piece of it that comes: two of a megabyte each would then take minutes.
TEST(Csv, LongRecordsInSmallPieces) {
  std::string value(1'000'000, 'x');
  Drops source("a," + value + "\n\"" + value + "\",b\n");
  CsvRecords records(source, {});
  Record record;
  std::vector<std::vector<size_t>> sizes;
  while (records.next(record)) {
    EXPECT_EQ(record.flaw, Flaw::none);
    std::vector<size_t>& row = sizes.emplace_back();
    for (std::string_view field : record.fields) row.push_back(field.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::vector<size_t>>{{1, 1'000'000}, {1'000'000, 1}}));
}

TEST(Csv, AFewOddValuesAreRejectedWithTheirLine) {
  SourceTrial trial;
  trial.file("x.csv", many_rows(30'000, {{7, "7,abc,x"}, {20'000, "20000,5 min,x"}, {29'999, "x,y,z"}}));
  trial.read("x.csv");
  EXPECT_EQ(trial.columns(), "id BIGINT, delay BIGINT, note VARCHAR");
  EXPECT_EQ(trial.outcome.table.rows, 29'997u);
  // Every row but the odd ones spans two lines.
  EXPECT_EQ(trial.rejects(),
            R"([[14,"column delay: `abc` is not a BIGINT"],[39999,"column delay: `5 min` is not a BIGINT"],)"
            R"([59996,"column id: `x` is not a BIGINT"]])");
  EXPECT_EQ(trial.rows("SELECT text FROM t.rejects LIMIT 1"), R"([["7,abc,x"]])");
  EXPECT_NE(trial.notes().find("3 rows rejected (x.csv, line 14"), std::string::npos);
}

TEST(Csv, ManyOddValuesMakeItText) {
  std::map<size_t, std::string> odd;
  for (size_t row = 100; row < 300; ++row) odd[row] = fmt::format("{},late,x", row);
  SourceTrial trial;
  trial.file("x.csv", many_rows(5'000, odd));
  trial.read("x.csv");
  EXPECT_EQ(trial.columns(), "id BIGINT, delay VARCHAR, note VARCHAR");
  EXPECT_EQ(trial.outcome.table.rows, 5'000u);
}

TEST(Csv, RowsAreTheSameOnAnyNumberOfThreads) {
  std::vector<std::string> hashes;
  for (int threads : {1, 2, 7}) {
    SourceTrial trial;
    trial.engine->set_limits({.memory_bytes = 2'000'000'000, .threads = threads});
    trial.file("x.csv", many_rows(200'000, {{150'000, "1,abc,x"}}));
    trial.read("x.csv");
    EXPECT_EQ(trial.rejects(), R"([[300000,"column delay: `abc` is not a BIGINT"]])");
    hashes.push_back(join(trial.outcome.table.column_hashes, " "));
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[0], hashes[2]);
}

TEST(Csv, DeclaredTypes) {
  SourceTrial trial;
  trial.request.declared = {{"a", "BIGINT", {}}, {"b", "DECIMAL(8,2)", {}}};
  trial.file("x.csv", "a,b,c\n1.5,1,x\n2,2.25,y\n3.0,abc,z\n04,4,w\n");
  trial.read("x.csv");
  EXPECT_EQ(trial.rows("SELECT a, b, c FROM t"), R"([[2,2.25,"y"],[4,4.0,"w"]])");
  EXPECT_EQ(trial.rejects(),
            R"-([[2,"column a: `1.5` is not a whole number"],[4,"column b: `abc` is not a DECIMAL(8,2)"]])-");
}

TEST(Csv, ZonesAreKept) {
  SourceTrial trial;
  trial.file("x.csv", "z\n2024-01-02T03:04:05+02:00\n2024-01-02 03:04:05Z\n");
  trial.read("x.csv");
  EXPECT_EQ(trial.columns(), "z TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(trial.rows("SELECT z::VARCHAR FROM t"), R"([["2024-01-02 01:04:05+00"],["2024-01-02 03:04:05+00"]])");
}

TEST(Csv, Options) {
  SourceTrial trial;
  trial.request.csv.rules = {.nulls = {"NA", "-99"}, .decimal = ',', .date_format = "%d.%m.%Y"};
  trial.file("x.csv", "n;d;w\n1,5;31.12.2024;NA\nNA;01.02.2025;7\n-99;;8\n");
  trial.read("x.csv");
  EXPECT_EQ(trial.columns(), "n DOUBLE, d DATE, w BIGINT");
  EXPECT_EQ(trial.rows(), R"([[1.5,"2024-12-31",null],[null,"2025-02-01",7],[null,null,8]])");
}

TEST(Csv, NotesSayWhatWouldMendIt) {
  SourceTrial trial;
  trial.file("x.csv", "a,b,z,d\n1,NA,01,31/12/2024\nNA,2,02,01/02/2024\n3,4,03,05/06/2024\n");
  trial.read("x.csv");
  EXPECT_EQ(trial.notes(),
            "column `z` is text to keep its leading zeros; `columns: {z: {type: BIGINT}}` makes it a number\n"
            "column `d` is text that looks like dates; with `date_format: \"%d/%m/%Y\"` it is DATE\n"
            "`a`, `b` are text because of NA: if that means a missing value, say `null: NA`\n");
}

TEST(Csv, SeveralFilesWithDifferentShapes) {
  SourceTrial trial;
  trial.file("d/1.csv", "a,b\n1,x\n");
  trial.file("d/2.csv", "b;c;a\ny;2.5;2\nz;bad\n");
  trial.file("d/10.csv", "a,b\n3,w\n");
  trial.read("d/*.csv");
  EXPECT_EQ(trial.columns(), "a BIGINT, b VARCHAR, c DOUBLE");
  EXPECT_EQ(trial.rows(), R"([[1,"x",null],[3,"w",null],[2,"y",2.5]])");
  EXPECT_EQ(trial.rows("SELECT * FROM t.rejects"), R"([["d/2.csv",3,"expected 3 columns, found 2","z;bad"]])");
}

TEST(Csv, StopsAtTheFirstBadRowWhenAsked) {
  SourceTrial trial;
  trial.stop = true;
  trial.file("x.csv", "a,b\n1,x\n2\n");
  try {
    trial.read("x.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0306");
    EXPECT_EQ(error.message, "x.csv, line 3: expected 2 columns, found 1");
  }
}

TEST(Csv, AVeryLongValue) {
  SourceTrial trial;
  trial.file("x.csv", "a,b\n1," + std::string(5'000'000, 'x') + "\n2,y\n");
  trial.read("x.csv");
  EXPECT_EQ(trial.rows("SELECT a, length(b) FROM t"), "[[1,5000000],[2,1]]");
}

TEST(Csv, AnEmptyFileIsAnError) {
  SourceTrial trial;
  trial.file("x.csv", "\n\n");
  try {
    trial.read("x.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0307");
  }
}

}  // namespace
}  // namespace filrouge
