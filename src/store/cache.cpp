// The caches. A value is kept behind a hash of itself and its key: what does not match was never remembered.
#include "base/error.h"
#include "base/hash.h"
#include "store/catalog.h"

namespace filrouge {
namespace {

std::string entry_hash(std::string_view kind, std::string_view key, std::string_view value) {
  Hasher hasher;
  for (std::string_view field : {kind, key, value}) hasher.field(field);
  return hasher.hex();
}

std::string sealed(const std::string& kind, const std::string& key, std::string_view value) {
  return entry_hash(kind, key, value) + std::string(value);
}

std::optional<std::string> unsealed(const std::string& kind, const std::string& key, const std::string& text) {
  constexpr size_t kHashSize = 32;
  if (text.size() < kHashSize) return std::nullopt;
  std::string value = text.substr(kHashSize);
  if (entry_hash(kind, key, value) != std::string_view(text).substr(0, kHashSize)) return std::nullopt;
  return value;
}

}  // namespace

Cache::Cache(const std::filesystem::path& file) : database_(file, Database::Mode::relaxed) {
  database_.execute(
      "CREATE TABLE IF NOT EXISTS cache (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID");
}

std::optional<std::string> Cache::get(const std::string& kind, const std::string& key) {
  SqlQuery row = database_.query("SELECT value FROM cache WHERE kind = ? AND key = ?", kind, key);
  if (!row.next()) return std::nullopt;
  return unsealed(kind, key, row.text(0));
}

std::map<std::string, std::string> Cache::all(const std::string& kind) {
  std::map<std::string, std::string> entries;
  SqlQuery row = database_.query("SELECT key, value FROM cache WHERE kind = ? ORDER BY key", kind);
  while (row.next())
    if (auto value = unsealed(kind, row.text(0), row.text(1))) entries.insert_or_assign(row.text(0), std::move(*value));
  return entries;
}

void Cache::put(const std::string& kind, std::span<const std::pair<std::string, std::string>> entries) {
  Transaction transaction(database_);
  for (const auto& [key, value] : entries)
    database_.run("INSERT OR REPLACE INTO cache VALUES (?, ?, ?)", kind, key, sealed(kind, key, value));
  transaction.commit();
}

std::vector<std::string> Cache::problems() {
  std::vector<std::string> problems = database_.problems();
  SqlQuery row = database_.query("SELECT kind, key, value FROM cache");
  while (row.next())
    if (!unsealed(row.text(0), row.text(1), row.text(2)))
      problems.push_back(fmt::format("an entry of kind {} has changed", row.text(0)));
  return problems;
}

}  // namespace filrouge
