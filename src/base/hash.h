// Content hashes: XXH3, 128 bits, written as 32 lower-case hexadecimal digits.
//
// They name versions and tell whether content changed. They protect against accidents, not against a forger: whoever
// can write into the store can also write its receipts. (XXH3 reads 10 GB/s and more; SHA-256 0.4 to 2 GB/s.) SHA-256
// is used where a hash is shown to the world: what was downloaded.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace filrouge {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void bytes(const void* data, size_t size);
  /// A field: its length goes in before it, so ("ab","c") and ("a","bc") differ.
  void field(std::string_view text);
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hash_text(std::string_view text);
/// Reads the whole file. Throws Error(environment, FR0501) when it cannot be read.
std::string hash_file(const std::filesystem::path& path);
/// The 16 bytes of the MD5, for what others hash so (HDFS): it tells accidents apart, not forgers. Empty
/// where the machine forbids it.
std::string md5(std::string_view text);
std::string sha256_file(const std::filesystem::path& path);

}  // namespace filrouge
