#include "base/hash.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/files.h"

namespace filrouge {

struct Hasher::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(state_->xxh);
}
Hasher::~Hasher() = default;

void Hasher::bytes(const void* data, size_t size) {
  XXH3_128bits_update(state_->xxh, data, size);
}

void Hasher::field(std::string_view text) {
  uint64_t size = text.size();
  bytes(&size, sizeof size);
  bytes(text.data(), text.size());
}

std::string Hasher::hex() const {
  XXH128_hash_t digest = XXH3_128bits_digest(state_->xxh);
  return fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
}

std::string hash_text(std::string_view text) {
  Hasher hasher;
  hasher.bytes(text.data(), text.size());
  return hasher.hex();
}

std::string hash_file(const std::filesystem::path& path) {
  Hasher hasher;
  read_in_blocks(path, [&](std::string_view block) { hasher.bytes(block.data(), block.size()); });
  return hasher.hex();
}

std::string md5(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) != 1) return "";
  return std::string(reinterpret_cast<const char*>(digest), size);
}

std::string sha256_file(const std::filesystem::path& path) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  read_in_blocks(path, [&](std::string_view b) { EVP_DigestUpdate(context.get(), b.data(), b.size()); });
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace filrouge
