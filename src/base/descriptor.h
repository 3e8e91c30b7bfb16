// A file descriptor that is closed with its owner, and what is done with one.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <utility>

namespace filrouge {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_ = -1;
};

/// Throw Error(environment, FR0501 or FR0502) with the system's reason. A file to write is made anew, for the user
/// only.
Descriptor open_to_read(const std::filesystem::path& file);
Descriptor open_to_write(const std::filesystem::path& file);

/// All of `bytes`, however many calls that takes. False where one fails; errno says why.
bool write_whole(int number, std::string_view bytes);
/// The same for a file: Error(environment, FR0502) with its name.
void write_whole(const Descriptor& to, const std::filesystem::path& file, std::string_view bytes);

}  // namespace filrouge
