#include "sources/http.h"

#define CPPHTTPLIB_OPENSSL_SUPPORT
#include <httplib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"

namespace filrouge {
namespace {

constexpr uint64_t kLargestBytes = 100'000'000'000, kFreeBytes = 64'000'000;
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/ssl/cert.pem"};

struct Url {
  std::string origin;  ///< "https://example.org:8443"
  std::string host, path, user, password;
};

Url parse_url(const std::string& text) {
  Url url;
  size_t host = text.find("://") + 3;
  size_t path = text.find_first_of("/?#", host);
  std::string authority = text.substr(host, path == std::string::npos ? path : path - host);
  url.path = path == std::string::npos ? "/" : text.substr(path, text.find('#', path) - path);
  if (url.path.empty() || url.path[0] != '/') url.path = "/" + url.path;
  if (size_t at = authority.rfind('@'); at != std::string::npos) {
    std::string user = authority.substr(0, at);
    authority = authority.substr(at + 1);
    size_t colon = user.find(':');
    url.user = httplib::detail::decode_url(user.substr(0, colon), false);
    if (colon != std::string::npos) url.password = httplib::detail::decode_url(user.substr(colon + 1), false);
  }
  url.origin = text.substr(0, host) + authority;
  url.host = authority.substr(0, authority.find(':'));
  return url;
}

/// http_proxy and https_proxy, as other programs understand them; never for this machine itself.
void use_proxy(httplib::Client& client, const Url& url) {
  bool secure = url.origin.starts_with("https");
  const char* proxy = getenv(secure ? "https_proxy" : "http_proxy");
  if (!proxy && secure) proxy = getenv("HTTPS_PROXY");
  if (!proxy || !*proxy || url.host == "localhost" || url.host.starts_with("127.")) return;
  std::string text = proxy;
  if (size_t scheme = text.find("://"); scheme != std::string::npos) text = text.substr(scheme + 3);
  size_t colon = text.find(':');
  int port = colon == std::string::npos ? 3128 : std::atoi(text.c_str() + colon + 1);
  client.set_proxy(text.substr(0, colon), port);
}

std::string today() {
  char text[16];
  time_t now = time(nullptr);
  strftime(text, sizeof text, "%Y-%m-%d", gmtime(&now));
  return text;
}

/// "csv.gz" for /data/flights.csv.gz?x=1, so that the format is still told by the name.
std::string extension_of(const std::string& path) {
  std::string name = fs::path(path.substr(0, path.find('?'))).filename().string();
  size_t dot = name.find('.');
  std::string extension = dot == std::string::npos ? "" : name.substr(dot);
  bool plain = extension.find_first_not_of(".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               std::string::npos;
  return plain && extension.size() < 40 ? extension : "";
}

/// One conversation about one URL.
class Fetch {
 public:
  Fetch(const std::string& url, const std::string& shown, const fs::path& folder)
      : url_(parse_url(url)), shown_(shown), folder_(folder / hash_text(shown)), client_(url_.origin) {
    make_folder(folder_);
    fs::path record = folder_ / "record.json";
    if (fs::exists(record)) record_ = parse_json(read_file(record), "the record of a download");
    if (record_.is_object() && !fs::exists(folder_ / record_.value("file", ""))) record_ = nullptr;
    client_.set_follow_location(true);
    client_.set_connection_timeout(15);
    client_.set_read_timeout(60);
    client_.enable_server_certificate_verification(true);
    for (const char* bundle : kBundles)
      if (fs::exists(bundle)) {
        client_.set_ca_cert_path(bundle);
        break;
      }
    if (!url_.user.empty()) client_.set_basic_auth(url_.user, url_.password);
    use_proxy(client_, url_);
  }

  Download run() {
    fs::path part = folder_ / fmt::format("part-{}", getpid());
    std::ofstream out(part, std::ios::binary);
    auto result = client_.Get(
        url_.path, headers(), [](const httplib::Response&) { return true; },
        [&](const char* bytes, size_t size) { return receive(out, part, bytes, size); });
    out.close();
    Download download = answer(result, part);
    std::error_code ignored;
    fs::remove(part, ignored);
    return download;
  }

 private:
  httplib::Headers headers() const {
    httplib::Headers headers = {{"User-Agent", std::string("filrouge/") + kVersion}, {"Accept-Encoding", "identity"}};
    if (!record_.is_object()) return headers;
    if (std::string etag = record_.value("etag", ""); !etag.empty()) headers.emplace("If-None-Match", etag);
    if (std::string time = record_.value("last_modified", ""); !time.empty())
      headers.emplace("If-Modified-Since", time);
    return headers;
  }

  bool receive(std::ofstream& out, const fs::path& part, const char* bytes, size_t size) {
    if (received_ / kBlock != (received_ + size) / kBlock && fs::space(part.parent_path()).available < kFreeBytes)
      full_ = true;
    received_ += size;
    full_ = full_ || received_ > kLargestBytes || !out.write(bytes, static_cast<std::streamsize>(size));
    return !full_;
  }

  Download answer(const httplib::Result& result, const fs::path& part) {
    if (full_)
      throw Error(ErrorKind::environment, "FR0327",
                  fmt::format("`{}` does not fit: stopped after {}", shown_, human_bytes(received_)),
                  "free some space, or put the store on another disk with --store");
    if (!result) return offline(httplib::to_string(result.error()));
    if (result->status == 304 && record_.is_object()) return recorded("");
    if (result->status == 200) return keep(*result, part);
    if (result->status >= 500 || result->status == 429)
      return offline(fmt::format("the server answers {}", result->status));
    throw Error(ErrorKind::environment, "FR0326",
                fmt::format("cannot fetch `{}`: the server answers {}", shown_, result->status),
                result->status == 401 || result->status == 403 ? "it may need a secret: `${secret:NAME}` in the URL"
                                                               : "check the address");
  }

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

  Download keep(const httplib::Response& response, const fs::path& part) {
    std::string sha256 = sha256_file(part);
    std::string name = sha256 + extension_of(url_.path);
    sync_path(part);
    rename_path(part, folder_ / name);
    std::string old = record_.is_object() ? record_.value("file", "") : "";
    record_ = {{"url", shown_},
               {"file", name},
               {"sha256", sha256},
               {"etag", response.get_header_value("ETag")},
               {"last_modified", response.get_header_value("Last-Modified")},
               {"bytes", received_},
               {"fetched", today()}};
    write_file_durably(folder_ / "record.json", dump(record_, 2));
    std::error_code ignored;
    if (!old.empty() && old != name) fs::remove(folder_ / old, ignored);
    return recorded("");
  }

  static constexpr uint64_t kBlock = 16 << 20;
  Url url_;
  std::string shown_;
  fs::path folder_;
  httplib::Client client_;
  Json record_;
  uint64_t received_ = 0;
  bool full_ = false;
};

}  // namespace

Download fetch_url(const std::string& url, const std::string& shown, const fs::path& folder) {
  return Fetch(url, shown, folder).run();
}

}  // namespace filrouge
