// From the items below `steps:` to Steps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "thread/reporter.h"
#include "thread/thread.h"
#include "thread/thread_files.h"

namespace filrouge {

class StepReader {
 public:
  /// Sound steps go into thread.steps, the names of the others into thread.left_out.
  StepReader(const std::vector<VerbSpec>& verbs, Thread& thread, ThreadFiles& files, Reporter& reporter);

  const std::vector<std::string>& verb_names() const { return verb_names_; }
  /// Takes the steps out of a sequence. Called once per file.
  void read(Node& list);

 private:
  struct Verb {
    const VerbSpec* spec = nullptr;
    const Node* key = nullptr;
  };
  struct FirstPlace {
    std::string file;
    int line;
  };
  void read_step(Node& node);
  void not_a_step(const Node& node);
  Verb find_verb(const Node& node);
  Verb one_of(const Node& node, const std::vector<Verb>& found);
  void no_verb(const Node& node);
  bool check_step_name(const Node& name, const Node& key);
  bool is_first(const VerbSpec& verb, const Node& name);
  void take_sql_file(const VerbSpec& verb, const Node& node, Step& step);

  const std::vector<VerbSpec>& verbs_;
  Thread& thread_;
  ThreadFiles& files_;
  Reporter& reporter_;
  std::vector<std::string> verb_names_;
  std::map<std::string, FirstPlace> steps_;   ///< "sql departures" -> where that name stands
  std::map<std::string, FirstPlace> tables_;  ///< "departures"
};

}  // namespace filrouge
