#include "sources/http.h"

#include <time.h>
#include <unistd.h>

#include "base/curl.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"

namespace filrouge {
namespace {

constexpr uint64_t kLargestBytes = 100'000'000'000, kFreeBytes = 64'000'000, kCheckEvery = 16 << 20;

std::string today() {
  char text[16];
  time_t now = time(nullptr);
  struct tm parts {};
  strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&now, &parts));
  return text;
}

/// ".csv.gz" for http://host/data/flights.csv.gz?x=1, so that the format is still told by the name.
std::string extension_of(const std::string& url) {
  std::string path = url.substr(0, url.find_first_of("?#"));
  size_t host = path.find("://") + 3;
  std::string name = path.find('/', host) == std::string::npos ? "" : fs::path(path.substr(host)).filename().string();
  size_t dot = name.find('.');
  std::string extension = dot == std::string::npos ? "" : name.substr(dot);
  for (char c : extension)
    if (!isalnum(static_cast<unsigned char>(c)) && std::string_view("._-").find(c) == std::string_view::npos) return "";
  return extension.size() < 40 ? extension : "";
}

/// One request and what came of it.
class Request {
 public:
  Request(const std::string& url, fs::path part) : part_(std::move(part)), out_(part_, std::ios::binary) {
    set(kCurlUrl, url.c_str());
    set(kCurlFollowRedirects, 1L);
    set(kCurlMostRedirects, 10L);
    bool secure = lower(url).starts_with("https");
    set(kCurlProtocols, static_cast<long>(kCurlHttp | kCurlHttps));
    set(kCurlRedirectProtocols, secure ? long{kCurlHttps} : kCurlHttp | kCurlHttps);
    set(kCurlConnectSeconds, 15L);
    set(kCurlLowSpeedBytes, 1L);
    set(kCurlLowSpeedSeconds, 60L);
    set(kCurlNoSignals, 1L);
    std::string agent = std::string("filrouge/") + kVersion;
    set(kCurlUserAgent, agent.c_str());
    set(kCurlErrorText, reason_);
    set(kCurlWrite, &Request::on_bytes);
    set(kCurlWriteTo, this);
    set(kCurlHeader, &Request::on_header);
    set(kCurlHeaderTo, this);
  }
  ~Request() {
    curl().easy_cleanup(handle_);
    curl().slist_free_all(headers_);
    std::error_code ignored;
    fs::remove(part_, ignored);
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  void add_header(const std::string& header) { headers_ = curl().slist_append(headers_, header.c_str()); }

  /// The HTTP status; 0 when there was no answer (`reason` then says why) or it did not fit (`full`).
  long perform() {
    set(kCurlHeaders, headers_);
    int code = curl().easy_perform(handle_);
    out_.close();
    full = full || !out_;
    long status = 0;
    curl().easy_getinfo(handle_, kCurlResponseCode, &status);
    if (code == 0 && !full) return status;
    reason = reason_[0] != '\0' ? reason_ : curl().easy_strerror(code);
    return 0;
  }

  std::string etag, last_modified, reason;
  uint64_t received = 0;
  bool full = false;
  const fs::path& part() const { return part_; }

 private:
  template <class Value>
  void set(int option, Value value) {
    FR_CHECK(curl().easy_setopt(handle_, option, value) == 0);
  }

  static size_t on_bytes(const char* bytes, size_t, size_t size, void* self) {
    return static_cast<Request*>(self)->take_bytes(bytes, size);
  }
  static size_t on_header(const char* bytes, size_t, size_t size, void* self) {
    static_cast<Request*>(self)->take_header({bytes, size});
    return size;
  }

  /// Fewer than `size` stop the transfer.
  size_t take_bytes(const char* bytes, size_t size) {
    if (received / kCheckEvery != (received + size) / kCheckEvery &&
        fs::space(part_.parent_path()).available < kFreeBytes)
      full = true;
    received += size;
    full = full || received > kLargestBytes || !out_.write(bytes, static_cast<std::streamsize>(size));
    return full ? 0 : size;
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) etag.clear(), last_modified.clear();  // of a redirect: the last answer counts
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name = lower(line.substr(0, colon));
    if (name == "etag") etag = trim(line.substr(colon + 1));
    if (name == "last-modified") last_modified = trim(line.substr(colon + 1));
  }

  fs::path part_;
  std::ofstream out_;
  void* handle_ = curl().easy_init();
  void* headers_ = nullptr;
  char reason_[256] = {};
};

/// One URL's folder of downloads: what is there, and what the server says of it now.
class Fetch {
 public:
  Fetch(const std::string& url, const std::string& shown, const fs::path& folder)
      : url_(url), shown_(shown), folder_(folder / hash_text(shown)) {
    make_folder(folder_);
    fs::path record = folder_ / "record.json";
    if (fs::exists(record)) record_ = parse_json(read_file(record), "the record of a download");
    if (record_.is_object() && !fs::exists(folder_ / record_.value("file", ""))) record_ = nullptr;
  }

  Download run() {
    Request request(url_, folder_ / fmt::format("part-{}", getpid()));
    if (record_.is_object()) {
      std::string etag = record_.value("etag", ""), time = record_.value("last_modified", "");
      if (!etag.empty()) request.add_header("If-None-Match: " + etag);
      if (!time.empty()) request.add_header("If-Modified-Since: " + time);
    }
    long status = request.perform();
    if (request.full)
      throw Error(ErrorKind::environment, "FR0327",
                  fmt::format("`{}` does not fit: stopped after {}", shown_, human_bytes(request.received)),
                  "free some space, or put the store on another disk with --store");
    if (status == 0) return offline(request.reason);
    if (status == 304 && record_.is_object()) return recorded("");
    if (status == 200) return keep(request);
    if (status >= 500 || status == 429) return offline(fmt::format("the server answers {}", status));
    throw Error(
        ErrorKind::environment, "FR0326", fmt::format("cannot fetch `{}`: the server answers {}", shown_, status),
        status == 401 || status == 403 ? "it may need a secret: `${secret:NAME}` in the URL" : "check the address");
  }

 private:
  Download recorded(const std::string& note) const {
    return {folder_ / record_.at("file").get<std::string>(), record_.at("sha256"), note};
  }

  Download offline(const std::string& reason) const {
    if (record_.is_object())
      return recorded(
          fmt::format("cannot fetch `{}` ({}): using the copy of {}", shown_, reason, record_.value("fetched", "?")));
    throw Error(ErrorKind::environment, "FR0326", fmt::format("cannot fetch `{}`: {}", shown_, reason),
                "check the address and the network; there is no earlier copy");
  }

  Download keep(const Request& request) {
    std::string sha256 = sha256_file(request.part());
    std::string name = sha256 + extension_of(shown_);
    sync_path(request.part());
    rename_path(request.part(), folder_ / name);
    std::string old = record_.is_object() ? record_.value("file", "") : "";
    record_ = {{"url", shown_},
               {"file", name},
               {"sha256", sha256},
               {"etag", request.etag},
               {"last_modified", request.last_modified},
               {"bytes", request.received},
               {"fetched", today()}};
    write_file_durably(folder_ / "record.json", dump(record_, 2));
    std::error_code ignored;
    if (!old.empty() && old != name) fs::remove(folder_ / old, ignored);
    return recorded("");
  }

  std::string url_, shown_;
  fs::path folder_;
  Json record_;
};

}  // namespace

Download fetch_url(const std::string& url, const std::string& shown, const fs::path& folder) {
  return Fetch(url, shown, folder).run();
}

}  // namespace filrouge
