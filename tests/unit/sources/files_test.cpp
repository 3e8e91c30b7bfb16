// Which files are read, how they are unpacked and decoded, and the formats besides CSV.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/text.h"
#include "sources/http.h"
#include "try_source.h"

namespace filrouge {
namespace {

/// The code of the Error that reading `from` ends with, and its message and hint.
struct Failure {
  std::string code, message, hint;
};
Failure failure_of(SourceTrial& trial, const std::string& from) {
  try {
    trial.read(from);
  } catch (const Error& error) {
    return {error.code, error.message, error.hint};
  }
  return {"none", "", ""};
}

/// Runs a program of the system that packs test data; false where it is not installed.
bool shell(const SourceTrial& trial, const std::string& command) {
  return system(("cd '" + trial.folder.string() + "' && (" + command + ") >/dev/null 2>&1").c_str()) == 0;
}

TEST(Find, NothingThere) {
  SourceTrial trial;
  trial.file("data/flights.csv.gz", "");
  trial.file("data/planes.csv", "a\n1\n");
  Failure typo = failure_of(trial, "data/plane.csv");
  EXPECT_EQ(typo.code, "FR0301");
  EXPECT_EQ(typo.hint, "did you mean `data/planes.csv`?");
  EXPECT_EQ(failure_of(trial, "data/flights.csv").hint, "did you mean `data/flights.csv.gz`?");
  EXPECT_EQ(failure_of(trial, "dada/planes.csv").hint, "did you mean the folder `data`?");
  EXPECT_EQ(failure_of(trial, "data/*.parquet").message, "no file matches `data/*.parquet`");
}

TEST(Find, PartitionsBecomeColumns) {
  SourceTrial trial;
  trial.file("p/year=2024/month=02/b.csv", "x\n3\n");
  trial.file("p/year=2023/month=11/a.csv", "x\n1\n2\n");
  trial.file("p/_SUCCESS", "");
  trial.file("p/year=2024/.hidden.csv", "x\n9\n");
  trial.read("p");
  EXPECT_EQ(trial.columns(), "x BIGINT, year BIGINT, month BIGINT");
  EXPECT_EQ(trial.rows(), "[[1,2023,11],[2,2023,11],[3,2024,2]]");
  trial.file("p/c.csv", "x\n9\n");
  EXPECT_EQ(failure_of(trial, "p").code, "FR0309");
}

TEST(Find, PartitionsOfRewrittenFiles) {
  SourceTrial trial;
  trial.file("p/day=2024-05-01/a.csv", "x,y\n1,2\n3\n");
  trial.file("p/day=2024-05-02/a.csv", "x;y\n5;6\n");
  trial.read("p/**/*.csv");
  EXPECT_EQ(trial.rows(), R"([[1,2,"2024-05-01"],[5,6,"2024-05-02"]])");
  EXPECT_EQ(trial.rows("SELECT file, line FROM t.rejects"), R"([["p/day=2024-05-01/a.csv",3]])");
}

TEST(Find, NamesThatLookLikePatterns) {
  SourceTrial trial;
  trial.file("odd [1].csv", "a\n1\n");
  trial.file("it's.csv", "a\n2\n");
  trial.read("odd [1].csv");
  EXPECT_EQ(trial.rows(), "[[1]]");
  trial.read("it's.csv");
  EXPECT_EQ(trial.rows(), "[[2]]");
}

TEST(Find, OnlyRegularFiles) {
  SourceTrial trial;
  ASSERT_EQ(mkfifo((trial.folder / "pipe.csv").c_str(), 0600), 0);
  EXPECT_EQ(failure_of(trial, "pipe.csv").code, "FR0304");
  EXPECT_EQ(failure_of(trial, "/dev/null").code, "FR0304");
}

TEST(Packed, EveryPackingGivesTheSame) {
  SourceTrial trial;
  std::string text = "a,b\n1,\"x\ny\"\n2,z\nbad\n";
  trial.file("x.csv", text);
  if (!shell(trial,
             "gzip -k x.csv && cp x.csv.gz twice.csv.gz && zstd -q x.csv && cp x.csv.gz no_extension && "
             "python3 -c \"import zipfile; z = zipfile.ZipFile('x.zip', 'w', zipfile.ZIP_DEFLATED); "
             "z.write('x.csv', 'd/x.csv'); z.writestr('README.txt', 'hello'); z.writestr('__MACOSX/d/x.csv', 'no')\""))
    GTEST_SKIP() << "gzip, zstd or python3 is missing";
  for (const char* name : {"x.csv.gz", "x.csv.zst", "no_extension", "x.zip", "x.zip/d/x.csv"}) {
    SCOPED_TRACE(name);
    trial.read(name);
    EXPECT_EQ(trial.rows(), R"([[1,"x\ny"],[2,"z"]])");
    EXPECT_EQ(trial.rejects(), R"([[5,"expected 2 columns, found 1"]])");
  }
  EXPECT_EQ(trial.rows("SELECT file FROM t.rejects"), R"([["x.zip/d/x.csv"]])");
  EXPECT_EQ(failure_of(trial, "x.zip/d/y.csv").code, "FR0301");
}

TEST(Packed, GzipMembersOneAfterAnother) {
  SourceTrial trial;
  trial.file("1", "a\n1\n");
  trial.file("2", "2\n");
  if (!shell(trial, "gzip -c 1 > x.csv.gz && gzip -c 2 >> x.csv.gz")) GTEST_SKIP() << "gzip is missing";
  trial.read("x.csv.gz");
  EXPECT_EQ(trial.rows(), "[[1],[2]]");
}

TEST(Packed, DamagedFilesAndBombs) {
  SourceTrial trial;
  std::string text = "a\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 100'003) + "\n";
  trial.file("x.csv", text);
  if (!shell(trial,
             "gzip -k x.csv && zstd -q x.csv && head -c 30000 x.csv.gz > cut.csv.gz && head -c 30000 x.csv.zst > "
             "cut.csv.zst"))
    GTEST_SKIP() << "gzip or zstd is missing";
  EXPECT_EQ(failure_of(trial, "cut.csv.gz").code, "FR0319");
  EXPECT_EQ(failure_of(trial, "cut.csv.zst").code, "FR0319");
  ASSERT_TRUE(shell(trial, "head -c 1500000000 /dev/zero | zstd -q > zeros.csv.zst"));
  EXPECT_EQ(failure_of(trial, "zeros.csv.zst").code, "FR0305");
}

TEST(Encoding, TextOfOtherEncodings) {
  struct Case {
    const char* encoding;
    std::string bytes;
  };
  const Case cases[] = {{"latin-1", "a,b\n1,caf\xE9\n"},
                        {"windows-1252", "a,b\n1,caf\xE9\n"},
                        {"utf-16", std::string("\xFF\xFE"
                                               "a\0,\0b\0\n\0"
                                               "1\0,\0c\0a\0f\0\xE9\0\n\0",
                                               24)},
                        {"", std::string("\xFF\xFE"
                                         "a\0,\0b\0\n\0"
                                         "1\0,\0c\0a\0f\0\xE9\0\n\0",
                                         24)},
                        {"",
                         "\xEF\xBB\xBF"
                         "a,b\n1,caf\xC3\xA9\n"}};
  for (const Case& test : cases) {
    SCOPED_TRACE(test.encoding);
    SourceTrial trial;
    trial.request.csv.encoding = test.encoding;
    trial.file("x.csv", test.bytes);
    trial.read("x.csv");
    EXPECT_EQ(trial.rows(), "[[1,\"caf\xC3\xA9\"]]");
  }
  SourceTrial trial;
  trial.request.csv.encoding = "klingon";
  trial.file("x.csv", "a\n1\n");
  EXPECT_EQ(failure_of(trial, "x.csv").code, "FR0317");
}

TEST(Json, Documents) {
  SourceTrial trial;
  trial.file("array.json", "[{\"a\": 1, \"b\": [1, 2]},\n {\"a\": 2.5, \"c\": {\"d\": \"x\"}}]");
  trial.read("array.json");
  EXPECT_EQ(trial.columns(), "a DOUBLE, b BIGINT[], c STRUCT(d VARCHAR)");
  EXPECT_EQ(trial.rows(), R"([[1.0,[1,2],null],[2.5,null,{"d":"x"}]])");
  trial.file("one.json", "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n");
  trial.read("one.json");
  EXPECT_EQ(trial.rows(), R"([[1,"x"]])");
  trial.file("bad.json", "[{\"a\": 1},\n {\"a\": }]");
  Failure bad = failure_of(trial, "bad.json");
  EXPECT_EQ(bad.code, "FR0318");
  EXPECT_EQ(bad.message, "`bad.json` is not valid JSON at line 2, column 8");
}

TEST(Json, LinesThatAreNoObjectsAreRejected) {
  SourceTrial trial;
  trial.file("x.ndjson", "{\"a\": 1}\n\n{\"a\": 2\n5\n{\"a\": 3, \"b\": \"x\"}\n{\"a\": \"\xFF\"}\n");
  trial.read("x.ndjson");
  EXPECT_EQ(trial.rows(), R"([[1,null],[3,"x"]])");
  EXPECT_EQ(trial.rejects(), R"([[3,"not valid JSON"],[4,"not a JSON object"],[6,"not valid UTF-8"]])");
  EXPECT_EQ(trial.facts.files[0].records, 5u);
  trial.file("lines.json", "{\"a\": 1}\n{\"a\": 2}\n");
  trial.read("lines.json");
  EXPECT_EQ(trial.facts.format, FileFormat::ndjson);
  EXPECT_EQ(trial.rows(), "[[1],[2]]");
}

TEST(Parquet, SeveralFiles) {
  SourceTrial trial;
  fs::create_directories(trial.folder / "p");
  auto copy = [&](const char* query, const char* name) {
    trial.engine->execute(fmt::format("COPY ({}) TO '{}' (FORMAT parquet)", query, (trial.folder / name).string()));
  };
  copy("SELECT 1 AS a, 'x' AS b", "p/1.parquet");
  copy("SELECT 2 AS a, 3.5::DOUBLE AS c", "p/2.parquet");
  trial.read("p/*.parquet");
  EXPECT_EQ(trial.rows(), R"([[1,"x",null],[2,null,3.5]])");
  EXPECT_EQ(trial.notes(), "p/1.parquet has no column `c`: empty there\np/2.parquet has no column `b`: empty there\n");
  EXPECT_EQ(trial.facts.rows, 2u);
  copy("SELECT 'text' AS a", "p/3.parquet");
  EXPECT_EQ(failure_of(trial, "p").code, "FR0323");
  trial.file("bad.parquet", "PAR1 this is not it PAR1");
  Failure bad = failure_of(trial, "bad.parquet");
  EXPECT_EQ(bad.code, "FR0308");
  EXPECT_NE(bad.message.find("`bad.parquet`"), std::string::npos);
}

TEST(Text, OneRowALine) {
  SourceTrial trial;
  trial.file("x.txt", "one\n\n\"two\", three\r\nbad \xFF byte\n");
  trial.read("x.txt");
  EXPECT_EQ(trial.rows(), R"([["x.txt",1,"one"],["x.txt",2,""],["x.txt",3,"\"two\", three"]])");
  EXPECT_EQ(trial.rejects(), R"([[4,"not valid UTF-8"]])");
}

TEST(Formats, AreNotMixed) {
  SourceTrial trial;
  trial.file("d/x.csv", "a\n1\n");
  trial.file("d/y.json", "[{\"a\": 1}]");
  EXPECT_EQ(failure_of(trial, "d").code, "FR0309");
}

/// A web server of this machine that knows ETags, until the object is destroyed.
class TestServer {
 public:
  explicit TestServer(const fs::path& folder) : folder_(folder) {
    std::ofstream(folder / "server.py") << R"(
import http.server, os, hashlib
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        open('requests.log', 'a').write(self.path + ' ' + str(self.headers.get('If-None-Match')) + '\n')
        if self.path == '/moved.csv':
            self.send_response(302); self.send_header('Location', '/www/x.csv'); self.end_headers(); return
        if not os.path.exists('.' + self.path):
            self.send_error(404); return
        body = open('.' + self.path, 'rb').read()
        tag = '"' + hashlib.md5(body).hexdigest() + '"'
        if self.headers.get('If-None-Match') == tag:
            self.send_response(304); self.end_headers(); return
        self.send_response(200); self.send_header('ETag', tag); self.send_header('Content-Length', str(len(body)))
        self.end_headers(); self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
open('port.tmp', 'w').write(str(server.server_port)); os.rename('port.tmp', 'port')
server.serve_forever()
)";
    std::string start =
        fmt::format("cd '{}' && rm -f port && (exec python3 server.py >/dev/null 2>&1) & echo $! > '{}/pid'",
                    folder.string(), folder.string());
    if (system(start.c_str()) != 0) return;
    for (int wait = 0; wait < 100 && !fs::exists(folder / "port"); ++wait) usleep(50'000);
    std::ifstream(folder / "port") >> port_;
  }
  ~TestServer() { stop(); }
  void stop() {
    int pid = 0;
    std::ifstream(folder_ / "pid") >> pid;
    if (pid > 0 && !stopped_) kill(pid, SIGTERM);
    stopped_ = true;
    usleep(100'000);
  }
  std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
  bool is_up() const { return port_ > 0; }
  size_t requests() const {
    std::ifstream log(folder_ / "requests.log");
    return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(log), {}, '\n'));
  }

 private:
  fs::path folder_;
  int port_ = 0;
  bool stopped_ = false;
};

std::string fetch_code(const std::string& url, const fs::path& folder) {
  try {
    fetch_url(url, url, folder);
  } catch (const Error& error) {
    return error.code;
  }
  return "";
}

TEST(Http, FetchesOnceAndAsksAgain) {
  SourceTrial trial;
  trial.file("www/x.csv", "a\n1\n");
  TestServer server(trial.folder);
  if (!server.is_up()) GTEST_SKIP() << "python3 is missing";
  fs::path store = trial.folder / "store/downloads";
  Download first = fetch_url(server.url("/www/x.csv"), server.url("/www/x.csv"), store);
  EXPECT_EQ(read_file(first.file), "a\n1\n");
  EXPECT_EQ(first.file.extension(), ".csv");
  EXPECT_EQ(first.sha256.size(), 64u);
  Download again = fetch_url(server.url("/www/x.csv"), server.url("/www/x.csv"), store);
  EXPECT_EQ(again.file, first.file);
  EXPECT_EQ(server.requests(), 2u);
  trial.file("www/x.csv", "a\n2\n");
  Download changed = fetch_url(server.url("/www/x.csv"), server.url("/www/x.csv"), store);
  EXPECT_EQ(read_file(changed.file), "a\n2\n");
  EXPECT_FALSE(fs::exists(first.file));
  EXPECT_EQ(read_file(fetch_url(server.url("/moved.csv"), "moved", store).file), "a\n2\n");
  EXPECT_EQ(fetch_code(server.url("/nothing.csv"), store), "FR0326");
  server.stop();
  Download offline = fetch_url(server.url("/www/x.csv"), server.url("/www/x.csv"), store);
  EXPECT_EQ(offline.file, changed.file);
  EXPECT_NE(offline.note.find("using the copy of 2"), std::string::npos);
  EXPECT_EQ(fetch_code(server.url("/other.csv"), store), "FR0326");
}

TEST(Http, WhatIsRememberedHasNoSecret) {
  SourceTrial trial;
  trial.file("www/x.csv", "a\n1\n");
  TestServer server(trial.folder);
  if (!server.is_up()) GTEST_SKIP() << "python3 is missing";
  fs::path store = trial.folder / "store/downloads";
  trial.file("www/x.csv?key=hunter2", "a\n3\n");
  Download download =
      fetch_url(server.url("/www/x.csv?key=hunter2"), "http://example.org/x.csv?key=${secret:key}", store);
  std::string record = read_file(download.file.parent_path() / "record.json");
  EXPECT_EQ(record.find("hunter2"), std::string::npos);
  EXPECT_NE(record.find("${secret:key}"), std::string::npos);
  EXPECT_EQ(read_file(download.file), "a\n3\n");
}

TEST(Files, LinesOfJsonWhoseValuesDoNotHaveTheDeclaredType) {
  SourceTrial trial;
  trial.file("x.ndjson",
             "{\"n\": 1, \"d\": \"2024-02-29\", \"l\": [1]}\n{\"n\": 1.5}\n{\"n\": \"x\"}\n{\"n\": null}\n"
             "{\"d\": \"2024-02-30\"}\n{\"l\": [\"y\"]}\n{\"n\": 2.0, \"p\": 1.25}\n{\"p\": \"much\"}\n");
  trial.request.declared = {{"n", "BIGINT", {}}, {"d", "DATE", {}}, {"l", "BIGINT[]", {}}, {"p", "DECIMAL(9,2)", {}}};
  trial.read("x.ndjson");
  EXPECT_EQ(trial.rows("SELECT n, d, l, p FROM t"),
            R"([[1,"2024-02-29",[1],null],[null,null,null,null],[2,null,null,1.25]])");
  EXPECT_EQ(trial.rejects(),
            R"([[2,"column n: `1.5` is not a BIGINT"],[3,"column n: `\"x\"` is not a BIGINT"],)"
            R"([5,"column d: `\"2024-02-30\"` is not a DATE"],[6,"column l: `[\"y\"]` is not a BIGINT[]"],)"
            R"json([8,"column p: `\"much\"` is not a DECIMAL(9,2)"]])json");
}

TEST(Files, WhenNoLineOfJsonHasTheDeclaredType) {
  SourceTrial trial;
  trial.file("x.ndjson", "{\"n\": \"a\"}\n{\"n\": \"b\"}\n");
  trial.request.declared = {{"n", "BIGINT", {}}};
  trial.read("x.ndjson");
  EXPECT_EQ(trial.rows(), "[]");
  EXPECT_EQ(trial.rows("SELECT count(*) FROM t.rejects"), "[[2]]");
}

/// Lines of `text`, as filrouge numbers them.
std::string lines_of(const std::string& text) {
  Json rows = Json::array();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    rows.push_back({"t.txt", rows.size() + 1, line});
  }
  return rows.dump();
}

TEST(Text, EachLineIsARowWhateverItHolds) {
  const char* kTexts[] = {"one\ntwo\n",
                          "no line end",
                          "\n\nblank\n\n",
                          " spaces , commas; \"quotes\" 'and' \\backslash\n#x\n",
                          "\"\n\"\n",
                          "crlf\r\nlines\r\n\r\n",
                          "a unit separator \x1F within\nplain\n",
                          "NULL\nNA\n\\N\n",
                          "\xC3\xA9t\xC3\xA9\n",
                          "tab\there\n"};
  for (const char* text : kTexts) {
    SourceTrial trial;
    trial.file("t.txt", text);
    trial.read("t.txt");
    EXPECT_EQ(trial.rows(), lines_of(text)) << text;
    EXPECT_EQ(trial.rejects(), "[]") << text;
  }
}

TEST(Text, LinesAreNumberedInOrderOnAnyNumberOfThreads) {
  SourceTrial trial;
  std::string text;
  for (int i = 1; i <= 2'000'000; ++i) text += fmt::format("line {}\n", i);  // 24 MB: several of DuckDB's parts
  trial.file("t.txt", text);
  trial.read("t.txt");
  EXPECT_EQ(trial.rows("SELECT count(*), count(*) FILTER (text = 'line ' || line) FROM t"), "[[2000000,2000000]]");
  EXPECT_EQ(trial.rows("SELECT bool_and(line = file_row_number + 1) FROM read_parquet('" +
                       trial.outcome.table.files[0].string() + "', file_row_number = true)"),
            "[[true]]");
}

TEST(Text, FilesAreNumberedEachFromOne) {
  SourceTrial trial;
  trial.file("d/a.txt", "x\ny\n");
  trial.file("d/b.txt", "z\n");
  trial.read("d/*.txt");
  EXPECT_EQ(trial.rows(), R"([["d/a.txt",1,"x"],["d/a.txt",2,"y"],["d/b.txt",1,"z"]])");
}

}  // namespace
}  // namespace filrouge
