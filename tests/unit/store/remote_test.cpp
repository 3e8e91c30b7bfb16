// A store on HDFS, tried on the stand-in of tests/support/webhdfs.py. A second machine is a second copy.
#include "store/remote.h"

#include "store/receipt.h"
#include "store_fixture.h"
#include "webhdfs_server.h"

namespace filrouge {
namespace {

class RemoteStoreTest : public testing::Test {
 protected:
  StorePlace place(const std::string& machine = "here") {
    StorePlace place(temporary_.path() / machine);
    place.remote = server_.address();
    return place;
  }
  std::unique_ptr<Store> writer(const std::string& machine = "here") {
    return Store::open(place(machine), Store::Access::write, false);
  }
  std::unique_ptr<Store> reader(const std::string& machine = "here") {
    return Store::open(place(machine), Store::Access::read, false);
  }
  /// One run that makes a version of `flights` and settles on it.
  Version run(Store& store, const std::string& text) {
    int64_t id = store.begin_run("test");
    Version version = commit_sample(store, "read", "flights", key_of(text));
    store.settle("read", "flights", version.key);
    store.end_run(id, 0, {{"read", "flights", version.key, "built"}});
    return version;
  }
  std::string tree() { return server_.ask("tree"); }
  static std::string folder(const Version& version) { return "/data/late/" + folder_in_store(version).string(); }

  TempFolder temporary_;
  WebHdfsServer server_;
};

TEST_F(RemoteStoreTest, WhatOneMachineMakesAnotherHas) {
  Version made = run(*writer(), "1");
  auto other = reader("there");
  std::optional<Version> found = other->current("read", "flights");
  ASSERT_TRUE(found);
  EXPECT_EQ(to_json(*found), to_json(made));
  EXPECT_TRUE(other->is_whole(*found));
  EXPECT_FALSE(fs::exists(other->folder_of(*found)));  // nothing was fetched before it was needed
  other->check_unchanged(*found);
  EXPECT_EQ(read_file(other->files_of(*found, found->tables[0])[0]), "main data of " + made.key);
  EXPECT_EQ(read_file(other->files_of(*found, found->tables[1])[0]), "rejects of " + made.key);
  ASSERT_EQ(other->runs(9).size(), 1u);
  EXPECT_EQ(other->runs(9)[0].steps[0].key, made.key);
  EXPECT_EQ(other->last_built("read", "flights")->key, made.key);
}

TEST_F(RemoteStoreTest, TheTreeIsThatOfAnyStore) {
  Version made = run(*writer(), "1");
  for (const char* name : {"", "/data-0.parquet", "/receipt.json", "/rejects", "/rejects/data-0.parquet"})
    EXPECT_NE(tree().find(folder(made) + name + " "), std::string::npos) << tree();
  for (const char* name : {"/data/late/current.json ", "/data/late/runs/000000001.json "})
    EXPECT_NE(tree().find(name), std::string::npos) << tree();
  EXPECT_EQ(tree().find("/tmp/"), std::string::npos) << tree();  // nothing is left over
  EXPECT_EQ(tree().find("/lock"), std::string::npos) << tree();
}

TEST_F(RemoteStoreTest, AnAbsentStoreIsEmptyAndStaysAbsent) {
  EXPECT_FALSE(Store::exists(place()));
  EXPECT_TRUE(reader()->all_current().empty());
  EXPECT_TRUE(reader()->verify(false, {}).empty());
  EXPECT_EQ(tree(), "/ -\n");
}

TEST_F(RemoteStoreTest, ALostCopyIsMadeAnew) {
  Version made = run(*writer(), "1");
  fs::remove_all(temporary_.path() / "here");
  auto store = writer();
  EXPECT_EQ(store->current("read", "flights")->key, made.key);
  store->check_unchanged(made);
  EXPECT_EQ(store->begin_run("test"), 2);
}

TEST_F(RemoteStoreTest, ADamagedCopyIsFetchedAgain) {
  auto store = writer();
  Version made = run(*store, "1");
  flip_bit(store->folder_of(made) / "data-0.parquet", 3);
  fs::remove(store->folder_of(made) / "rejects/data-0.parquet");
  store->check_unchanged(made);
  EXPECT_EQ(read_file(store->folder_of(made) / "data-0.parquet"), "main data of " + made.key);
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(RemoteStoreTest, WhatIsDamagedThereIsNotUsedAndNamed) {
  Version made = run(*writer(), "1");
  server_.tell("change", {{"path", folder(made) + "/data-0.parquet"}});
  auto other = writer("there");
  EXPECT_EQ(code_of([&] { other->check_unchanged(made); }), "FR0516");
  EXPECT_FALSE(fs::exists(other->folder_of(made)));
  EXPECT_EQ(texts(other->verify(true, {})),
            (std::vector<std::string>{"damaged " + folder_in_store(made).string() + "/data-0.parquet",
                                      "removed " + folder_in_store(made).string()}));
  EXPECT_EQ(tree().find(folder(made)), std::string::npos);
  EXPECT_FALSE(other->find("read", "flights", made.key));
  Version again = run(*other, "1");
  EXPECT_TRUE(other->verify(false, {}).empty());
  other.reset();
  auto here = writer();  // which knows the old one
  EXPECT_EQ(here->current("read", "flights")->created, again.created);
  here->check_unchanged(again);
}

TEST_F(RemoteStoreTest, MissingAndExtraFilesAreNamed) {
  Version made = run(*writer(), "1");
  WebHdfs files(parse_webhdfs(server_.address()));
  const std::string path = folder_in_store(made).string();
  files.remove(path + "/rejects/data-0.parquet");
  files.put_text(path + "/more", "x");
  files.put_text("tables/flights/" + key_of("no receipt") + "/file", "x");
  auto store = writer("there");
  EXPECT_FALSE(store->is_whole(made));
  EXPECT_EQ(texts(store->verify(false, {})),
            (std::vector<std::string>{"missing " + path + "/rejects/data-0.parquet", "extra " + path + "/more",
                                      "extra tables/flights/" + key_of("no receipt")}));
  EXPECT_EQ(texts(store->gc(5, false)), (std::vector<std::string>{"removed tables/flights/" + key_of("no receipt")}));
  EXPECT_EQ(tree().find(key_of("no receipt")), std::string::npos);
}

TEST_F(RemoteStoreTest, RecordsAreCheckedThere) {
  run(*writer(), "1");
  server_.tell("change", {{"path", "/data/late/current.json"}});
  server_.tell("change", {{"path", "/data/late/runs/000000001.json"}});
  auto store = writer();
  EXPECT_EQ(texts(store->verify(true, {})),
            (std::vector<std::string>{"damaged current.json", "damaged runs/000000001.json"}));
  EXPECT_TRUE(store->verify(false, {}).empty());
  store.reset();
  EXPECT_TRUE(reader("there")->verify(false, {}).empty());
  EXPECT_EQ(reader("there")->runs(9).size(), 1u);
}

TEST_F(RemoteStoreTest, GcRemovesThereAndElsewhere) {
  auto store = writer();
  Version old = run(*store, "1");
  reader("there")->check_unchanged(old);
  Version now = run(*store, "2");
  EXPECT_EQ(texts(store->gc(1, true)), (std::vector<std::string>{"removed " + folder_in_store(old).string()}));
  EXPECT_NE(tree().find(folder(old)), std::string::npos);
  store->gc(1, false);
  EXPECT_EQ(tree().find(folder(old)), std::string::npos);
  EXPECT_EQ(tree().find("/tmp/"), std::string::npos);
  auto other = reader("there");
  EXPECT_FALSE(other->find("read", "flights", old.key));
  EXPECT_FALSE(fs::exists(other->folder_of(old)));
  EXPECT_EQ(other->current("read", "flights")->key, now.key);
}

TEST_F(RemoteStoreTest, OneThatIsThereIsUsed) {
  auto store = writer();
  Version made = commit_sample(*store, "read", "flights", key_of("1"));
  Version again = commit_sample(*store, "read", "flights", key_of("1"));
  EXPECT_EQ(again.created, made.created);
  EXPECT_TRUE(store->verify(false, {}).empty());
  // unless it is not what its receipt says
  server_.tell("change", {{"path", folder(made) + "/data-0.parquet"}});
  EXPECT_NE(commit_sample(*store, "read", "flights", key_of("1")).created, made.created);
  EXPECT_TRUE(store->verify(false, {}).empty());
}

TEST_F(RemoteStoreTest, AnUploadThatFailsLeavesNoVersion) {
  for (const char* what : {"quota", "forbid"}) {
    auto store = writer();
    server_.fault({{"op", "CREATE"}, {"what", what}, {"path", "rejects"}});
    EXPECT_NE(code_of([&] { commit_sample(*store, "read", "flights", key_of("1")); }), "");
    EXPECT_EQ(tree().find(key_of("1")), std::string::npos);
    EXPECT_FALSE(store->find("read", "flights", key_of("1")));
    store.reset();
    writer();  // empties tmp/
    EXPECT_EQ(tree().find("/tmp/"), std::string::npos) << tree();
  }
}

TEST_F(RemoteStoreTest, ACommitWhoseAnswerWasLostIsDone) {
  auto store = writer();
  server_.fault({{"op", "RENAME"}, {"what", "lose"}});
  Version made = commit_sample(*store, "read", "flights", key_of("1"));
  EXPECT_TRUE(store->find("read", "flights", made.key));
  EXPECT_TRUE(reader("there")->find("read", "flights", made.key));
}

TEST_F(RemoteStoreTest, TwoMachinesExcludeEachOther) {
  auto store = writer();
  EXPECT_EQ(code_of([&] { writer("there"); }), "FR0510");
  reader("there");  // never waits
  store.reset();
  writer("there");
}

TEST_F(RemoteStoreTest, ALockThatNobodyRenewsIsTakenOver) {
  auto store = writer();
  server_.tell("age", {{"path", "/data/late/lock"}, {"seconds", kLeaseSeconds - 20}});
  EXPECT_EQ(code_of([&] { writer("there"); }), "FR0510");
  server_.tell("age", {{"path", "/data/late/lock"}, {"seconds", 30}});
  auto other = writer("there");
  // The first one writes nothing more, and leaves the lock alone.
  EXPECT_EQ(code_of([&] { commit_sample(*store, "read", "flights", key_of("1")); }), "FR0534");
  EXPECT_EQ(tree().find(key_of("1")), std::string::npos);
  store.reset();
  EXPECT_NE(tree().find("/data/late/lock "), std::string::npos);
  run(*other, "2");
}

TEST_F(RemoteStoreTest, TheLockOfAKilledProcessOfThisMachineIsTakenOverAtOnce) {
  pid_t pid = ::fork();
  if (pid == 0) {
    auto store = writer();
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(pid, nullptr, 0);
  EXPECT_NE(tree().find("/data/late/lock "), std::string::npos);
  EXPECT_EQ(code_of([&] { writer("there"); }), "FR0510");
  run(*writer(), "1");
  EXPECT_EQ(tree().find("/data/late/lock "), std::string::npos);
}

TEST_F(RemoteStoreTest, AKillAtAnyRequestLeavesWholeVersionsOnly) {
  size_t whole = 0;
  for (int after = 0; after < 10; ++after) {
    // The request of this number is not answered before the kill.
    const std::string operation = after % 2 ? "RENAME" : "CREATE";
    const size_t before = server_.asked("hang " + operation);
    server_.fault({{"op", operation}, {"what", "hang"}, {"after", after}});
    pid_t pid = ::fork();
    if (pid == 0) {
      auto store = writer();
      for (int i = 0; i < 3; ++i) run(*store, std::to_string(after) + "-" + std::to_string(i));
      ::_exit(0);
    }
    while (server_.asked("hang " + operation) == before) {
      ASSERT_EQ(::waitpid(pid, nullptr, WNOHANG), 0) << "it ended before its request " << after;
      ::usleep(2'000);
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    auto store = writer();
    EXPECT_TRUE(store->verify(false, {}).empty()) << after;
    whole = store->versions("read", "flights").size();
  }
  EXPECT_GT(whole, 2u);
}

TEST_F(RemoteStoreTest, AReceiptThatLeadsOutOfTheStoreIsNone) {
  Version made = run(*writer(), "1");
  WebHdfs files(parse_webhdfs(server_.address()));
  const std::string receipt = folder_in_store(made).string() + "/receipt.json";
  const std::string text = *files.get_text(receipt);
  for (const char* outside : {"../../../evil", "/tmp/evil", "a/../../evil"}) {
    std::string changed = text;
    for (size_t at; (at = changed.find("\"data-0.parquet\"")) != std::string::npos;)
      changed.replace(at, std::strlen("\"data-0.parquet\""), "\"" + std::string(outside) + "\"");
    files.put_text(receipt, changed);
    EXPECT_FALSE(reader(fs::path(outside).filename().string() + std::to_string(std::strlen(outside)))
                     ->current("read", "flights"));
  }
}

TEST_F(RemoteStoreTest, ARebuiltCopyHasTheSame) {
  Version made = run(*writer(), "1");
  write_text(temporary_.path() / "here/catalog.db", "nonsense");
  EXPECT_EQ(code_of([&] { reader(); }), "FR0512");
  Store::rebuild(place());
  EXPECT_EQ(to_json(*reader()->current("read", "flights")), to_json(made));
}

TEST_F(RemoteStoreTest, ARenamedStepUploadsUnderItsNewName) {
  auto store = writer();
  Version made = run(*store, "1");
  Version adopted = store->adopt(made, "read", "planes");
  EXPECT_TRUE(store->verify(false, {}).empty());
  EXPECT_TRUE(reader("there")->find("read", "planes", adopted.key));
}

}  // namespace
}  // namespace filrouge
