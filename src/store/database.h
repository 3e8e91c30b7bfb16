// A thin layer over SQLite; database.cpp is the only file that knows its header.
//
// Not thread-safe: the owner of a Database keeps others out. Errors: FR0512 where the file is damaged or is not a
// database, else FR0513; both name the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace filrouge {

/// Bytes, as against text.
struct Blob {
  std::string_view bytes;
};

class Database;

/// A statement that is being executed. The next use of the same SQL needs this one to be gone.
class SqlQuery {
 public:
  ~SqlQuery();
  SqlQuery(const SqlQuery&) = delete;
  SqlQuery& operator=(const SqlQuery&) = delete;

  bool next();  ///< to the next row; false after the last
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::string_view blob(int column) const;  ///< until the next call of next()

 private:
  friend class Database;
  template <class... Values>
  SqlQuery(Database& database, sqlite3_stmt* statement, const Values&... values)
      : database_(database), statement_(statement) {
    int position = 0;
    (bind(++position, values), ...);
  }
  void bind(int position, int64_t value);
  void bind(int position, double value);
  void bind(int position, std::string_view value);  ///< the text must live as long as the SqlQuery
  void bind(int position, Blob value);
  template <class T>
  requires std::is_integral_v<T>
  void bind(int position, T value) { bind(position, static_cast<int64_t>(value)); }

  Database& database_;
  sqlite3_stmt* statement_;
};

class Database {
 public:
  enum class Mode {
    read,    ///< the file must be there; where not even SQLite's own side files can be made, it is read as it stands
    write,   ///< made if need be; every transaction is durable when it returns
    relaxed  ///< as write, but the last transactions may be lost with power
  };
  Database(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements without results or parameters.
  void execute(const char* statements);
  /// `sql` must be a literal: prepared statements are kept by its address.
  template <class... Values>
  SqlQuery query(const char* sql, const Values&... values) {
    return SqlQuery(*this, prepared(sql), values...);
  }
  /// Executes to the end; returns the number of rows changed.
  template <class... Values>
  int64_t run(const char* sql, const Values&... values) {
    SqlQuery running = query(sql, values...);
    while (running.next()) {
    }
    return changes();
  }
  int64_t last_row_id() const;
  /// What SQLite's own check of the file finds.
  std::vector<std::string> problems();
  const std::filesystem::path& file() const { return file_; }

 private:
  friend class SqlQuery;
  void open(const std::string& uri, int flags);
  sqlite3_stmt* prepared(const char* sql);
  int64_t changes() const;
  [[noreturn]] void fail(int code) const;

  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace filrouge
