// Files on HDFS, over its REST interface (WebHDFS): no Java here. One object is one NameNode and one folder there;
// paths are relative to that folder ("tables/flights/KEY/data-0.parquet", "" is the folder itself).
//
// The NameNode answers what concerns names by itself; for bytes it names a DataNode, to which the request is sent
// again. What may be done twice without harm is tried again (connections that fail, 5xx, a NameNode that is just
// starting); a rename is not: when its answer is lost, what became of it is looked up.
//
// Source: Apache Hadoop's page "WebHDFS REST API", and for `renameoptions` (rename2 of the NameNode: it neither
// overwrites nor moves into a folder that is there) and `excludedatanodes` its NamenodeWebHdfsMethods.java.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filrouge {

class HttpConnections;

/// webhdfs://[USER@]HOST[:PORT]/PATH, or swebhdfs:// for HTTP with TLS.
struct WebHdfsAddress {
  bool secure = false;
  std::string user;  ///< empty: a delegation token says who asks
  std::string host;
  int port = 9870;
  std::string path;  ///< "/data/late": begins with a slash, ends with none
  /// As a user writes it; two ways to write one address give one text.
  std::string text() const;
};

/// True for what begins with webhdfs:// or swebhdfs://.
bool is_webhdfs(std::string_view text);

/// Without USER it is the user of this process, or nobody where there is a delegation token. Throws Error(user,
/// FR0604).
WebHdfsAddress parse_webhdfs(const std::string& text);

/// How long is waited, and how often something is tried.
struct WebHdfsPatience {
  long connect_seconds = 15;
  long silent_seconds = 60;  ///< without a byte: an answer that stops coming
  std::vector<int> pauses_ms = {200, 800, 2500};
};

struct RemoteEntry {
  std::string name;  ///< of a listing; empty when one path was asked for
  bool is_folder = false;
  uint64_t bytes = 0;
  int64_t modified_ms = 0;  ///< by the NameNode's clock
  uint64_t id = 0;          ///< the NameNode's own number of it: another file of the same name has another
  std::string permission;   ///< "755"
};

/// All functions are thread-safe. They throw Error(environment): FR0329 without libcurl, FR0530 when HDFS does not
/// answer or cannot do it now, FR0531 when it refuses the user, FR0532 when a quota is full, FR0533 when what arrived
/// is not what was sent.
class WebHdfs {
 public:
  explicit WebHdfs(WebHdfsAddress address, WebHdfsPatience patience = {});
  ~WebHdfs();
  WebHdfs(const WebHdfs&) = delete;
  WebHdfs& operator=(const WebHdfs&) = delete;

  const WebHdfsAddress& address() const { return address_; }

  std::optional<RemoteEntry> stat(const std::string& path);
  /// What is in the folder; nothing where there is no such folder. Never a part of it.
  std::optional<std::vector<RemoteEntry>> list(const std::string& path);
  /// With its parents; no error where it is there. What is made here has the permissions of the folder that is "",
  /// where that was made before: `hdfs dfs -chmod 775` of it makes it one for a group.
  void make_folder(const std::string& path);
  /// Writes the file anew, with its parents, from a stream that can be read again from its beginning, and checks what
  /// arrived: length, and checksum (HDFS's own, else by reading it back).
  void put(const std::string& path, std::istream& from, uint64_t bytes);
  void put_text(const std::string& path, const std::string& text);
  /// The whole file in blocks, in order; an interrupted transfer goes on where it was. False: there is no such file.
  bool get(const std::string& path, const std::function<void(std::string_view)>& take);
  std::optional<std::string> get_text(const std::string& path);
  /// A file or folder to a name, in one step. With `replace` a file that is there is replaced, else false where
  /// something of that name is there. Throws FR0530 where `from` is not there.
  bool rename(const std::string& from, const std::string& to, bool replace = false);
  /// With all that is in it; no error where it is not there. Without `content` a folder that is not empty stays.
  void remove(const std::string& path, bool content = true);
  /// Makes `milliseconds` since 1970 the time of the last change.
  void set_modified(const std::string& path, int64_t milliseconds);
  /// Bytes in a file or in all files of a folder.
  uint64_t bytes_below(const std::string& path);
  /// The NameNode's own clock, milliseconds since 1970, to a second.
  int64_t now_ms();

 private:
  struct Request;
  struct Answer;
  Answer ask(Request& request);
  Answer exchange(const Request& request, const std::string& url, bool with_body);
  Answer once(Request& request, std::string& data_node);
  std::string url_of(const Request& request) const;
  std::string permission();
  bool arrived(const std::string& path, std::istream& from, uint64_t bytes);
  bool reads_back(const std::string& path, std::istream& from);
  [[noreturn]] void refuse(const Request& request, const Answer& answer) const;

  WebHdfsAddress address_;
  WebHdfsPatience patience_;
  std::string token_;
  std::mutex permission_mutex_;
  std::optional<std::string> permission_;
  std::unique_ptr<HttpConnections> connections_;
};

}  // namespace filrouge
