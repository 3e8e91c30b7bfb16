// libcurl, opened when first needed: the program starts without it, and everything that people expect of a transfer
// (redirects, proxies with their exceptions, the system's certificates) is as curl does it. Of its interface only what
// is used is declared here; the numbers are those of its stable ABI (curl/curl.h).
//
// Rejected: cpp-httplib, which Debian ships as a shared library that would be needed at start; Beast, without
// redirects, proxies and read timeouts of its own.
#pragma once

#include <string>

namespace filrouge {

enum CurlOption : int {
  kCurlLowSpeedBytes = 19,
  kCurlLowSpeedSeconds = 20,
  kCurlUpload = 46,
  kCurlFollowRedirects = 52,
  kCurlMostRedirects = 68,
  kCurlFreshConnection = 74,
  kCurlConnectSeconds = 78,
  kCurlNoSignals = 99,
  kCurlProtocols = 181,
  kCurlRedirectProtocols = 182,
  kCurlWriteTo = 10001,
  kCurlUrl = 10002,
  kCurlReadFrom = 10009,
  kCurlErrorText = 10010,
  kCurlUserAgent = 10018,
  kCurlHeaders = 10023,
  kCurlHeaderTo = 10029,
  kCurlMethod = 10036,
  kCurlAuthorities = 10065,
  kCurlWrite = 20011,
  kCurlRead = 20012,
  kCurlHeader = 20079,
  kCurlUploadBytes = 30115
};
enum CurlProtocol : long { kCurlHttp = 1, kCurlHttps = 2 };
enum CurlInfo : int { kCurlResponseCode = 0x200002 };

/// Functions of the library; a handle is used by one thread at a time.
struct Curl {
  int (*global_init)(long flags);
  void* (*easy_init)();
  void (*easy_cleanup)(void* handle);
  void (*easy_reset)(void* handle);
  int (*easy_setopt)(void* handle, int option, ...);
  int (*easy_perform)(void* handle);
  int (*easy_getinfo)(void* handle, int what, ...);
  const char* (*easy_strerror)(int code);
  void* (*slist_append)(void* list, const char* text);
  void (*slist_free_all)(void* list);
  char* (*version)();
};

/// The library, opened at the first call. Thread-safe. Throws Error(environment, FR0329) where there is none.
const Curl& curl();

/// "libcurl/7.88.1 OpenSSL/3.0.17 ..." of the library that is opened. Throws like curl().
std::string curl_version();

}  // namespace filrouge
