#include <pwd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "store/webhdfs.h"

namespace filrouge {
namespace {

constexpr std::string_view kPlain = "webhdfs://", kSecure = "swebhdfs://";

/// `shown`: no more of the address than surely holds no secret.
[[noreturn]] void bad_address(std::string_view shown, const std::string& why) {
  throw Error(ErrorKind::user, "FR0604", fmt::format("--store cannot be `{}`: {}", shown, why),
              "for example --store webhdfs://namenode:9870/data/late");
}

/// "/data//late/" -> "/data/late".
std::string clean_path(std::string_view path) {
  std::string clean;
  for (const std::string& part : split(path, '/'))
    if (!part.empty()) clean += "/" + part;
  return clean;
}

bool is_plain_name(std::string_view name, std::string_view also) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || also.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool is_webhdfs(std::string_view text) {
  return text.starts_with(kPlain) || text.starts_with(kSecure);
}

WebHdfsAddress parse_webhdfs(const std::string& text) {
  WebHdfsAddress address;
  address.secure = text.starts_with(kSecure);
  std::string_view shown = std::string_view(text).substr(0, text.find_first_of("?#"));
  if (shown.size() != text.size()) bad_address(shown, "nothing follows the path, no `?` and no `#`");
  std::string_view rest = shown.substr(address.secure ? kSecure.size() : kPlain.size());
  size_t slash = rest.find('/');
  std::string_view place = rest.substr(0, slash);
  address.path = clean_path(slash == std::string_view::npos ? "" : rest.substr(slash));
  if (size_t at = place.rfind('@'); at != std::string_view::npos) {
    address.user = place.substr(0, at);
    place = place.substr(at + 1);
    if (!is_plain_name(address.user, "._-$"))
      bad_address(text.substr(0, 11) + "...", "before the @ stands a user's name and no password");
  }
  size_t colon = place.ends_with(']') ? std::string_view::npos : place.rfind(':');
  address.host = place.substr(0, colon);
  if (!is_plain_name(address.host, ".-_:[]")) bad_address(shown, "it names no host");
  if (address.secure) address.port = 9871;
  if (colon != std::string_view::npos) {
    auto port = parse_count(place.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) bad_address(shown, "the port is no number from 1 to 65535");
    address.port = static_cast<int>(*port);
  }
  if (address.path.empty()) bad_address(shown, "it names no folder");
  for (const std::string& part : split(address.path, '/'))
    if (part == "." || part == ".." || part.find(':') != std::string::npos)
      bad_address(shown, fmt::format("HDFS takes no folder called `{}`", part));
  return address;
}

std::string WebHdfsAddress::text() const {
  return fmt::format("{}{}{}{}:{}{}", secure ? kSecure : kPlain, user, user.empty() ? "" : "@", host, port, path);
}

std::string own_user_name() {
  if (const struct passwd* user = ::getpwuid(::geteuid())) return user->pw_name;
  return std::to_string(::geteuid());
}

}  // namespace filrouge
