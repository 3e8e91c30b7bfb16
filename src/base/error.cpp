#include "base/error.h"

namespace filrouge {
namespace {

struct KindName {
  ErrorKind kind;
  const char* name;
};
constexpr KindName kKinds[] = {{ErrorKind::user, "user"},         {ErrorKind::data, "data"},
                               {ErrorKind::engine, "engine"},     {ErrorKind::environment, "environment"},
                               {ErrorKind::internal, "internal"}, {ErrorKind::interrupted, "interrupted"}};

std::mutex secrets_mutex;
std::set<std::string>& secrets() {
  static std::set<std::string> set;
  return set;
}

}  // namespace

const char* to_string(ErrorKind kind) {
  for (const KindName& k : kKinds)
    if (k.kind == kind) return k.name;
  return "internal";
}

ErrorKind error_kind_from(const std::string& text) {
  for (const KindName& k : kKinds)
    if (text == k.name) return k.kind;
  return ErrorKind::internal;
}

Error::Error(ErrorKind k, std::string c, std::string m, std::string h)
    : kind(k), code(std::move(c)), message(scrub(std::move(m))), hint(scrub(std::move(h))) {}

void hide_secret(const std::string& secret) {
  if (secret.empty()) return;
  std::lock_guard lock(secrets_mutex);
  secrets().insert(secret);
}

std::string scrub(std::string text) {
  std::lock_guard lock(secrets_mutex);
  for (const std::string& secret : secrets())
    for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  return text;
}

void check_failed(const char* condition, const char* file, int line) {
  throw Error(ErrorKind::internal, "FR0900", fmt::format("broken invariant `{}` at {}:{}", condition, file, line),
              "this is a bug of filrouge: please report it with the thread that shows it");
}

}  // namespace filrouge
