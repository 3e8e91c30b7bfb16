#include "tables/lineage.h"

#include <gtest/gtest.h>

#include "tables/portable.h"

namespace filrouge {
namespace {

std::set<ColumnRef> refs(std::initializer_list<ColumnRef> list) {
  return list;
}

/// read a, b -> u(x from a.p, rows by b.k) -> v(y from u.x) -> w(n = count of v)
LineageGraph small_graph() {
  LineageGraph graph;
  graph["u"] = {{{"x", refs({{"a", "p"}}), refs({{"b", "k"}}), {}}, {"k", refs({{"b", "k"}}), refs({{"b", "k"}}), {}}},
                refs({{"b", "k"}}),
                {"a", "b"}};
  graph["v"] = {{{"y", refs({{"u", "x"}}), {}, {}}}, {}, {"u"}};
  graph["w"] = {{{"n", {}, {}, {"v"}}}, {}, {"v"}};
  return graph;
}

TEST(Lineage, UpstreamKeepsValuesAndRowsApart) {
  Trace trace = trace_up(small_graph(), {"v", "y"});
  EXPECT_EQ(trace.values, refs({{"a", "p"}}));
  EXPECT_EQ(trace.rows, refs({{"b", "k"}}));
  ASSERT_EQ(trace.via.size(), 3u);
  EXPECT_EQ(trace.via[0].from.text(), "u.x");
  EXPECT_EQ(trace.via[0].to.text(), "v.y");
  EXPECT_FALSE(trace.via[1].is_row);
  EXPECT_TRUE(trace.via[2].is_row);
}

TEST(Lineage, AColumnInBothStaysInBoth) {
  Trace trace = trace_up(small_graph(), {"u", "k"});
  EXPECT_EQ(trace.values, refs({{"b", "k"}}));
  EXPECT_EQ(trace.rows, refs({{"b", "k"}}));
}

TEST(Lineage, ACountDependsOnWhatDecidedTheRowsFurtherUp) {
  EXPECT_EQ(trace_up(small_graph(), {"w", "n"}).rows, refs({{"b", "k"}}));
  EXPECT_TRUE(trace_down(small_graph(), {"b", "k"}).rows.count({"w", "n"}));
}

TEST(Lineage, DownstreamReachesEveryColumn) {
  Trace trace = trace_down(small_graph(), {"a", "p"});
  EXPECT_EQ(trace.values, refs({{"u", "x"}, {"v", "y"}}));
  EXPECT_TRUE(trace.rows.empty());
  EXPECT_EQ(trace_down(small_graph(), {"b", "k"}).rows, refs({{"u", "k"}, {"u", "x"}, {"v", "y"}, {"w", "n"}}));
}

TEST(Lineage, JsonRoundTrip) {
  LineageGraph graph = small_graph();
  graph["t"] = {{{"c", refs({{"flights.rejects", "line"}}), {}, {}}}, {}, {"flights.rejects"}};
  for (const auto& [name, lineage] : graph) {
    TableLineage copy = lineage_from_json(parse_json(dump(to_json(lineage)), name));
    EXPECT_EQ(to_json(copy), to_json(lineage));
    EXPECT_EQ(copy.columns[0].values, lineage.columns[0].values);
    EXPECT_EQ(copy.tables, lineage.tables);
  }
}

/// 10,000 tables in a chain, each of two columns that both depend on both: 2^10000 paths, 40,000 links.
TEST(Lineage, DeepGraphsAreWalkedOnceNotByPath) {
  LineageGraph graph;
  for (int i = 1; i < 10000; ++i) {
    std::string before = fmt::format("t{}", i - 1);
    std::set<ColumnRef> both = refs({{before, "a"}, {before, "b"}});
    graph[fmt::format("t{}", i)] = {{{"a", both, {}, {}}, {"b", both, both, {}}}, {}, {before}};
  }
  Trace up = trace_up(graph, {"t9999", "a"});
  EXPECT_EQ(up.values.size(), 2u);
  EXPECT_EQ(up.rows.size(), 2u);
  EXPECT_EQ(trace_down(graph, {"t0", "a"}).values.size(), 2u * 9999);
}

TEST(Lineage, PortableTypes) {
  const std::pair<const char*, const char*> cases[] = {
      {"HUGEINT", "DECIMAL(38,0)"},
      {"UBIGINT[]", "DECIMAL(20,0)[]"},
      {"INTEGER[3]", "INTEGER[]"},
      {"DECIMAL(18,3)", "DECIMAL(18,3)"},
      {"ENUM('a', 'b)]')", "VARCHAR"},
      {"STRUCT(a UTINYINT, \"B, c\" ENUM('x', 'y')[])[]", "STRUCT(a SMALLINT, \"B, c\" VARCHAR[])[]"},
      {"STRUCT(bit BIT, \"JSON\" INTEGER)", "STRUCT(bit VARCHAR, \"JSON\" INTEGER)"},
      {"MAP(VARCHAR, STRUCT(k HUGEINT))", "MAP(VARCHAR, STRUCT(k DECIMAL(38,0)))"},
      {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
      {"TIMESTAMP_NS", "TIMESTAMP"},
      {"UNION(a INTEGER, b VARCHAR)", "VARCHAR"},
      {"\"NULL\"", "INTEGER"},
  };
  for (const auto& [type, portable] : cases) {
    EXPECT_EQ(portable_type(type), portable);
    EXPECT_EQ(portable_type(portable), portable) << "portable types stay";
  }
}

}  // namespace
}  // namespace filrouge
