// One request over HTTP and its answer, by libcurl: what webhdfs.cpp is made of. No redirect is followed, nothing is
// tried twice.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace filrouge {

struct HttpRequest {
  std::string method, url;
  bool secure = false;  ///< https and nothing else
  long connect_seconds = 15;
  long silent_seconds = 60;  ///< without a byte: an answer that stops coming
  /// Not sent again by libcurl itself either, which does so when a kept connection turns out to be closed.
  bool only_once = false;
  std::istream* body = nullptr;  ///< of a PUT: `body_bytes`, from its beginning; null: none
  uint64_t body_bytes = 0;
  /// Gets the bytes of an answer with status 200 in place of HttpAnswer::body; what it throws ends the exchange.
  const std::function<void(std::string_view)>* take = nullptr;
};

struct HttpAnswer {
  long status = 0;       ///< 0: there was no whole answer
  std::string reason;    ///< why not
  bool was_sent = true;  ///< false: there was no connection
  std::string body, location, date;
  std::string server;  ///< "host:port" that was asked
  bool is_good() const { return status >= 200 && status < 300; }
};

/// Connections that are kept for the next request. Thread-safe.
class HttpConnections {
 public:
  HttpConnections() = default;
  ~HttpConnections();
  HttpConnections(const HttpConnections&) = delete;
  HttpConnections& operator=(const HttpConnections&) = delete;

  /// Throws FR0329 without libcurl, and what `take` throws.
  HttpAnswer exchange(const HttpRequest& request);

 private:
  friend class HttpExchange;
  std::mutex mutex_;
  std::vector<void*> idle_;  // handles of libcurl
};

}  // namespace filrouge
