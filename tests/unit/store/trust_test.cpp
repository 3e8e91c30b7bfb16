// What can happen to a store, and what is left of it: damage, killed processes, two at once.
#include <signal.h>
#include <sys/wait.h>

#include <random>
#include <thread>

#include "store/database.h"
#include "store_fixture.h"

namespace filrouge {
namespace {

using Strings = std::vector<std::string>;

/// Runs `act` in a child process; returns its id. The child ends without the parent's destructors.
pid_t in_child(const std::function<void()>& act) {
  pid_t child = ::fork();
  if (child != 0) return child;
  try {
    act();
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

class TrustTest : public StoreTest {
 protected:
  Version commit_one(const std::string& name = "flights") {
    auto store = writer();
    Version version = commit_sample(*store, "read", name, key_of(name));
    store->settle("read", name, version.key);
    return version;
  }
  std::string path_of(const Version& version, const std::string& file) const {
    return "tables/" + version.tables[0].name + "/" + version.key + "/" + file;
  }
};

// ---- damage ----

TEST_F(TrustTest, VerifyNamesWhatIsDamagedMissingOrExtra) {
  Version bit = commit_one("bit"), gone = commit_one("gone"), shorter = commit_one("shorter"),
          receipt = commit_one("receipt");
  Version folder = commit_one("folder"), more = commit_one("more"), good = commit_one("good");
  flip_bit(folder_ / path_of(bit, "rejects/data-0.parquet"), 3);
  fs::remove(folder_ / path_of(gone, "data-0.parquet"));
  fs::resize_file(folder_ / path_of(shorter, "data-0.parquet"), 5);
  flip_bit(folder_ / path_of(receipt, "receipt.json"), 40);
  fs::remove_all(folder_ / path_of(folder, ""));
  write_text(folder_ / path_of(more, "rejects/stray"), "x");
  write_text(folder_ / "tables/no_version", "x");

  Strings expected = {"damaged " + path_of(bit, "rejects/data-0.parquet"),
                      "missing tables/folder/" + folder.key,
                      "missing " + path_of(gone, "data-0.parquet"),
                      "extra " + path_of(more, "rejects/stray"),
                      "damaged " + path_of(receipt, "receipt.json"),
                      "damaged " + path_of(shorter, "data-0.parquet"),
                      "extra tables/no_version"};
  std::vector<Finding> found = reader()->verify(false, {});
  EXPECT_EQ(texts(found), expected);
  EXPECT_EQ(found[0].name, "bit");
  EXPECT_EQ(found[0].key, bit.key);

  Strings removed = expected;
  for (const Version* version : {&bit, &folder, &gone, &receipt, &shorter})
    removed.push_back("removed tables/" + version->name + "/" + version->key);
  EXPECT_EQ(texts(writer()->verify(true, {})), removed);
  auto store = writer();
  EXPECT_FALSE(store->find("read", "bit", bit.key));
  EXPECT_FALSE(store->current("read", "gone"));
  EXPECT_TRUE(store->current("read", "more"));  // a file too many does no harm
  EXPECT_EQ(texts(store->verify(false, {})), (Strings{expected[3], expected[6]}));
}

/// Fails without know_again(): verify would call the folder one that nobody knows, and repair would leave it there.
TEST_F(TrustTest, WhatCannotBeRemovedIsStillKnown) {
  Version bad = commit_one();
  flip_bit(folder_ / path_of(bad, "data-0.parquet"), 3);
  {
    auto store = writer();
    fs::remove_all(folder_ / "tmp");  // then the folder cannot be moved there
    EXPECT_THROW(store->verify(true, {}), Error);
    EXPECT_TRUE(store->current("read", "flights"));
  }
  Strings damaged = {"damaged " + path_of(bad, "data-0.parquet")};
  EXPECT_EQ(texts(reader()->verify(false, {})), damaged);
  damaged.push_back("removed tables/flights/" + bad.key);
  EXPECT_EQ(texts(writer()->verify(true, {})), damaged);
  EXPECT_FALSE(fs::exists(folder_ / path_of(bad, "")));
}

TEST_F(TrustTest, EveryFlippedBitOfAVersionIsFound) {
  Version version = commit_one();
  auto store = reader();
  for (const char* file : {"data-0.parquet", "rejects/data-0.parquet", "receipt.json"}) {
    fs::path path = folder_ / path_of(version, file);
    for (size_t byte = 0; byte < fs::file_size(path); ++byte) {
      flip_bit(path, byte);
      EXPECT_EQ(store->verify(false, {}).size(), 1u) << file << " byte " << byte;
      flip_bit(path, byte);
    }
  }
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(TrustTest, ADamagedEntryOfTheCatalogIsAnErrorNotAWrongAnswer) {
  Version version = commit_one();
  std::string catalog = read_file(folder_ / "catalog.db");
  size_t at = catalog.find(version.tables[0].column_hashes[1]);
  ASSERT_NE(at, std::string::npos);
  flip_bit(folder_ / "catalog.db", at + 5);
  EXPECT_EQ(code_of([&] { reader()->find("read", "flights", version.key); }), "FR0512");
  EXPECT_EQ(code_of([&] { reader()->all_current(); }), "FR0512");
  Strings found = texts(reader()->verify(false, {}));  // the row's own hash, and what SQLite's check makes of it
  EXPECT_FALSE(found.empty());
  for (const std::string& finding : found) EXPECT_EQ(finding, "damaged catalog.db");
}

// Fails without the comparison in Catalog::check().
TEST_F(TrustTest, ARowOfTheCatalogThatSaysSomethingElseIsAnError) {
  Version version = commit_one();
  {
    auto store = writer();
    RunStep step{"read", "flights", version.key, "built", {}, 0.5, 0.5, 1000, 3, ""};
    store->end_run(store->begin_run("filrouge run"), 1, {step});
  }
  std::string good = read_file(folder_ / "catalog.db");
  for (const char* change :
       {"UPDATE runs SET exit_code = 0", "UPDATE run_steps SET rows = 4", "UPDATE last_built SET seconds = 0.6",
        "UPDATE current SET name = 'fligths'", "UPDATE versions SET receipt_hash = ''"}) {
    write_text(folder_ / "catalog.db", good);
    Database(folder_ / "catalog.db", Database::Mode::write).execute(change);
    EXPECT_EQ(texts(reader()->verify(false, {})).at(0), "damaged catalog.db") << change;
    EXPECT_EQ(code_of([&] { writer()->gc(1, false); }), "FR0512") << change;
  }
}

TEST_F(TrustTest, ADamagedOrForeignCatalogIsRefusedAndRebuilt) {
  Version first = commit_one("flights"), second = commit_one("planes");
  std::string good = read_file(folder_ / "catalog.db");
  for (const std::string& bad : {std::string(20000, 'x'), std::string("not a catalog"), good.substr(0, 5000)}) {
    write_text(folder_ / "catalog.db", bad);
    EXPECT_EQ(code_of([&] { reader()->all_current(); }), "FR0512") << bad.size();
    EXPECT_EQ(code_of([&] { writer()->all_current(); }), "FR0512") << bad.size();
    Store::rebuild(folder_);
    EXPECT_EQ(to_json(*reader()->current("read", "flights")), to_json(first));
    EXPECT_EQ(to_json(*reader()->current("read", "planes")), to_json(second));
    EXPECT_TRUE(writer()->verify(false, {}).empty());
  }
}

TEST_F(TrustTest, ADamagedCacheIsFoundAndThrownAway) {
  commit_one();
  writer()->remember("kind", {{"key", std::string(3000, 'v')}});
  EXPECT_TRUE(reader()->verify(false, {}).empty());
  std::string good = read_file(folder_ / "cache.db"), changed = good;
  changed[changed.rfind("vvv")] = 'w';  // SQLite sees nothing wrong; the hash of the entry does
  for (const std::string& bad : {changed, std::string(9000, 'x'), good.substr(0, 5000)}) {
    write_text(folder_ / "cache.db", bad);
    auto found = reader()->verify(false, {});
    ASSERT_GE(found.size(), 1) << bad.size();
    EXPECT_EQ(found[0].what + " " + found[0].path, "damaged cache.db");
    EXPECT_FALSE(writer()->verify(true, {}).empty());
    EXPECT_FALSE(fs::exists(folder_ / "cache.db"));
    EXPECT_TRUE(reader()->verify(false, {}).empty());
  }
}

TEST_F(TrustTest, ALostCatalogIsFilledByTheNextWriter) {
  Version version = commit_one();
  fs::remove(folder_ / "catalog.db");
  EXPECT_EQ(to_json(*writer()->find("read", "flights", version.key)), to_json(version));
}

TEST_F(TrustTest, RebuildGivesTheSameVersionsAndCurrentOnes) {
  Json before;
  {
    auto store = writer();
    int64_t run = store->begin_run("filrouge run");
    for (const char* text : {"1", "2", "3"}) commit_sample(*store, "read", "flights", key_of(text));
    commit_sample(*store, "chart", "by_hour", key_of("4"));
    store->adopt(*store->find("read", "flights", key_of("1")), "read", "trips");
    store->settle("read", "flights", key_of("2"));  // not the newest
    store->end_run(run, 0, {});
    for (const Version& version : store->versions("read", "flights")) before.push_back(to_json(version));
  }
  fs::remove(folder_ / "catalog.db");
  Store::rebuild(folder_);
  auto store = writer();
  Json after;
  for (const Version& version : store->versions("read", "flights")) after.push_back(to_json(version));
  EXPECT_EQ(after, before);
  EXPECT_EQ(store->current("read", "flights")->key, key_of("2"));
  EXPECT_EQ(store->current("chart", "by_hour")->key, key_of("4"));
  EXPECT_EQ(store->current("read", "trips")->key, key_of("1"));
  EXPECT_EQ(store->last_built("read", "flights")->seconds, 0.25);
  EXPECT_TRUE(store->verify(false, {}).empty());
  EXPECT_EQ(code_of([&] { Store::rebuild(folder_); }), "FR0510");  // while a writer is open
}

TEST_F(TrustTest, ANewerCatalogIsRefused) {
  commit_one();
  // Offset 60 of an SQLite file holds user_version, big-endian.
  std::string catalog = read_file(folder_ / "catalog.db");
  catalog[63] = 99;
  write_text(folder_ / "catalog.db", catalog);
  EXPECT_EQ(code_of([&] { reader()->all_current(); }), "FR0511");
  EXPECT_EQ(code_of([&] { writer(); }), "FR0511");
}

// ---- two at once ----

TEST_F(TrustTest, TwoStoresOfOneProcessExcludeEachOther) {
  auto store = writer();
  EXPECT_EQ(code_of([&] { writer(); }), "FR0510");
  reader();  // opening and closing the file must not drop the lock, as it would with an ordinary fcntl lock
  EXPECT_EQ(code_of([&] { writer(); }), "FR0510");
  store.reset();
  writer();
}

TEST_F(TrustTest, AnotherProcessWaitsAndIsToldForWhom) {
  auto store = writer();
  Version version = commit_sample(*store, "read", "flights", key_of("1"));
  int to_parent[2];
  ASSERT_EQ(::pipe(to_parent), 0);
  pid_t child = in_child([&] {
    auto tell = [&](const std::string& text) { (void)!::write(to_parent[1], text.data(), text.size()); };
    auto waiting = Store::open(folder_, Store::Access::write, true, tell);
    if (!waiting->find("read", "flights", key_of("2"))) ::_exit(2);  // what was committed while it waited
  });
  char text[200] = "";
  ASSERT_GT(::read(to_parent[0], text, sizeof text - 1), 0);
  EXPECT_NE(std::string(text).find(fmt::format("of process {}, since ", ::getpid())), std::string::npos) << text;
  EXPECT_EQ(std::string(text).rfind("waits for `store_tests", 0) == 0 ||
                std::string(text).rfind("waits for `unit_tests", 0) == 0,
            true)
      << text;
  commit_sample(*store, "read", "flights", key_of("2"));
  store.reset();
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(TrustTest, AReaderSeesWholeVersionsWhileAWriterWorks) {
  commit_one();
  pid_t child = in_child([&] {
    auto store = writer();
    for (int i = 0;; ++i) {
      Version version = commit_sample(*store, "read", "flights", key_of(std::to_string(i)));
      store->settle("read", "flights", version.key);
    }
  });
  std::string last;
  int changes = 0;
  auto store = reader();
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (changes < 20 && std::chrono::steady_clock::now() < end) {
    std::optional<Version> version = store->current("read", "flights");
    ASSERT_TRUE(version);
    ASSERT_TRUE(store->is_whole(*version));
    if (version->key != last) ++changes;
    last = version->key;
  }
  ::kill(child, SIGKILL);
  wait_for(child);
  EXPECT_EQ(changes, 20);
}

// ---- killed ----

TEST_F(TrustTest, AKillAtAnyMomentLeavesWholeVersionsOnly) {
  constexpr int kKills = 200;
  std::mt19937 random(4711);
  std::uniform_int_distribution<int> moment_us(0, 12'000);
  writer();
  size_t crashes_in_the_middle = 0;
  for (int i = 0; i < kKills; ++i) {
    pid_t child = in_child([&] {
      auto store = writer();
      for (int k = 0;; ++k) {
        Version version = commit_sample(*store, "read", "flights", key_of(fmt::format("{} {}", i, k)));
        store->settle("read", "flights", version.key);
        if (k % 3 == 0) store->adopt(version, "read", "trips");
        if (k % 4 == 3) store->gc(0, false);
      }
    });
    ::usleep(static_cast<useconds_t>(moment_us(random)));
    ::kill(child, SIGKILL);
    ASSERT_TRUE(WIFSIGNALED(wait_for(child)));
    if (!fs::is_empty(folder_ / "tmp")) ++crashes_in_the_middle;

    auto store = writer();
    EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
    std::vector<Finding> findings = store->verify(false, {});
    ASSERT_TRUE(findings.empty()) << "kill " << i << ": " << texts(findings)[0];
  }
  EXPECT_GT(crashes_in_the_middle, kKills / 10u);  // else the kills did not hit what they were meant for
}

TEST_F(TrustTest, AVersionThatOnlyMissedTheCatalogIsEntered) {
  Version version = commit_one();
  std::string with_version = read_file(folder_ / "catalog.db");
  {  // a killed process: the folder is there, the catalog does not know it, the lock's text is still there
    auto store = writer();
    store->gc(0, false, nullptr);
    fs::copy(folder_ / path_of(version, ""), root_ / "kept", fs::copy_options::recursive);
    std::set<StepName> none;
    store->gc(0, false, &none);
  }
  ASSERT_TRUE(reader()->versions("read", "flights").empty());
  fs::create_directories(folder_ / "tables/flights");
  fs::rename(root_ / "kept", folder_ / "tables/flights" / version.key);
  EXPECT_EQ(texts(reader()->verify(false, {})), Strings{"extra tables/flights/" + version.key});
  write_text(folder_ / "lock", "{}");
  auto store = writer();
  EXPECT_EQ(to_json(*store->find("read", "flights", version.key)), to_json(version));
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(TrustTest, CommitUsesTheFolderOfAKilledProcess) {
  Version version = commit_one();
  fs::path kept = root_ / "kept";
  fs::copy(folder_ / path_of(version, ""), kept, fs::copy_options::recursive);
  {
    std::set<StepName> none;
    writer()->gc(0, false, &none);
  }
  auto store = writer();
  fs::create_directories(folder_ / "tables/flights");
  fs::rename(kept, folder_ / "tables/flights" / version.key);
  Version again = commit_sample(*store, "read", "flights", version.key);
  EXPECT_EQ(again.created, version.created);
  EXPECT_TRUE(store->verify(false, {}).empty());
}

// ---- read-only places ----

/// As somebody who may not write there: the superuser's children become `nobody`.
TEST_F(TrustTest, AStoreThatMayOnlyBeReadIsRead) {
  Version version = commit_one();
  fs::permissions(root_, fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  fs::permissions(folder_,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  int status = wait_for(in_child([&] {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(10);
    if (!reader()->find("read", "flights", version.key)) ::_exit(11);
    if (reader()->all_current().size() != 1) ::_exit(12);
    reader()->remember("kind", {{"key", "value"}});  // cannot, and says nothing
    if (reader()->cached("kind", "key")) ::_exit(13);
    if (code_of([&] { writer(); }) != "FR0513") ::_exit(14);
  }));
  fs::permissions(folder_, fs::perms::owner_all);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace filrouge
