// A store in a folder of its own, and versions to put into it.
#pragma once

#include <gtest/gtest.h>

#include "../code_of.h"
#include "../temp_folder.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/store.h"

namespace filrouge {

inline void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

inline std::string key_of(const std::string& text) {
  return hash_text(text);
}

/// In place: replacing the file would make the file system write all of it out, each time.
inline void flip_bit(const fs::path& file, size_t byte) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekg(static_cast<std::streamoff>(byte));
  char c = static_cast<char>(stream.get() ^ 1);
  stream.seekp(static_cast<std::streamoff>(byte));
  stream.put(c);
}

/// A version of `name` with a main table and a side table, every field set.
inline Version sample_version(const std::string& verb, const std::string& name, const std::string& key,
                              size_t columns = 2) {
  Version version;
  version.verb = verb;
  version.name = name;
  version.key = key;
  version.summary = "3 rows";
  version.notes = {"1 row rejected"};
  version.details = Json{{"delimiter", ","}, {"nested", {1, 2.5, nullptr}}};
  version.why_key =
      Json{{"step", hash_text(name)}, {"params", Json::object()}, {"uses", {{"source.a", hash_text(key)}}}};
  version.seconds = 0.25;
  version.cpu_seconds = 0.5;
  version.peak_memory_bytes = 91'000'000;
  version.engine = "duckdb 1.5.5";
  for (const std::string& table_name : {name, name + ".rejects"}) {
    StoredTable table;
    table.name = table_name;
    table.files = {table_name == name ? "data-0.parquet" : "rejects/data-0.parquet"};
    table.rows = 3;
    table.bytes = 100;
    TableLineage lineage;
    lineage.tables = {"source"};
    lineage.rows = {{"source", "kept"}};
    for (size_t i = 0; i < columns; ++i) {
      std::string column = "column_" + std::to_string(i);
      table.schema.columns.push_back(
          {column, i % 2 ? "VARCHAR" : "DECIMAL(18,3)", i ? Json() : Json{{"about", "first"}}});
      table.column_hashes.push_back(hash_text(key + column));
      lineage.columns.push_back({column, {{"source", column}}, {{"source", "kept"}}});
    }
    table.lineage = std::move(lineage);
    version.tables.push_back(std::move(table));
  }
  return version;
}

/// Stages two files and commits. The content follows from the key.
inline Version commit_sample(Store& store, const std::string& verb, const std::string& name, const std::string& key) {
  fs::path staging = store.stage();
  write_text(staging / "data-0.parquet", "main data of " + key);
  write_text(staging / "rejects/data-0.parquet", "rejects of " + key);
  return store.commit(staging, sample_version(verb, name, key));
}

/// "what path" of each finding.
inline std::vector<std::string> texts(const std::vector<Finding>& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.push_back(finding.what + " " + finding.path);
  return texts;
}

class StoreTest : public testing::Test {
 protected:
  std::unique_ptr<Store> writer() const { return Store::open(folder_, Store::Access::write, false); }
  std::unique_ptr<Store> reader() const { return Store::open(folder_, Store::Access::read, false); }

  TempFolder temporary_;
  const fs::path root_ = temporary_.path(), folder_ = root_ / "store";
};

}  // namespace filrouge
