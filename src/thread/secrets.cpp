#include "thread/secrets.h"

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "thread/thread.h"

namespace filrouge {

namespace {

constexpr std::string_view kOpen = "${secret:";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/// Length of what was meant as a secret at `at` (a "${"), or 0: "${secret}", "${ secret : x }", "${SECRET.x".
size_t meant_length(std::string_view text, size_t at) {
  size_t word = text.find_first_not_of(" \t", at + 2);
  if (word == std::string_view::npos || lower(text.substr(word, 6)) != "secret") return 0;
  size_t after = word + 6;
  if (after < text.size() && lower(text.substr(after, 1)) == "s") ++after;
  if (after < text.size() && is_word(text[after])) return 0;
  size_t end = text.find_first_of("}\n", after);
  if (end == std::string_view::npos)
    end = text.size();
  else if (text[end] == '}')
    ++end;
  return end - at;
}

template <typename Visit>
void visit_scalars(const Node& node, const Visit& visit) {
  if (node.kind == Node::Kind::scalar) visit(node);
  for (const Node& item : node.items) visit_scalars(item, visit);
  for (const auto& [key, value] : node.entries) visit_scalars(value, visit);
}

bool names_a_secret(std::string_view key) {
  constexpr std::string_view kKeys[] = {"password",   "passwd",       "pwd",           "token",      "secret",
                                        "api_key",    "apikey",       "access_key",    "secret_key", "private_key",
                                        "auth_token", "access_token", "client_secret", "passphrase"};
  return std::find(std::begin(kKeys), std::end(kKeys), lower(key)) != std::end(kKeys);
}

/// https://me:hunter2@host/ holds a password.
bool has_password_in_address(std::string_view text) {
  size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view host = text.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?# \n"));
  size_t at = host.rfind('@'), colon = host.find(':');
  return at != std::string_view::npos && colon != std::string_view::npos && colon + 1 < at;
}

std::optional<std::string> secret_from_file(const std::string& name, const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  std::vector<Diagnostic> problems;
  Node root = parse_yaml(read_file(path), path.string(), problems);
  if (has_errors(problems))  // without the line: it may hold a secret
    throw Error(ErrorKind::user, "FR0121", fmt::format("{}:{} is not YAML", path.string(), problems.front().line),
                "one `name: value` a line is expected");
  const Node* value = root.find(name);
  if (!value || value->kind != Node::Kind::scalar) return std::nullopt;
  return value->text;
}

std::map<std::string, std::string>& provided_secrets() {
  static std::map<std::string, std::string> secrets;
  return secrets;
}

std::string secret_value(const std::string& name) {
  if (auto known = provided_secrets().find(name); known != provided_secrets().end()) return known->second;
  std::string variable = "FILROUGE_SECRET_" + name;
  for (char& c : variable)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (const char* value = std::getenv(variable.c_str())) return value;
  fs::path path = config_folder() / "secrets.yaml";
  if (auto value = secret_from_file(name, path)) return *value;
  throw Error(ErrorKind::user, "FR0121", fmt::format("the secret `{}` is not known", name),
              fmt::format("set the environment variable {}, or add `{}: value` to {}", variable, name, path.string()));
}

}  // namespace

std::vector<SecretUse> find_secrets(std::string_view text) {
  std::vector<SecretUse> uses;
  for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
    size_t length = meant_length(text, at);
    if (length == 0) {
      at += 2;
      continue;
    }
    SecretUse use{at, length, ""};
    std::string_view whole = text.substr(at, length);
    if (whole.starts_with(kOpen) && whole.ends_with('}')) {
      std::string_view name = whole.substr(kOpen.size(), whole.size() - kOpen.size() - 1);
      bool good = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) &&
                  std::all_of(name.begin(), name.end(), is_word);
      if (good) use.name = name;
    }
    uses.push_back(std::move(use));
    at += length;
  }
  return uses;
}

void check_secret_forms(const Node& node, const std::string& source, Reporter& reporter) {
  visit_scalars(node, [&](const Node& scalar) {
    for (const SecretUse& use : find_secrets(scalar.text)) {
      if (!use.name.empty()) continue;
      std::string written = scalar.text.substr(use.offset, use.length);
      Diagnostic problem =
          problem_at(scalar, "FR0129", fmt::format("`{}` does not name a secret", written), "write `${secret:name}`",
                     "a name has letters, digits and `_`, and begins with a letter");
      Place place = place_in_scalar(scalar, source, use.offset);
      problem.line = place.line, problem.column = place.column;
      problem.length = static_cast<int>(count_code_points(written));
      reporter.add(std::move(problem));
    }
  });
}

namespace {

void warn_under(const Node& node, Reporter& reporter) {
  auto warn = [&](const Node& place, std::string message) {
    Diagnostic problem =
        problem_at(place, "FR0130", std::move(message), "write `${secret:name}` in its place",
                   "the value then comes from the environment variable FILROUGE_SECRET_NAME or from a file "
                   "outside of the thread");
    problem.severity = Severity::warning;
    reporter.add(std::move(problem));
  };
  for (const Node& item : node.items) warn_under(item, reporter);
  for (const auto& [key, value] : node.entries) {
    bool plain = value.kind == Node::Kind::scalar && !value.text.empty() && find_secrets(value.text).empty();
    if (plain && names_a_secret(key.text))
      warn(key, fmt::format("`{}` stands in the thread as plain text", key.text));
    else if (plain && has_password_in_address(value.text))
      warn(value, "an address with a password stands in the thread as plain text");
    else if (key.text != "columns")
      warn_under(value, reporter);  // there, keys are names of columns
  }
}

}  // namespace

void warn_of_plain_secrets(const Node& step, Reporter& reporter) {
  warn_under(step, reporter);
}

std::string resolve_secrets(const std::string& text) {
  std::string out;
  size_t from = 0;
  for (const SecretUse& use : find_secrets(text)) {
    if (use.name.empty())
      throw Error(ErrorKind::user, "FR0129",
                  fmt::format("`{}` does not name a secret", text.substr(use.offset, use.length)),
                  "write `${secret:name}`");
    std::string value = secret_value(use.name);
    hide_secret(value);
    out.append(text, from, use.offset - from).append(value);
    from = use.offset + use.length;
  }
  return out.append(text, from);
}

std::map<std::string, std::string> secrets_in(const std::string& text) {
  std::map<std::string, std::string> secrets;
  for (const SecretUse& use : find_secrets(text)) {
    if (use.name.empty()) continue;
    std::string value = secret_value(use.name);
    hide_secret(value);
    secrets[use.name] = value;
  }
  return secrets;
}

void provide_secret(const std::string& name, const std::string& value) {
  hide_secret(value);
  provided_secrets()[name] = value;
}

}  // namespace filrouge
