#include "store/webhdfs.h"

#include "../code_of.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/hdfs_checksum.h"
#include "webhdfs_server.h"

namespace filrouge {
namespace {

WebHdfsPatience quick() {
  return {2, 2, {5, 5, 5}};
}

class WebHdfsTest : public testing::Test {
 protected:
  std::string log() { return server_.ask("log"); }
  WebHdfsServer server_{{"--block-size", "1024"}};
  WebHdfs files_{parse_webhdfs(server_.address()), quick()};
};

TEST(WebHdfsAddressTest, IsReadAndWrittenInOneForm) {
  const std::pair<const char*, const char*> kCases[] = {
      {"webhdfs://namenode:9870/data/late", "webhdfs://namenode:9870/data/late"},
      {"webhdfs://namenode/data//late/", "webhdfs://namenode:9870/data/late"},
      {"webhdfs://anna@namenode/x", "webhdfs://anna@namenode:9870/x"},
      {"swebhdfs://namenode/x y", "swebhdfs://namenode:9871/x y"},
      {"webhdfs://[::1]:50070/x", "webhdfs://[::1]:50070/x"},
  };
  for (const auto& [text, expected] : kCases) EXPECT_EQ(parse_webhdfs(text).text(), expected);
  for (const char* bad : {"webhdfs://", "webhdfs://namenode", "webhdfs://namenode/", "webhdfs://namenode:0/x",
                          "webhdfs://namenode:http/x", "webhdfs://name node/x", "webhdfs://anna:word@namenode/x",
                          "webhdfs://namenode/a/../b", "webhdfs://namenode/a:b", "webhdfs://namenode/x?op=DELETE"})
    EXPECT_EQ(code_of([&] { parse_webhdfs(bad); }), "FR0604") << bad;
}

TEST(WebHdfsAddressTest, NoSecretIsInTheMessage) {
  for (const char* text : {"webhdfs://anna:hunter2@namenode/x", "webhdfs://namenode/x?delegation=hunter2"}) try {
      parse_webhdfs(text);
      FAIL();
    } catch (const Error& e) {
      EXPECT_EQ(e.message.find("hunter2"), std::string::npos) << e.message;
    }
}

TEST(HdfsChecksumTest, IsThatOfHdfs) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);            // the check value of every catalogue of CRCs
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
  std::istringstream text("abc");
  EXPECT_EQ(hdfs_checksum("COMPOSITE-CRC32C", text), std::nullopt);
  EXPECT_EQ(hdfs_checksum("MD5-of-0MD5-of-512CRC32", text), std::nullopt);
}

TEST_F(WebHdfsTest, WhatIsPutIsThere) {
  for (size_t bytes : {0u, 1u, 511u, 512u, 513u, 1024u, 1025u, 4000u}) {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(i * 7 % 251);
    files_.put_text("a b/ü+%/file", text);
    EXPECT_EQ(files_.get_text("a b/ü+%/file"), text);
    EXPECT_EQ(files_.stat("a b/ü+%/file")->bytes, bytes);
  }
  EXPECT_EQ(server_.asked("dn OPEN"), 7u);  // read, not read back: the checksum said enough
  std::vector<RemoteEntry> entries = *files_.list("a b");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].name, "ü+%");
  EXPECT_TRUE(entries[0].is_folder);
  EXPECT_EQ(files_.bytes_below("a b"), 4000u);
  files_.remove("a b");
  EXPECT_FALSE(files_.list("a b"));
  EXPECT_FALSE(files_.stat("a b"));
  EXPECT_FALSE(files_.get_text("a b/file"));
  files_.remove("a b");
}

TEST_F(WebHdfsTest, ARenameNeitherOverwritesNorMovesIntoAFolder) {
  files_.put_text("one/file", "1");
  files_.put_text("two/file", "2");
  EXPECT_FALSE(files_.rename("one", "two"));
  EXPECT_EQ(files_.get_text("two/file"), "2");
  EXPECT_FALSE(files_.stat("two/one"));
  EXPECT_TRUE(files_.rename("one", "three"));
  EXPECT_EQ(files_.get_text("three/file"), "1");
  EXPECT_TRUE(files_.rename("three/file", "two/file", /*replace=*/true));
  EXPECT_EQ(files_.get_text("two/file"), "1");
  EXPECT_EQ(code_of([&] { files_.rename("nothing", "four"); }), "FR0530");
  files_.remove("two", /*content=*/false);
  EXPECT_TRUE(files_.stat("two/file"));
}

TEST_F(WebHdfsTest, WhatMayBeDoneTwiceIsTriedAgain) {
  files_.put_text("x/file", "text");
  for (const char* what : {"fail", "standby", "refuse"}) {
    server_.fault({{"op", "GETFILESTATUS"}, {"what", what}, {"times", 3}});
    EXPECT_EQ(files_.stat("x/file")->bytes, 4u) << what;
    server_.fault({{"op", "LISTSTATUS"}, {"what", what}, {"times", 2}});
    EXPECT_EQ(files_.list("x")->size(), 1u) << what;
    server_.fault({{"op", "CREATE"}, {"what", what}, {"times", 2}});
    files_.put_text("x/file", "text");
    server_.fault({{"op", "OPEN"}, {"what", what}, {"times", 2}});
    EXPECT_EQ(files_.get_text("x/file"), "text") << what;
    server_.fault({{"op", "MKDIRS"}, {"what", what}});
    files_.make_folder("y");
  }
  server_.fault({{"op", "DELETE"}, {"what", "lose"}});
  files_.remove("y");
  EXPECT_FALSE(files_.stat("y"));
  server_.fault({{"op", "CREATE"}, {"what", "lose"}});
  files_.put_text("x/file", "other");
  EXPECT_EQ(files_.get_text("x/file"), "other");
}

TEST_F(WebHdfsTest, NotWithoutEnd) {
  server_.fault({{"op", "GETFILESTATUS"}, {"what", "fail"}, {"times", 4}});
  EXPECT_EQ(code_of([&] { files_.stat("x"); }), "FR0530");
  EXPECT_EQ(server_.asked("nn GETFILESTATUS"), 4u);
}

TEST_F(WebHdfsTest, ARenameIsAskedOnce) {
  files_.put_text("from", "text");
  server_.fault({{"op", "RENAME"}, {"what", "fail"}});
  EXPECT_EQ(code_of([&] { files_.rename("from", "to"); }), "FR0530");
  server_.fault({{"op", "RENAME"}, {"what", "refuse"}});
  EXPECT_EQ(code_of([&] { files_.rename("from", "to"); }), "FR0530");
  EXPECT_EQ(server_.asked("nn RENAME"), 2u);
  EXPECT_EQ(files_.get_text("from"), "text");
}

TEST_F(WebHdfsTest, ARenameWhoseAnswerWasLostHasHappened) {
  files_.put_text("from", "text");
  server_.fault({{"op", "RENAME"}, {"what", "lose"}});
  EXPECT_TRUE(files_.rename("from", "to"));
  EXPECT_EQ(files_.get_text("to"), "text");
  EXPECT_EQ(server_.asked("nn RENAME"), 1u);
}

TEST_F(WebHdfsTest, AnAnswerThatEndsEarlyGoesOnWhereItWas) {
  const std::string text(3000, 'x');
  files_.put_text("file", text);
  server_.fault({{"op", "OPEN"}, {"what", "cut"}, {"times", 3}});
  EXPECT_EQ(files_.get_text("file"), text);
  server_.fault({{"op", "LISTSTATUS"}, {"what", "cut"}, {"times", 4}});
  EXPECT_EQ(code_of([&] { files_.list(""); }), "FR0530");  // no listing is taken for a part of it
}

TEST_F(WebHdfsTest, ADamagedUploadIsSentAgain) {
  server_.fault({{"op", "CREATE"}, {"what", "change"}});
  files_.put_text("file", "text");
  EXPECT_EQ(files_.get_text("file"), "text");
  server_.fault({{"op", "CREATE"}, {"what", "change"}, {"times", 2}});
  EXPECT_EQ(code_of([&] { files_.put_text("file", "text"); }), "FR0533");
}

TEST_F(WebHdfsTest, AnotherChecksumThanExpectedMeansReadingBack) {
  server_.fault({{"op", "GETFILECHECKSUM"}, {"what", "checksum"}});
  files_.put_text("file", "text");
  EXPECT_EQ(server_.asked("dn OPEN"), 1u);
}

TEST_F(WebHdfsTest, ADataNodeThatIsGoneIsAvoidedOrNamed) {
  files_.put_text("file", "text");
  server_.fault({{"op", "OPEN"}, {"what", "nowhere"}});
  EXPECT_EQ(files_.get_text("file"), "text");
  server_.fault({{"op", "OPEN"}, {"what", "nowhere"}, {"times", 4}});
  try {
    files_.get_text("file");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, "FR0530");
    EXPECT_NE(e.message.find("127.0.0.1:1 (a DataNode) cannot read /data/late/file"), std::string::npos) << e.message;
  }
}

TEST_F(WebHdfsTest, SilenceEnds) {
  server_.fault({{"op", "RENAME"}, {"what", "hang"}});
  files_.put_text("from", "text");
  EXPECT_EQ(code_of([&] { files_.rename("from", "to"); }), "FR0530");
}

TEST_F(WebHdfsTest, RefusalsHaveTheirOwnCodes) {
  server_.fault({{"op", "CREATE"}, {"what", "quota"}});
  EXPECT_EQ(code_of([&] { files_.put_text("file", "text"); }), "FR0532");
  server_.fault({{"op", "CREATE"}, {"what", "forbid"}});
  EXPECT_EQ(code_of([&] { files_.put_text("file", "text"); }), "FR0531");
  EXPECT_EQ(server_.asked("nn CREATE"), 2u);  // a refusal is not asked for again
}

TEST_F(WebHdfsTest, ANameNodeThatIsNotThereIsSaid) {
  WebHdfs nobody(parse_webhdfs("webhdfs://tester@127.0.0.1:1/x"), quick());
  EXPECT_EQ(code_of([&] { nobody.stat(""); }), "FR0530");
  EXPECT_EQ(code_of([&] { nobody.rename("a", "b"); }), "FR0530");
  WebHdfs data_node(parse_webhdfs("webhdfs://tester@127.0.0.1:" + std::to_string(server_.data_port) + "/x"), quick());
  EXPECT_EQ(data_node.stat(""), std::nullopt);
}

TEST_F(WebHdfsTest, WhatIsMadeHasThePermissionsOfTheWhole) {
  WebHdfs root(parse_webhdfs(server_.address("/data")), quick());
  root.make_folder("late");
  EXPECT_EQ(root.stat("late")->permission, "755");
  server_.tell("mode", {{"path", "/data/late"}, {"mode", "770"}});
  files_.make_folder("folder");
  files_.put_text("folder/file", "text");
  EXPECT_EQ(files_.stat("folder")->permission, "770");
  EXPECT_EQ(files_.stat("folder/file")->permission, "660");
}

TEST(WebHdfsTlsTest, TheCertificateIsChecked) {
  TempFolder folder;
  const std::string file = (folder.path() / "both.pem").string();
  const std::string make =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
      "-keyout " +
      file + " -out " + file + ".cert 2>/dev/null && cat " + file + ".cert >> " + file;
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "no openssl to make a certificate with";
  WebHdfsServer server({"--tls", file});
  WebHdfs files(parse_webhdfs("s" + server.address()), quick());
  EXPECT_EQ(code_of([&] { files.stat(""); }), "FR0530");
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  files.put_text("file", "text");
  EXPECT_EQ(files.get_text("file"), "text");
  ::unsetenv("SSL_CERT_FILE");
}

TEST_F(WebHdfsTest, TimesAreThoseOfTheNameNode) {
  files_.put_text("file", "text");
  EXPECT_LT(std::abs(files_.now_ms() - files_.stat("file")->modified_ms), 60'000);
  files_.set_modified("file", 1'700'000'000'000);
  EXPECT_EQ(files_.stat("file")->modified_ms, 1'700'000'000'000);
  uint64_t id = files_.stat("file")->id;
  files_.rename("file", "other");
  EXPECT_EQ(files_.stat("other")->id, id);
  files_.put_text("file", "text");
  EXPECT_NE(files_.stat("file")->id, id);
}

TEST(WebHdfsTokenTest, TakesThePlaceOfTheUserAndIsNeverShown) {
  ::setenv("FILROUGE_HDFS_TOKEN", "hunter2+Secret/Token", 1);
  WebHdfsServer good({"--token", "hunter2+Secret/Token"}), other({"--token", "another"});
  WebHdfs files(parse_webhdfs(good.address()), quick()), refused(parse_webhdfs(other.address()), quick());
  files.put_text("file", "text");
  EXPECT_EQ(files.get_text("file"), "text");
  EXPECT_EQ(std::getenv("FILROUGE_HDFS_TOKEN"), nullptr);  // no process that is started inherits it
  try {
    refused.stat("file");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code, "FR0531");
    EXPECT_EQ((e.message + e.hint).find("hunter2"), std::string::npos) << e.message;
  }
}

}  // namespace
}  // namespace filrouge
