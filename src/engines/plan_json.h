// Reads the JSON that DuckDB prints of its plans: a flat array of nodes over the text, nothing copied.
//
// A plan of a small query is 2-3 kB and is read once; building a nlohmann DOM of it took 62 us a query, this takes 5,
// and `plan` does it for thousands of queries. Trusts its input to be JSON, and fails (FR_CHECK) where it is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace filrouge {

class PlanJson;

/// A value of a PlanJson, which must outlive it. A default or missing node is false, and everything asked of it is
/// empty.
class PlanNode {
 public:
  PlanNode() = default;
  explicit operator bool() const { return tree_ != nullptr; }

  /// The member `key` of an object.
  PlanNode operator[](std::string_view key) const;
  size_t size() const;  ///< members or elements
  bool is_object() const;
  bool is_array() const;
  std::string_view key() const;          ///< its name in the object around it; escapes are left as they are
  std::string text() const;              ///< a string without its escapes; any other scalar as written
  bool is(std::string_view text) const;  ///< equals a string that has no escapes
  uint64_t number(uint64_t otherwise = 0) const;

  class Iterator {
   public:
    Iterator(const PlanJson* tree, uint32_t at) : tree_(tree), at_(at) {}
    PlanNode operator*() const { return {tree_, at_}; }
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const PlanJson* tree_;
    uint32_t at_;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class PlanJson;
  PlanNode(const PlanJson* tree, uint32_t at) : tree_(tree), at_(at) {}
  const PlanJson* tree_ = nullptr;
  uint32_t at_ = 0;
};

class PlanJson {
 public:
  explicit PlanJson(std::string text);
  PlanJson(const PlanJson&) = delete;
  PlanJson& operator=(const PlanJson&) = delete;
  PlanNode root() const { return {this, 0}; }

 private:
  friend class PlanNode;
  friend class PlanNode::Iterator;
  enum class Kind : uint8_t { object, array, string, scalar };
  struct Node {
    Kind kind;
    uint32_t begin, end;          ///< of a string (without quotes) or scalar, in text_
    uint32_t key_begin, key_end;  ///< empty outside objects
    uint32_t next;                ///< index of the node after this one and all below it
  };
  void parse();
  void read_value(uint32_t key_begin, uint32_t key_end);
  std::pair<uint32_t, uint32_t> read_string();
  void skip_blank();

  std::string text_;
  std::vector<Node> nodes_;
  uint32_t at_ = 0;
};

}  // namespace filrouge
