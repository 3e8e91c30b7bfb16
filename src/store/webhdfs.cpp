#include "store/webhdfs.h"

#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "store/hdfs_checksum.h"
#include "store/http_exchange.h"

namespace filrouge {

std::string own_user_name();  // webhdfs_address.cpp

namespace {

/// Percent-encoded, but for what may stand in a path or a query as it is.
std::string encoded(std::string_view text, std::string_view also = "") {
  std::string out;
  for (char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~").find(c) != std::string_view::npos ||
        also.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

/// Taken out of the environment when it is asked for: no worker and no program that a step runs inherits it, and the
/// system's list of processes does not show it any more.
std::string delegation_token() {
  constexpr const char* kVariable = "FILROUGE_HDFS_TOKEN";
  static std::mutex mutex;
  static std::string token;
  std::lock_guard guard(mutex);
  char* value = std::getenv(kVariable);
  if (!value || !*value) return token;
  token = value;
  std::fill(value, value + token.size(), '*');
  ::unsetenv(kVariable);
  hide_secret(token);
  hide_secret(encoded(token));
  return token;
}

const char* doing(std::string_view operation) {
  if (operation == "OPEN") return "read";
  if (operation == "CREATE") return "write";
  if (operation == "RENAME") return "rename";
  if (operation == "DELETE") return "remove";
  if (operation == "MKDIRS") return "make the folder";
  if (operation == "LISTSTATUS") return "list";
  return "look at";
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

RemoteEntry entry_of(const Json& status) {
  return {status.at("pathSuffix"),       status.at("type") == "DIRECTORY",    status.at("length"),
          status.at("modificationTime"), status.value("fileId", uint64_t{0}), status.value("permission", "")};
}

}  // namespace

struct WebHdfs::Request {
  std::string method, operation, path;
  std::vector<std::pair<std::string, std::string>> parameters;
  bool may_repeat = true;        ///< doing it twice does no harm
  bool has_bytes = false;        ///< a DataNode does it
  std::istream* body = nullptr;  ///< of `body_bytes`, read from its beginning each time
  uint64_t body_bytes = 0;
  const std::function<void(std::string_view)>* take = nullptr;  ///< gets the bytes in place of Answer::body
  uint64_t taken = 0;                                           ///< what `take` has got so far
};

struct WebHdfs::Answer : HttpAnswer {
  std::string exception, message;  ///< of Java

  bool is_missing() const { return status == 404 && exception == "FileNotFoundException"; }
  bool is_forbidden() const {
    return status == 401 || is_one_of(exception, {"AccessControlException", "SecurityException", "InvalidToken",
                                                  "AuthenticationException", "AuthorizationException"});
  }
  bool is_over_quota() const { return exception.find("QuotaExceeded") != std::string::npos; }
  /// It may go better another time.
  bool is_temporary() const {
    if (is_good() || is_missing() || is_forbidden() || is_over_quota()) return false;
    return status == 0 || status >= 500 ||
           is_one_of(exception, {"IOException", "StandbyException", "RetriableException", "SafeModeException",
                                 "BlockMissingException", "NoRouteToHostException", "ConnectException",
                                 "SocketTimeoutException", "EOFException"});
  }
};

WebHdfs::WebHdfs(WebHdfsAddress address, WebHdfsPatience patience)
    : address_(std::move(address)),
      patience_(std::move(patience)),
      token_(delegation_token()),
      connections_(std::make_unique<HttpConnections>()) {
  if (address_.user.empty() && token_.empty()) address_.user = own_user_name();
}
WebHdfs::~WebHdfs() = default;

// ---- asking ----

std::string WebHdfs::url_of(const Request& request) const {
  std::string path = address_.path + (request.path.empty() ? "" : "/" + request.path);
  std::string url = fmt::format("{}://{}:{}/webhdfs/v1{}?op={}", address_.secure ? "https" : "http", address_.host,
                                address_.port, encoded(path, "/"), request.operation);
  if (!token_.empty())
    url += "&delegation=" + encoded(token_);
  else
    url += "&user.name=" + encoded(address_.user);
  for (const auto& [name, value] : request.parameters) url += "&" + name + "=" + encoded(value);
  return url;
}

WebHdfs::Answer WebHdfs::exchange(const Request& request, const std::string& url, bool with_body) {
  HttpRequest sent{request.method, url, address_.secure, patience_.connect_seconds, patience_.silent_seconds};
  if (with_body) sent.body = request.body, sent.body_bytes = request.body_bytes;
  sent.take = request.take;
  sent.only_once = !request.may_repeat;
  Answer answer{connections_->exchange(sent), "", ""};
  if (answer.is_good() || answer.status == 307) return answer;
  Json body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object() && body.contains("RemoteException") && body["RemoteException"].is_object()) {
    answer.exception = body["RemoteException"].value("exception", "");
    answer.message = body["RemoteException"].value("message", "");
  }
  return answer;
}

/// By way of the NameNode to the DataNode that it names, where bytes are asked for.
WebHdfs::Answer WebHdfs::once(Request& request, std::string& data_node) {
  std::string url = url_of(request);
  if (request.taken > 0) url += fmt::format("&offset={}", request.taken);
  if (!data_node.empty()) url += "&excludedatanodes=" + encoded(data_node, ":,");
  Answer answer = exchange(request, url, false);
  if (!request.has_bytes || answer.status != 307) {
    data_node.clear();  // where there is no other DataNode, that one must do after all
    return answer;
  }
  std::string location = answer.location;
  if (!location.starts_with("http://") && !location.starts_with("https://")) {
    answer.status = 0;
    answer.reason = "it names no DataNode to go to";
    return answer;
  }
  answer = exchange(request, location, true);
  if (answer.status == 0) data_node = answer.server.substr(0, answer.server.rfind(':'));
  return answer;
}

WebHdfs::Answer WebHdfs::ask(Request& request) {
  std::string avoided;  // the DataNode that did not answer
  for (int pause_ms : patience_.pauses_ms) {
    Answer answer = once(request, avoided);
    if (!answer.is_temporary() || (!request.may_repeat && answer.was_sent)) return answer;
    ::usleep(static_cast<useconds_t>(pause_ms) * 1000);
  }
  return once(request, avoided);
}

void WebHdfs::refuse(const Request& request, const Answer& answer) const {
  std::string path = address_.path + (request.path.empty() ? "" : "/" + request.path);
  std::string what = answer.message.substr(0, answer.message.find('\n'));
  if (what.empty()) what = answer.status == 0 ? answer.reason : fmt::format("it answers {}", answer.status);
  bool is_name_node = answer.server == fmt::format("{}:{}", address_.host, address_.port);
  std::string who = is_name_node ? answer.server : fmt::format("{} (a DataNode)", answer.server);
  std::string message = fmt::format("HDFS at {} cannot {} {}: {}", who, doing(request.operation), path, what);
  if (answer.is_forbidden())
    throw Error(ErrorKind::environment, "FR0531", message,
                token_.empty() ? fmt::format("asked as `{}`: another user is named by webhdfs://USER@{}", address_.user,
                                             address_.host)
                               : "the delegation token in FILROUGE_HDFS_TOKEN is not valid, or its user may not");
  if (answer.is_over_quota())
    throw Error(ErrorKind::environment, "FR0532", message,
                "filrouge gc frees versions that nothing needs; hdfs dfs -count -q shows the quota");
  std::string hint = "the next run goes on where this one was";
  if (answer.status == 0 && is_name_node)
    hint = "is the address that of the NameNode's web interface (port 9870), and is it running?";
  else if (answer.status == 0)
    hint = "is the DataNode running, and can this machine reach it?";
  else if (answer.exception.empty())
    hint = "that is not a NameNode's web interface (port 9870), or WebHDFS is switched off there";
  throw Error(ErrorKind::environment, "FR0530", message, hint);
}

// ---- names ----

std::optional<RemoteEntry> WebHdfs::stat(const std::string& path) {
  Request request{"GET", "GETFILESTATUS", path, {}};
  Answer answer = ask(request);
  if (answer.is_missing()) return std::nullopt;
  if (!answer.is_good()) refuse(request, answer);
  try {
    return entry_of(Json::parse(answer.body).at("FileStatus"));
  } catch (const nlohmann::json::exception& e) {
    answer.status = 0, answer.reason = "its answer is none of WebHDFS";
    refuse(request, answer);
  }
}

std::optional<std::vector<RemoteEntry>> WebHdfs::list(const std::string& path) {
  Request request{"GET", "LISTSTATUS", path, {}};
  Answer answer = ask(request);
  if (answer.is_missing()) return std::nullopt;
  if (!answer.is_good()) refuse(request, answer);
  try {
    std::vector<RemoteEntry> entries;
    const Json body = Json::parse(answer.body);  // the NameNode sends it in parts: what is cut off is no JSON
    for (const Json& status : body.at("FileStatuses").at("FileStatus")) entries.push_back(entry_of(status));
    return entries;
  } catch (const nlohmann::json::exception& e) {
    answer.status = 0, answer.reason = "its answer is none of WebHDFS";
    refuse(request, answer);
  }
}

/// Of the folder itself, where it is there; empty: HDFS's own choice.
std::string WebHdfs::permission() {
  std::lock_guard guard(permission_mutex_);
  if (!permission_)
    if (std::optional<RemoteEntry> root = stat("")) permission_ = root->permission;
  return permission_.value_or("");
}

void WebHdfs::make_folder(const std::string& path) {
  Request request{"PUT", "MKDIRS", path, {}};
  if (std::string like_root = permission(); !like_root.empty()) request.parameters = {{"permission", like_root}};
  if (Answer answer = ask(request); !answer.is_good()) refuse(request, answer);
}

bool WebHdfs::rename(const std::string& from, const std::string& to, bool replace) {
  Request request{"PUT",
                  "RENAME",
                  from,
                  {{"destination", address_.path + "/" + to}, {"renameoptions", replace ? "OVERWRITE" : "NONE"}}};
  request.may_repeat = false;
  Answer answer = ask(request);
  if (answer.is_good()) return true;
  if (answer.exception == "FileAlreadyExistsException") return false;
  // Whatever the answer was: where the one name is gone and the other is there it has happened.
  if (answer.is_temporary() && answer.was_sent && !stat(from) && stat(to)) return true;
  refuse(request, answer);
}

void WebHdfs::remove(const std::string& path, bool content) {
  Request request{"DELETE", "DELETE", path, {{"recursive", content ? "true" : "false"}}};
  Answer answer = ask(request);
  bool stays = !content && answer.exception == "PathIsNotEmptyDirectoryException";
  if (!answer.is_good() && !answer.is_missing() && !stays) refuse(request, answer);
}

void WebHdfs::set_modified(const std::string& path, int64_t milliseconds) {
  Request request{"PUT", "SETTIMES", path, {{"modificationtime", std::to_string(milliseconds)}}};
  if (Answer answer = ask(request); !answer.is_good()) refuse(request, answer);
}

uint64_t WebHdfs::bytes_below(const std::string& path) {
  Request request{"GET", "GETCONTENTSUMMARY", path, {}};
  Answer answer = ask(request);
  if (answer.is_missing()) return 0;
  if (!answer.is_good()) refuse(request, answer);
  Json body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  return body.is_object() && body.contains("ContentSummary") ? body["ContentSummary"].value("length", uint64_t{0}) : 0;
}

int64_t WebHdfs::now_ms() {
  Request request{"GET", "GETFILESTATUS", "", {}};
  Answer answer = ask(request);
  if (!answer.is_good() && !answer.is_missing()) refuse(request, answer);
  std::tm utc{};
  if (!::strptime(answer.date.c_str(), "%a, %d %b %Y %H:%M:%S", &utc)) {
    answer.status = 0, answer.reason = "its answer says not when it was given (Date)";
    refuse(request, answer);
  }
  return static_cast<int64_t>(::timegm(&utc)) * 1000;
}

// ---- bytes ----

bool WebHdfs::get(const std::string& path, const std::function<void(std::string_view)>& take) {
  std::optional<RemoteEntry> entry = stat(path);
  if (!entry || entry->is_folder) return false;
  Request request{"GET", "OPEN", path, {}};
  const std::function<void(std::string_view)> count = [&](std::string_view bytes) {
    request.taken += bytes.size();
    take(bytes);
  };
  request.has_bytes = true;
  request.take = &count;
  // An answer may end early without a word (a DataNode that dies): the rest is asked for.
  for (int attempt = 0; request.taken < entry->bytes; ++attempt) {
    const uint64_t before = request.taken;
    Answer answer = ask(request);
    if (answer.is_missing()) return false;
    if (answer.is_good() && (request.taken > before || attempt < 2)) continue;
    if (answer.is_good()) answer.status = 0, answer.reason = "it ends before all bytes were sent";
    refuse(request, answer);
  }
  if (request.taken != entry->bytes)
    throw Error(ErrorKind::environment, "FR0533",
                fmt::format("{} gave {} bytes of {}/{}, which has {}", address_.host, request.taken, address_.path,
                            path, entry->bytes));
  return true;
}

std::optional<std::string> WebHdfs::get_text(const std::string& path) {
  std::string text;
  if (!get(path, [&](std::string_view bytes) { text += bytes; })) return std::nullopt;
  return text;
}

void WebHdfs::put_text(const std::string& path, const std::string& text) {
  std::istringstream stream(text);
  put(path, stream, text.size());
}

void WebHdfs::put(const std::string& path, std::istream& from, uint64_t bytes) {
  constexpr int kAttempts = 2;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Request request{"PUT", "CREATE", path, {{"overwrite", "true"}}};
    std::string mode = permission();
    for (char& digit : mode) digit = static_cast<char>('0' + ((digit - '0') & 6));  // nobody runs these files
    if (!mode.empty()) request.parameters.emplace_back("permission", mode);
    request.has_bytes = true;
    request.body = &from;
    request.body_bytes = bytes;
    if (Answer answer = ask(request); !answer.is_good()) refuse(request, answer);
    if (arrived(path, from, bytes)) return;
  }
  throw Error(ErrorKind::environment, "FR0533",
              fmt::format("{}/{} on HDFS at {} is not what was sent to it", address_.path, path, address_.host),
              "a network that changes bytes, or a DataNode that fails; nothing was entered into the store");
}

bool WebHdfs::arrived(const std::string& path, std::istream& from, uint64_t bytes) {
  std::optional<RemoteEntry> entry = stat(path);
  if (!entry || entry->bytes != bytes) return false;
  if (bytes == 0) return true;
  Request request{"GET", "GETFILECHECKSUM", path, {}};
  request.has_bytes = true;
  Answer answer = ask(request);
  Json body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (answer.is_good() && body.is_object() && body.contains("FileChecksum")) {
    const Json& checksum = body["FileChecksum"];
    std::optional<std::string> expected = hdfs_checksum(checksum.value("algorithm", ""), from);
    if (expected && *expected == lower(checksum.value("bytes", "")).substr(0, expected->size())) return true;
  }
  // Another kind of checksum, or one of encrypted bytes: then the bytes themselves say it.
  return reads_back(path, from);
}

bool WebHdfs::reads_back(const std::string& path, std::istream& from) {
  std::string sent;
  bool is_same = true;
  from.clear();
  from.seekg(0);
  bool is_there = get(path, [&](std::string_view bytes) {
    sent.resize(bytes.size());
    from.read(sent.data(), static_cast<std::streamsize>(sent.size()));
    is_same = is_same && static_cast<size_t>(from.gcount()) == bytes.size() && sent == bytes;
  });
  return is_there && is_same;
}

}  // namespace filrouge
