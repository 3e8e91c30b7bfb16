#include "run/selectors.h"

#include <fnmatch.h>

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr size_t kAll = SIZE_MAX;

/// A selector taken apart: "2+flights+" -> up 2, down all.
struct Selector {
  std::string pattern;
  size_t up = 0, down = 0;
  bool closed = false;  // @NAME
};

Selector parse_selector(std::string text) {
  Selector selector;
  if (text.starts_with('@')) selector.closed = true, text.erase(0, 1);
  size_t digits = text.find_first_not_of("0123456789");
  if (digits != std::string::npos && text[digits] == '+') {
    selector.up = digits == 0 ? kAll : std::stoul(text.substr(0, digits));
    text.erase(0, digits + 1);
  }
  if (size_t plus = text.rfind('+'); plus != std::string::npos && plus > 0) {
    std::string depth = text.substr(plus + 1);
    if (depth.find_first_not_of("0123456789") == std::string::npos) {
      selector.down = depth.empty() ? kAll : std::stoul(depth);
      text.resize(plus);
    }
  }
  selector.pattern = text;
  return selector;
}

using Links = std::vector<std::vector<size_t>>;

/// Marks what is reached from the marked steps in at most `depth` links.
void spread(const Links& links, size_t depth, std::vector<bool>& marked) {
  std::vector<size_t> border;
  for (size_t i = 0; i < marked.size(); ++i)
    if (marked[i]) border.push_back(i);
  while (depth-- > 0 && !border.empty()) {
    std::vector<size_t> next;
    for (size_t from : border)
      for (size_t to : links[from])
        if (!marked[to]) marked[to] = true, next.push_back(to);
    border = std::move(next);
  }
}

class Matcher {
 public:
  explicit Matcher(const std::vector<SelectableStep>& steps) : steps_(steps), up_(steps.size()), down_(steps.size()) {
    for (size_t i = 0; i < steps.size(); ++i) {
      up_[i] = steps[i].needs;
      for (size_t need : steps[i].needs) down_[need].push_back(i);
    }
  }

  /// The steps of "a,b": the intersection of its parts.
  std::vector<bool> match(const std::string& text) const {
    std::vector<bool> all(steps_.size(), true);
    for (const std::string& part : split(text, ',')) {
      std::vector<bool> one = match_one(part);
      for (size_t i = 0; i < all.size(); ++i) all[i] = all[i] && one[i];
    }
    return all;
  }

 private:
  std::vector<bool> match_one(const std::string& text) const {
    Selector selector = parse_selector(text);
    std::vector<bool> marked(steps_.size());
    bool any = false;
    for (size_t i = 0; i < steps_.size(); ++i) {
      std::string whole = steps_[i].verb + ":" + steps_[i].name;
      auto fits = [&](const std::string& name) { return ::fnmatch(selector.pattern.c_str(), name.c_str(), 0) == 0; };
      marked[i] = fits(steps_[i].name) || fits(whole);
      any = any || marked[i];
    }
    if (!any) no_such_step(selector.pattern);
    std::vector<bool> below = marked;
    spread(up_, selector.up, marked);
    if (selector.closed) {
      spread(down_, kAll, below);
      spread(up_, kAll, below);
    } else {
      spread(down_, selector.down, below);
    }
    for (size_t i = 0; i < marked.size(); ++i) marked[i] = marked[i] || below[i];
    return marked;
  }

  [[noreturn]] void no_such_step(const std::string& pattern) const {
    std::vector<std::string> names;
    for (const SelectableStep& step : steps_) names.push_back(step.name);
    auto near = nearest(pattern, names);
    throw Error(ErrorKind::user, "FR0606", fmt::format("no step `{}` in this thread", pattern),
                near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge plan");
  }

  const std::vector<SelectableStep>& steps_;
  Links up_, down_;
};

}  // namespace

std::vector<bool> select_steps(const std::vector<SelectableStep>& steps, const std::vector<std::string>& select,
                               const std::vector<std::string>& exclude) {
  Matcher matcher(steps);
  std::vector<bool> chosen(steps.size(), select.empty());
  auto apply = [&](const std::vector<std::string>& selectors, bool value) {
    for (const std::string& text : selectors) {
      std::vector<bool> matched = matcher.match(text);
      for (size_t i = 0; i < chosen.size(); ++i)
        if (matched[i]) chosen[i] = value;
    }
  };
  apply(select, true);
  apply(exclude, false);
  return chosen;
}

}  // namespace filrouge
