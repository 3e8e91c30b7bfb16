// The binder's lineage against expectations written by hand.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "engines/engine.h"

namespace filrouge {
namespace {

Schema schema_of(const std::string& columns) {  // "a INTEGER; b VARCHAR"
  Schema schema;
  for (const std::string& column : split(columns, ';')) {
    std::string text(trim(column));
    size_t blank = text.find(' ');
    schema.columns.push_back({text.substr(0, blank), text.substr(blank + 1), {}});
  }
  return schema;
}

std::unique_ptr<Binder> flights_binder() {
  auto binder = make_binder();
  binder->declare("flights",
                  schema_of("carrier VARCHAR; tailnum VARCHAR; hour INTEGER; arr_delay DOUBLE; dep_delay INTEGER; "
                            "time TIMESTAMP; tags VARCHAR[]; place STRUCT(lon DOUBLE, lat DOUBLE)"));
  binder->declare("planes", schema_of("tailnum VARCHAR; year INTEGER; seats INTEGER; model VARCHAR"));
  binder->declare("flights.checks", schema_of("rule VARCHAR; failed BIGINT"));
  return binder;
}

std::string text_of(const std::set<ColumnRef>& refs) {
  std::vector<std::string> texts;
  for (const ColumnRef& ref : refs) {
    std::string text = ref.text();
    if (text.starts_with("flights.") && !text.starts_with("flights.checks")) text = "f" + text.substr(7);
    if (text.starts_with("planes.")) text = "p" + text.substr(6);
    texts.push_back(text);
  }
  return join(texts, " ");
}

/// "column = values | rows", a line per column; f and p stand for flights and planes.
std::string lineage_text(const Query& query) {
  std::vector<std::string> lines;
  for (const ColumnLineage& column : query.lineage.columns) {
    std::string line = column.column + " = " + text_of(column.values) + " | " + text_of(column.rows);
    if (!column.tables.empty())
      line += " # " + join(std::vector<std::string>(column.tables.begin(), column.tables.end()), " ");
    lines.push_back(line);
  }
  return join(lines, "\n");
}

struct LineageCase {
  const char* sql;
  const char* expected;
};

class BinderLineage : public testing::TestWithParam<LineageCase> {
 protected:
  static void SetUpTestSuite() { binder = flights_binder(); }
  static void TearDownTestSuite() { binder.reset(); }  // DuckDB must be gone before the statics are
  static inline std::unique_ptr<Binder> binder;
};

TEST_P(BinderLineage, IsAsWrittenByHand) {
  EXPECT_EQ(lineage_text(binder->describe(GetParam().sql)), GetParam().expected) << GetParam().sql;
}

const LineageCase kCases[] = {
    {"SELECT 2013 - p.year AS plane_age FROM flights f LEFT JOIN planes p USING (tailnum) WHERE arr_delay IS NOT NULL",
     "plane_age = p.year | f.arr_delay f.tailnum p.tailnum"},
    {"SELECT carrier, sum(dep_delay) AS s, count(*) AS n FROM flights WHERE hour > 5 GROUP BY carrier",
     "carrier = f.carrier | f.carrier f.hour\ns = f.dep_delay | f.carrier f.hour\nn =  | f.carrier f.hour"},
    {"SELECT count(*) AS n FROM flights", "n =  |  # flights"},
    {"SELECT hour, (SELECT max(seats) FROM planes p WHERE p.tailnum = f.tailnum) AS m FROM flights f",
     "hour = f.hour | f.tailnum p.tailnum\nm = p.seats | f.tailnum p.tailnum"},
    {"SELECT hour, (SELECT count(*) FROM planes) AS n FROM flights", "hour = f.hour | \nn =  |  # flights planes"},
    {"SELECT CASE WHEN hour > 3 THEN dep_delay ELSE 0 END AS c FROM flights", "c = f.dep_delay f.hour | "},
    {"SELECT carrier FROM flights f WHERE EXISTS (SELECT 1 FROM planes p WHERE p.tailnum = f.tailnum AND year > 3)",
     "carrier = f.carrier | f.tailnum p.tailnum p.year"},
    {"SELECT tailnum FROM flights UNION ALL SELECT model FROM planes WHERE year > 3",
     "tailnum = f.tailnum p.model | p.year"},
    {"SELECT tailnum, year, hour FROM flights FULL JOIN planes USING (tailnum)",
     "tailnum = f.tailnum p.tailnum | f.tailnum p.tailnum\nyear = p.year | f.tailnum p.tailnum\n"
     "hour = f.hour | f.tailnum p.tailnum"},
    {"SELECT hour FROM flights ORDER BY dep_delay LIMIT 3", "hour = f.hour | f.dep_delay"},
    {"SELECT hour FROM flights ORDER BY dep_delay", "hour = f.hour | f.dep_delay"},
    {"SELECT DISTINCT hour, carrier FROM flights",
     "hour = f.hour | f.carrier f.hour\ncarrier = f.carrier | f.carrier f.hour"},
    {"SELECT sum(dep_delay) FILTER (hour > 3) AS s, max(hour) AS m FROM flights",
     "s = f.dep_delay | f.hour\nm = f.hour | "},
    {"SELECT list_transform(tags, t -> t || carrier) AS l FROM flights", "l = f.carrier f.tags | "},
    {"SELECT carrier, unnest(tags) AS t FROM flights", "carrier = f.carrier | f.tags\nt = f.tags | f.tags"},
    {"SELECT place.lon FROM flights", "lon = f.place | "},
    {"SELECT * FROM (PIVOT (SELECT tailnum, hour, dep_delay FROM flights) ON hour IN (1, 2) USING sum(dep_delay))",
     "tailnum = f.tailnum | f.tailnum\n1 = f.dep_delay | f.hour f.tailnum\n2 = f.dep_delay | f.hour f.tailnum"},
    {"SELECT name, value FROM (UNPIVOT planes ON year, seats)",
     "name =  | p.seats p.year\nvalue = p.seats p.year | p.seats p.year"},
    {"WITH RECURSIVE r AS (SELECT tailnum, 1 AS n FROM flights UNION ALL SELECT p.model, n + 1 FROM r JOIN planes p ON "
     "p.tailnum = "
     "r.tailnum WHERE n < 5) SELECT tailnum FROM r",
     "tailnum = f.tailnum p.model | f.tailnum p.model p.tailnum"},
    {"SELECT rule FROM flights.checks WHERE failed > 0", "rule = flights.checks.rule | flights.checks.failed"},
};

INSTANTIATE_TEST_SUITE_P(Queries, BinderLineage, testing::ValuesIn(kCases));

struct ErrorCase {
  const char* sql;
  const char* code;
  const char* marked;  ///< the text that text_offset and text_length mark; a word at the offset where the length is 0
  const char* message;
  const char* hint;
};

const ErrorCase kErrors[] = {
    {"SELECT f.dep_dely FROM flights f", "FR0203", "dep_dely", "no column `dep_dely` in `flights`",
     "did you mean `dep_delay`?"},
    {"SELECT 1 +\n  dep_dely FROM flights", "FR0203", "dep_dely", "no column `dep_dely` in `flights`",
     "did you mean `dep_delay`?"},
    {"SELECT dep_dely FROM flights JOIN planes USING (tailnum)", "FR0203", "dep_dely",
     "no column `dep_dely` in `flights` or `planes`", "did you mean `dep_delay`?"},
    {"SELECT * FROM flights JOIN planes USING (tailnumm)", "FR0203", "tailnumm",
     "no column `tailnumm` in `flights` or `planes`", "did you mean `tailnum`?"},
    {"SELECT * EXCLUDE (huor) FROM flights", "FR0203", "huor", "no column `huor` in `flights`", "did you mean `hour`?"},
    {"SELECT 1 FROM flight", "FR0204", "flight", "no table `flight`", "did you mean `flights`?"},
    {"SELECT flights.hour FROM flights f", "FR0204", "flights", "`flights` is called `f` in this query", "write `f.`"},
    {"SELECT x.hour FROM flights f", "FR0204", "x", "the query has no table or alias `x`", "did you mean `f`?"},
    {"SELECT lowr(carrier) FROM flights", "FR0206", "lowr", "no function `lowr`", "did you mean `lower`?"},
    {"SELECT sum(carrier) FROM flights", "FR0207", "sum", "`sum` does not take VARCHAR (`carrier`)",
     "it takes numbers; cast it: `carrier::DOUBLE`"},
    {"SELECT tailnum FROM flights f JOIN planes p ON f.hour = p.seats", "FR0208", "tailnum",
     "`tailnum` could be `f.tailnum` or `p.tailnum`", "write the one you mean"},
    {"SELECT carrier, count(*) FROM flights", "FR0209", "carrier",
     "`carrier` is neither grouped by nor inside an aggregate", "add it to GROUP BY, or take any_value(carrier)"},
    {"SELEC 1", "FR0201", "SELEC", "the SQL makes no sense from `SELEC` on", "did you mean `select`?"},
    {"SELECT 1 FROM (SELECT 2", "FR0201", "", "the SQL ends too early", "a parenthesis before it is not closed"},
    {"SELECT hour FROM flights WHERE\n\n", "FR0201", "", "the SQL ends too early", ""},
    {"SELECT (hour FROM flights", "FR0201", "FROM", "the SQL makes no sense from `FROM` on",
     "a parenthesis before it is not closed"},
    {"SELECT hour FROM flights WHERE carrier = \"United Air\"", "FR0203", "\"United Air\"",
     "no column `United Air` in `flights`", "a text stands in single quotes: 'United Air'"},
    {"SELECT 1; SELECT 2", "FR0202", "", "2 statements where one SELECT is meant", "make each a step of its own"},
    {"INSERT INTO planes VALUES ('a', 1, 2, 'b')", "FR0202", "INSERT", "`INSERT` where a SELECT is meant",
     "a query only reads: write one SELECT"},
    {"-- nothing", "FR0202", "", "the query is empty", "write one SELECT"},
    {"PIVOT planes ON year", "FR0212", "PIVOT",
     "PIVOT needs its values: the columns of a step are known before it runs",
     "write PIVOT ... ON column IN (value, value)"},
    {"SELECT hour AS a, carrier AS A FROM flights", "FR0213", "", "the query gives two columns the name `A`",
     "name one of them otherwise with AS, or leave it out with EXCLUDE"},
    {"SELECT * FROM read_csv('a.csv')", "FR0214", "read_csv",
     "a query reads tables of the thread only, not what `read_csv` finds", "add a `read` step and query its table"},
    {"SELECT * FROM 'a.parquet'", "FR0214", "'a.parquet'", "a query reads tables of the thread only, not `a.parquet`",
     "add a `read` step and query its table"},
    {"SELECT * FROM duckdb_settings()", "FR0214", "duckdb_settings",
     "a query reads tables of the thread only, not what `duckdb_settings` finds",
     "add a `read` step and query its table"},
    {"SELECT * FROM information_schema.tables", "FR0214", "information_schema.tables",
     "a query reads tables of the thread only, not `information_schema.tables`",
     "add a `read` step and query its table"},
    {"SELECT hour FROM flights WHERE hour = $1", "FR0205", "$1", "parameters have names here",
     "write `$name` and give it a value in params"},
    {"SELECT rowid FROM flights", "FR0203", "", "no column `rowid` in `flights`",
     "number the rows with row_number() OVER (ORDER BY ...)"},
    {"SELECT hour::NUMBR FROM flights", "FR0207", "NUMBR", "no type `NUMBR`", ""},
};

class BinderErrors : public testing::TestWithParam<ErrorCase> {
 protected:
  static void SetUpTestSuite() { binder = flights_binder(); }
  static void TearDownTestSuite() { binder.reset(); }  // DuckDB must be gone before the statics are
  static inline std::unique_ptr<Binder> binder;
};

std::string marked(const std::string& sql, const Error& error) {
  if (!error.text_offset) return "";
  size_t begin = static_cast<size_t>(*error.text_offset), length = static_cast<size_t>(error.text_length);
  if (length == 0)
    while (begin + length < sql.size() &&
           (std::isalnum(static_cast<unsigned char>(sql[begin + length])) || sql[begin + length] == '_'))
      ++length;
  return sql.substr(begin, length);
}

TEST_P(BinderErrors, AreToldInTheWordsOfTheUser) {
  try {
    binder->tables_of(GetParam().sql);
    binder->describe(GetParam().sql);
    FAIL() << "no error: " << GetParam().sql;
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GetParam().code) << error.message;
    EXPECT_EQ(error.message, GetParam().message);
    EXPECT_EQ(error.hint, GetParam().hint);
    EXPECT_EQ(marked(GetParam().sql, error), GetParam().marked);
  }
}

INSTANTIATE_TEST_SUITE_P(Queries, BinderErrors, testing::ValuesIn(kErrors));

struct OrderCase {
  const char* sql;
  RowOrder order;
};

TEST(BinderFacts, RowOrder) {
  auto binder = flights_binder();
  const OrderCase cases[] = {
      {"SELECT carrier, hour + 1 AS h FROM flights WHERE hour > 3", RowOrder::streaming},
      {"WITH a AS (SELECT carrier FROM flights) SELECT * FROM a", RowOrder::streaming},
      {"SELECT carrier, unnest(tags) AS t FROM flights UNION ALL SELECT model, tailnum FROM planes",
       RowOrder::streaming},
      {"SELECT carrier, sum(hour) AS s FROM flights GROUP BY 1", RowOrder::sorted},
      {"SELECT carrier, sum(arr_delay) AS s FROM flights GROUP BY 1", RowOrder::sequential},
      {"SELECT carrier, first(hour) AS s FROM flights GROUP BY 1", RowOrder::sequential},
      {"SELECT carrier, sum(hour) AS s FROM flights GROUP BY 1 ORDER BY carrier", RowOrder::streaming},
      {"SELECT carrier, sum(hour) AS s FROM flights GROUP BY 1 ORDER BY s", RowOrder::sequential},
      {"SELECT carrier, sum(hour) AS s FROM flights GROUP BY 1 ORDER BY s DESC, carrier LIMIT 3", RowOrder::streaming},
      {"SELECT model, sum(hour) AS s FROM flights JOIN planes USING (tailnum) GROUP BY 1", RowOrder::sorted},
      {"SELECT DISTINCT hour, tailnum FROM flights", RowOrder::sorted},
      {"SELECT tailnum FROM flights EXCEPT SELECT tailnum FROM planes", RowOrder::sorted},
      {"SELECT * FROM flights JOIN planes USING (tailnum)", RowOrder::sequential},
      {"SELECT hour, row_number() OVER (ORDER BY hour) AS r FROM flights", RowOrder::sequential},
      {"SELECT hour FROM flights ORDER BY hour", RowOrder::sequential},
      {"SELECT hour FROM flights LIMIT 3", RowOrder::sequential},
      {"SELECT random() AS r FROM flights", RowOrder::sequential},
      {"SELECT carrier, count(*) AS n FROM (SELECT carrier FROM flights ORDER BY hour LIMIT 9) GROUP BY 1",
       RowOrder::sequential},
  };
  for (const OrderCase& c : cases) EXPECT_EQ(binder->describe(c.sql).order, c.order) << c.sql;
}

TEST(BinderFacts, TypesAreThoseWritten) {
  auto binder = flights_binder();
  Query query = binder->describe(
      "SELECT sum(hour) AS s, count(*) AS n, NULL AS u, [] AS l, {'a': 1::UTINYINT, 'B c': 'x'::ENUM('x')} AS st, map "
      "{'k': 1} AS m, "
      "now() AS w, avg(dep_delay) AS a, 1.5 AS d FROM flights");
  std::vector<std::string> types;
  for (const Column& column : query.schema.columns) types.push_back(column.type);
  EXPECT_EQ(types, (std::vector<std::string>{"DECIMAL(38,0)", "BIGINT", "INTEGER", "INTEGER[]",
                                             "STRUCT(a SMALLINT, \"B c\" VARCHAR)", "MAP(VARCHAR, INTEGER)",
                                             "TIMESTAMP WITH TIME ZONE", "DOUBLE", "DECIMAL(2,1)"}));
  EXPECT_EQ(query.volatile_functions, std::vector<std::string>{"now"});
  binder->declare("again", query.schema);  // what was described can be declared
  EXPECT_EQ(binder->describe("SELECT * FROM again").schema.names(), query.schema.names());
}

TEST(BinderFacts, VolatileAndApproximateFunctions) {
  auto binder = flights_binder();
  Query query = binder->describe(
      "SELECT random() AS r, approx_count_distinct(hour) AS n FROM flights GROUP BY ALL USING SAMPLE 5");
  EXPECT_EQ(query.volatile_functions, (std::vector<std::string>{"USING SAMPLE", "random"}));
  EXPECT_EQ(query.approximate_functions, std::vector<std::string>{"approx_count_distinct"});
}

TEST(BinderFacts, TablesInOrderOfFirstUse) {
  auto binder = flights_binder();
  struct Case {
    const char* sql;
    std::vector<std::string> tables;
  };
  const Case cases[] = {
      {"SELECT * FROM b JOIN a ON (SELECT max(x) FROM c) > a.x, b", {"b", "a", "c"}},
      {"WITH a AS (SELECT * FROM b) SELECT * FROM a, c", {"b", "c"}},
      {"WITH a AS (SELECT * FROM a) SELECT * FROM a", {"a"}},
      {"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) JOIN a ON true", {"a"}},
      {"WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r, d) SELECT * FROM r", {"d"}},
      {"SELECT * FROM Flights.Checks, main.planes", {"flights.checks", "planes"}},
      {"PIVOT a ON x IN (1, 2) USING sum(y)", {"a"}},
      {"UNPIVOT a ON x, y", {"a"}},
      {"FROM a SELECT x WHERE x IN (FROM b)", {"a", "b"}},
      {"SELECT 1", {}},
  };
  for (const Case& c : cases) EXPECT_EQ(binder->tables_of(c.sql), c.tables) << c.sql;
}

TEST(BinderFacts, AWrongTypeIsToldOnceAndHarmsNoOtherTable) {
  auto binder = flights_binder();
  binder->declare("odd", schema_of("x NUMBR"));
  binder->declare("even", schema_of("x INTEGER"));
  try {
    binder->describe("SELECT * FROM odd");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0207");
    EXPECT_FALSE(error.text_offset);
  }
  EXPECT_EQ(binder->describe("SELECT e.x, hour, seats FROM even e, flights, planes").schema.columns.size(), 3u);
}

TEST(BinderFacts, DeclareReplaces) {
  auto binder = flights_binder();
  binder->declare("planes", schema_of("other DATE"));
  EXPECT_EQ(binder->describe("SELECT * FROM planes").schema.columns[0].type, "DATE");
  EXPECT_EQ(binder->describe("SELECT * FROM flights.checks").schema.columns.size(), 2u);
}

}  // namespace
}  // namespace filrouge
