// A proof of lineage that knows nothing of how it was computed: change one source column, run the query again, and see
// which columns of the result are no longer the same.
#pragma once

#include <random>

#include "engines/duckdb_session.h"
#include "engines/engine.h"

namespace filrouge {

class Soundness {
 public:
  /// `data` holds tables in schema main. Its results must be those of one thread.
  explicit Soundness(DuckSession& data);

  Binder& binder() { return *binder_; }
  const std::map<std::string, Schema>& tables() const { return schemas_; }

  struct Outcome {
    std::string name;
    int runs = 0;                                                  ///< perturbed runs that gave a result
    std::vector<std::string> violations;                           ///< "t.c changed output x, which does not have it"
    std::set<std::pair<std::string, std::string>> claimed, shown;  ///< (output column, source column) of `values`
  };
  /// Perturbs `columns_per_query` columns of the tables read (0 = all of them, in each of the ways).
  Outcome check(const std::string& name, const std::string& sql, size_t columns_per_query);

 private:
  std::vector<std::string> result_hashes(const std::string& sql, RowOrder order);
  void perturb(const ColumnRef& column, size_t way);
  void restore(const std::string& table);
  std::vector<ColumnRef> columns_to_try(const Query& query, size_t count);

  DuckSession& data_;
  std::unique_ptr<Binder> binder_;
  std::map<std::string, Schema> schemas_;
  std::mt19937 random_{20130101};
};

}  // namespace filrouge
