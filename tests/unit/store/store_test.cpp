#include "store/store.h"

#include <thread>

#include "store_fixture.h"

namespace filrouge {
namespace {

using Strings = std::vector<std::string>;

TEST_F(StoreTest, CommitFindsTheSameAgain) {
  std::string key = key_of("flights 1");
  Version committed = commit_sample(*writer(), "read", "flights", key);
  EXPECT_EQ(committed.file_hashes.size(), 2u);
  EXPECT_EQ(committed.file_hashes[1].path, "rejects/data-0.parquet");
  EXPECT_EQ(committed.file_hashes[0].hash, hash_text("main data of " + key));

  auto store = reader();
  std::optional<Version> found = store->find("read", "flights", key);
  ASSERT_TRUE(found);
  EXPECT_EQ(to_json(*found), to_json(committed));
  EXPECT_EQ(store->folder_of(*found), folder_ / "tables/flights" / key);
  EXPECT_EQ(read_file(store->files_of(*found, found->tables[1])[0]), "rejects of " + key);
  EXPECT_TRUE(store->is_whole(*found));
  EXPECT_EQ(store->find_key("read", key)->name, "flights");
  EXPECT_FALSE(store->find_key("sql", key));
  EXPECT_FALSE(store->find("read", "flights", key_of("other")));
  EXPECT_FALSE(store->current("read", "flights"));
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
}

TEST_F(StoreTest, ReceiptSaysTheSameAsTheCatalog) {
  Version committed = commit_sample(*writer(), "read", "flights", key_of("1"));
  std::string text = read_file(reader()->folder_of(committed) / "receipt.json");
  EXPECT_EQ(version_from_json(parse_json(text, "receipt")).tables[0].lineage->columns[1].values,
            std::set<ColumnRef>({{"source", "column_1"}}));
  EXPECT_EQ(to_json(version_from_json(parse_json(text, "receipt"))), to_json(committed));
  EXPECT_EQ(code_of([] { version_from_json(Json{{"format", 1}, {"verb", "read"}}); }), "FR0514");
  EXPECT_EQ(code_of([] { version_from_json(Json{{"format", 2}}); }), "FR0511");
}

TEST_F(StoreTest, FolderFollowsTheMainTable) {
  auto store = writer();
  Version check = sample_version("check", "flights", key_of("c"));
  check.tables[0].name = "flights.checks";
  EXPECT_EQ(store->folder_of(check), folder_ / "tables/flights.checks" / key_of("c"));
  Version chart = sample_version("chart", "by_hour", key_of("d"));
  EXPECT_EQ(store->folder_of(chart), folder_ / "charts/by_hour" / key_of("d"));
  Version escape = sample_version("read", "../x", key_of("d"));
  EXPECT_EQ(code_of([&] { store->folder_of(escape); }), "FR0900");
}

TEST_F(StoreTest, AbsentStoreIsEmptyAndStaysAbsent) {
  auto store = reader();
  EXPECT_TRUE(store->all_current().empty());
  EXPECT_FALSE(store->find("read", "flights", key_of("1")));
  EXPECT_TRUE(store->runs(10).empty());
  EXPECT_TRUE(store->all_last_built().empty());
  EXPECT_TRUE(store->verify(false, {}).empty());
  EXPECT_TRUE(store->gc(3, true).empty());
  EXPECT_FALSE(store->cached("kind", "key"));
  EXPECT_FALSE(fs::exists(folder_));
  // A store that comes to be while the reader is open is seen.
  Version version = commit_sample(*writer(), "read", "flights", key_of("1"));
  EXPECT_TRUE(store->find("read", "flights", version.key));
}

TEST_F(StoreTest, SettleMakesCurrentAtOnceAndForGood) {
  std::string first = key_of("1"), second = key_of("2");
  {
    auto store = writer();
    int64_t run = store->begin_run("filrouge run");
    commit_sample(*store, "read", "flights", first);
    store->settle("read", "flights", first);
    EXPECT_EQ(store->current("read", "flights")->key, first);
    commit_sample(*store, "read", "flights", second);
    store->settle("read", "flights", second);
    EXPECT_EQ(code_of([&] { store->settle("read", "flights", key_of("never committed")); }), "FR0900");
    store->end_run(run, 0, {});
    commit_sample(*store, "sql", "late", first);
    store->settle("sql", "late", first);  // without end_run: written when the store is closed
  }
  auto store = reader();
  EXPECT_EQ(store->current("read", "flights")->key, second);
  std::vector<Version> current = store->all_current();
  ASSERT_EQ(current.size(), 2u);
  EXPECT_EQ(current[0].key, second);
  EXPECT_EQ(current[1].name, "late");
  std::vector<Version> versions = store->versions("read", "flights");
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].key, second);  // newest first
}

TEST_F(StoreTest, CommittingTheSameKeyAgainGivesTheFirst) {
  auto store = writer();
  Version first = commit_sample(*store, "read", "flights", key_of("1"));
  Version again = commit_sample(*store, "read", "flights", key_of("1"));
  EXPECT_EQ(to_json(again), to_json(first));
  EXPECT_EQ(store->versions("read", "flights").size(), 1u);
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
  // A damaged one is replaced.
  fs::remove(store->folder_of(first) / "data-0.parquet");
  EXPECT_FALSE(store->is_whole(first));
  Version replaced = commit_sample(*store, "read", "flights", key_of("1"));
  EXPECT_GT(replaced.created, first.created);
  EXPECT_TRUE(store->is_whole(replaced));
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(StoreTest, LinksAreRefusedAndNothingStays) {
  auto store = writer();
  fs::path staging = store->stage();
  fs::create_symlink("/etc/passwd", staging / "data-0.parquet");
  EXPECT_EQ(code_of([&] { store->commit(staging, sample_version("read", "flights", key_of("1"))); }), "FR0515");
  EXPECT_FALSE(store->find("read", "flights", key_of("1")));
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
  EXPECT_TRUE(fs::is_empty(folder_ / "tables"));
}

TEST_F(StoreTest, AdoptGivesTheFilesAnotherName) {
  auto store = writer();
  Version old = sample_version("sql", "old", key_of("1"));
  old.publish_from = {"old.svg"};
  old.publish_to = {"charts/old.svg"};
  fs::path staging = store->stage();
  write_text(staging / "data-0.parquet", "main");
  write_text(staging / "rejects/data-0.parquet", "rejects");
  old = store->commit(staging, old);
  Version adopted = store->adopt(old, "sql", "older");
  EXPECT_EQ(adopted.name, "older");
  EXPECT_EQ(adopted.key, old.key);
  EXPECT_EQ(adopted.tables[0].name, "older");
  EXPECT_EQ(adopted.tables[1].name, "older.rejects");
  EXPECT_EQ(adopted.publish_to, Strings{"charts/older.svg"});
  EXPECT_EQ(adopted.file_hashes[0].hash, old.file_hashes[0].hash);
  fs::path file = store->files_of(adopted, adopted.tables[1])[0];
  EXPECT_EQ(read_file(file), "rejects");
  EXPECT_EQ(fs::hard_link_count(file), 2u);
  EXPECT_EQ(to_json(*store->find("sql", "older", old.key)), to_json(adopted));
  EXPECT_TRUE(store->find("sql", "old", old.key));
  EXPECT_EQ(to_json(store->adopt(old, "sql", "older")), to_json(adopted));
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(StoreTest, RunsAndTheLastTimeBuilt) {
  auto store = writer();
  RunStep built{"read", "flights", key_of("1"), "built", {"never built"}, 1.5, 2.5, 1000, 336776, ""};
  RunStep failed{"sql", "late", "", "failed", {}, 0.1, 0.1, 10, 0, "no such column"};
  int64_t first = store->begin_run("filrouge run");
  store->end_run(first, 1, {built, failed});
  RunStep reused = built;
  reused.action = "reused";
  reused.rows = 7;
  int64_t second = store->begin_run("filrouge run flights");
  store->end_run(second, 0, {reused});
  store->begin_run("interrupted");

  auto runs = store->runs(10);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].command, "interrupted");
  EXPECT_EQ(runs[0].finished, "");
  EXPECT_EQ(runs[1].exit_code, 0);
  ASSERT_EQ(runs[2].steps.size(), 2u);
  EXPECT_EQ(runs[2].id, first);
  EXPECT_EQ(runs[2].steps[0].why, Strings{"never built"});
  EXPECT_EQ(runs[2].steps[0].rows, 336776u);
  EXPECT_EQ(runs[2].steps[1].error, "no such column");
  EXPECT_EQ(store->runs(1).size(), 1u);
  EXPECT_EQ(store->last_built("read", "flights")->rows, 336776u);  // not the reused one
  EXPECT_FALSE(store->last_built("sql", "late"));
  EXPECT_EQ(store->all_last_built().at({"read", "flights"}).seconds, 1.5);
}

TEST_F(StoreTest, CachesAreKeptAndMayBeLost) {
  reader()->remember("inspect", {{"a", "1"}, {"b", std::string("x\0y", 3)}});
  writer()->remember("inspect", {{"a", "2"}});
  EXPECT_EQ(reader()->cached("inspect", "a"), "2");
  EXPECT_EQ(reader()->cached("other", "a"), std::nullopt);
  EXPECT_EQ(reader()->all_cached("inspect"),
            (std::map<std::string, std::string>{{"a", "2"}, {"b", std::string("x\0y", 3)}}));
  write_text(folder_ / "cache.db", std::string(9000, 'x'));
  EXPECT_EQ(reader()->cached("inspect", "a"), std::nullopt);
  writer()->remember("inspect", {{"a", "3"}});  // finds it damaged and removes it
  writer()->remember("inspect", {{"a", "3"}});
  EXPECT_EQ(reader()->cached("inspect", "a"), "3");
}

TEST_F(StoreTest, TwoThreadsCommitAtOnce) {
  auto store = writer();
  auto commit_many = [&](const std::string& name) {
    for (int i = 0; i < 30; ++i) {
      std::string key = key_of(name + std::to_string(i));
      commit_sample(*store, "sql", name, key);
      store->settle("sql", name, key);
    }
  };
  std::thread one(commit_many, "one"), two(commit_many, "two");
  one.join();
  two.join();
  EXPECT_EQ(store->versions("sql", "one").size(), 30u);
  EXPECT_EQ(store->versions("sql", "two").size(), 30u);
  EXPECT_EQ(store->current("sql", "two")->key, key_of("two29"));
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(StoreTest, GcKeepsCurrentAndUsedVersions) {
  auto store = writer();
  auto run_with = [&](const std::string& text) {
    Version version = commit_sample(*store, "read", "flights", key_of(text));
    store->settle("read", "flights", version.key);
    int64_t run = store->begin_run("filrouge run");
    store->end_run(run, 0, {{"read", "flights", version.key, "built"}});
    return version;
  };
  for (const char* text : {"1", "2", "3"}) run_with(text);
  write_text(folder_ / "tables/stray" / key_of("9") / "data-0.parquet", "abc");

  std::vector<Finding> found = store->gc(2, true);
  Strings expected = {"removed tables/flights/" + key_of("1"), "removed tables/stray/" + key_of("9")};
  EXPECT_EQ(texts(found), expected);
  EXPECT_GT(found[0].bytes, 30u);  // its receipt too
  EXPECT_EQ(found[1].bytes, 3u);
  EXPECT_EQ(store->versions("read", "flights").size(), 3u);
  EXPECT_EQ(texts(store->gc(2, false)), expected);
  EXPECT_EQ(store->versions("read", "flights").size(), 2u);
  EXPECT_FALSE(fs::exists(folder_ / "tables/stray"));
  EXPECT_TRUE(store->gc(2, false).empty());
  // A step that the thread no longer has is not kept for being current.
  std::set<StepName> steps = {{"sql", "late"}};
  EXPECT_EQ(store->gc(0, false).size(), 1u);
  EXPECT_EQ(store->gc(0, false, &steps).size(), 1u);
  EXPECT_TRUE(store->all_current().empty());
  EXPECT_TRUE(store->verify(false, {}).empty());
}

}  // namespace
}  // namespace filrouge
