// A value that may still be text: it is parsed when somebody first looks at it.
//
// A plan of 2,000 steps loads 2,000 versions and looks at the lineage of none and at the parts of a key only where it
// differs. Copies share the value, so copying is cheap; the value never changes after it was set. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace filrouge {

template <class T>
class Lazy {
 public:
  using Parse = T (*)(const std::string& text);

  Lazy() : held_(nothing()) {}  ///< T{}
  Lazy(T value) : held_(std::make_shared<Held>()) { held_->value = std::move(value); }
  Lazy(std::string text, Parse parse) : held_(std::make_shared<Held>()) {
    held_->text = std::move(text);
    held_->parse = parse;
  }

  /// Throws what `parse` throws, each time.
  const T& operator*() const {
    if (held_->parse) std::call_once(held_->once, [this] { held_->value = held_->parse(held_->text); });
    return held_->value;
  }
  const T* operator->() const { return &**this; }
  operator const T&() const { return **this; }

 private:
  struct Held {
    std::once_flag once;
    T value{};
    std::string text;
    Parse parse = nullptr;
  };
  static const std::shared_ptr<Held>& nothing() {
    static const std::shared_ptr<Held> held = std::make_shared<Held>();
    return held;
  }
  std::shared_ptr<Held> held_;
};

}  // namespace filrouge
