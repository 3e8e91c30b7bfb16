#include "store/http_exchange.h"

#include <cstdlib>
#include <exception>
#include <istream>

#include "base/curl.h"
#include "base/error.h"
#include "base/text.h"
#include "base/version.h"

namespace filrouge {

/// One exchange, on a handle that goes back to the others afterwards.
class HttpExchange {
 public:
  HttpExchange(HttpConnections& connections, const HttpRequest& request)
      : connections_(connections), request_(request) {
    {
      std::lock_guard guard(connections.mutex_);
      if (!connections.idle_.empty()) {
        handle_ = connections.idle_.back();
        connections.idle_.pop_back();
      }
    }
    if (!handle_) handle_ = curl().easy_init();
    FR_CHECK(handle_ != nullptr);
    curl().easy_reset(handle_);
  }
  ~HttpExchange() {
    curl().slist_free_all(headers_);
    std::lock_guard guard(connections_.mutex_);
    connections_.idle_.push_back(handle_);
  }
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  HttpAnswer perform() {
    constexpr int kNoHost = 6, kNoConnection = 7;
    prepare();
    if (request_.method == "PUT") upload();
    size_t host = request_.url.find("://") + 3;
    answer_.server = request_.url.substr(host, request_.url.find('/', host) - host);
    int code = curl().easy_perform(handle_);
    if (thrown_) std::rethrow_exception(thrown_);
    if (code == 0) {
      answer_.status = status();
    } else {
      answer_.reason = reason_[0] != '\0' ? reason_ : curl().easy_strerror(code);
      answer_.was_sent = code != kNoHost && code != kNoConnection;
    }
    return std::move(answer_);
  }

 private:
  template <class Value>
  void set(int option, Value value) {
    FR_CHECK(curl().easy_setopt(handle_, option, value) == 0);
  }

  void prepare() {
    set(kCurlUrl, request_.url.c_str());
    set(kCurlMethod, request_.method.c_str());
    set(kCurlProtocols, request_.secure ? long{kCurlHttps} : kCurlHttp | kCurlHttps);
    set(kCurlConnectSeconds, request_.connect_seconds);
    set(kCurlLowSpeedBytes, 1L);
    set(kCurlLowSpeedSeconds, request_.silent_seconds);
    set(kCurlNoSignals, 1L);
    // Authorities of one's own, as many a cluster has, by OpenSSL's own variable.
    if (const char* authorities = std::getenv("SSL_CERT_FILE"); authorities && *authorities)
      set(kCurlAuthorities, authorities);
    set(kCurlFreshConnection, request_.only_once ? 1L : 0L);
    set(kCurlUserAgent, agent_.c_str());
    set(kCurlErrorText, reason_);
    set(kCurlWrite, &HttpExchange::on_bytes);
    set(kCurlWriteTo, this);
    set(kCurlHeader, &HttpExchange::on_header);
    set(kCurlHeaderTo, this);
  }

  void upload() {
    headers_ = curl().slist_append(headers_, "Content-Type: application/octet-stream");
    constexpr uint64_t kSmall = 1 << 20;  // it is no loss to send it before the other side says that it wants it
    if (request_.body_bytes < kSmall) headers_ = curl().slist_append(headers_, "Expect:");
    set(kCurlHeaders, headers_);
    if (request_.body) request_.body->clear(), request_.body->seekg(0);
    set(kCurlUpload, 1L);
    set(kCurlRead, &HttpExchange::on_read);
    set(kCurlReadFrom, this);
    set(kCurlUploadBytes, static_cast<long long>(request_.body ? request_.body_bytes : 0));
  }

  static size_t on_bytes(const char* bytes, size_t, size_t size, void* self) {
    return static_cast<HttpExchange*>(self)->take_bytes({bytes, size});
  }
  static size_t on_header(const char* bytes, size_t, size_t size, void* self) {
    static_cast<HttpExchange*>(self)->take_header({bytes, size});
    return size;
  }
  static size_t on_read(char* bytes, size_t, size_t size, void* self) {
    std::istream* body = static_cast<HttpExchange*>(self)->request_.body;
    if (!body) return 0;
    body->read(bytes, static_cast<std::streamsize>(size));
    return static_cast<size_t>(body->gcount());
  }

  long status() const {
    long status = 0;
    curl().easy_getinfo(handle_, kCurlResponseCode, &status);
    return status;
  }

  /// Fewer than given stop the transfer.
  size_t take_bytes(std::string_view bytes) {
    constexpr size_t kLargestAnswer = 256 << 20;
    try {
      if (request_.take && status() == 200)
        (*request_.take)(bytes);
      else if (answer_.body.size() + bytes.size() <= kLargestAnswer)
        answer_.body += bytes;
      else
        return 0;
      return bytes.size();
    } catch (...) {
      thrown_ = std::current_exception();
      return 0;
    }
  }

  void take_header(std::string_view line) {
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name = lower(line.substr(0, colon));
    if (name == "location") answer_.location = trim(line.substr(colon + 1));
    if (name == "date") answer_.date = trim(line.substr(colon + 1));
  }

  HttpConnections& connections_;
  const HttpRequest& request_;
  void* handle_ = nullptr;
  void* headers_ = nullptr;
  const std::string agent_ = std::string("filrouge/") + kVersion;
  char reason_[256] = {};
  std::exception_ptr thrown_;
  HttpAnswer answer_;
};

HttpConnections::~HttpConnections() {
  for (void* handle : idle_) curl().easy_cleanup(handle);
}

HttpAnswer HttpConnections::exchange(const HttpRequest& request) {
  return HttpExchange(*this, request).perform();
}

}  // namespace filrouge
