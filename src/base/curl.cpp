#include "base/curl.h"

#include <dlfcn.h>

#include "base/error.h"

namespace filrouge {
namespace {

Curl load_curl() {
  void* handle = nullptr;
  for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"})
    if (!handle) handle = dlopen(name, RTLD_NOW);
  if (!handle)
    throw Error(ErrorKind::environment, "FR0329", "a transfer over HTTP needs libcurl, which is not installed",
                "on Debian and Ubuntu: sudo apt install libcurl4");
  Curl curl{};
  auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    FR_CHECK(function != nullptr);
  };
  find("curl_global_init", curl.global_init);
  find("curl_easy_init", curl.easy_init);
  find("curl_easy_cleanup", curl.easy_cleanup);
  find("curl_easy_reset", curl.easy_reset);
  find("curl_easy_setopt", curl.easy_setopt);
  find("curl_easy_perform", curl.easy_perform);
  find("curl_easy_getinfo", curl.easy_getinfo);
  find("curl_easy_strerror", curl.easy_strerror);
  find("curl_slist_append", curl.slist_append);
  find("curl_slist_free_all", curl.slist_free_all);
  find("curl_version", curl.version);
  constexpr long kEverything = 3;
  curl.global_init(kEverything);
  return curl;
}

}  // namespace

const Curl& curl() {
  static const Curl library = load_curl();
  return library;
}

std::string curl_version() {
  return curl().version();
}

}  // namespace filrouge
