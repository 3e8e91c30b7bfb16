// The mapper once more, for large texts: g++ -O2 -o split split.cpp
// It counts the words of its part before it prints them, so that there is less to sort: the reducer adds what is left.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

struct Word {
  uint64_t hash = 0, n = 0;
  std::string text;
};

/// Words by their hash: one whose place is taken stands in the next free one.
class Counts {
 public:
  void add(uint64_t hash, const std::string& text) {
    Word& word = find(hash, text);
    if (word.n++ > 0) return;
    word.hash = hash;
    word.text = text;
    if (++size_ * 2 > words_.size()) grow();
  }
  void print() const {
    for (const Word& word : words_)
      if (word.n > 0) printf("%s\t%llu\n", word.text.c_str(), static_cast<unsigned long long>(word.n));
  }

 private:
  Word& find(uint64_t hash, const std::string& text) {
    size_t at = hash % words_.size();
    while (words_[at].n > 0 && (words_[at].hash != hash || words_[at].text != text)) at = (at + 1) % words_.size();
    return words_[at];
  }
  void grow() {
    std::vector<Word> old(words_.size() * 4);
    old.swap(words_);
    for (Word& word : old)
      if (word.n > 0) find(word.hash, word.text) = std::move(word);
  }
  std::vector<Word> words_ = std::vector<Word>(1 << 16);
  size_t size_ = 0;
};

int main() {
  static char block[1 << 16];
  Counts counts;
  std::string word;
  constexpr uint64_t kStart = 0xcbf29ce484222325, kTimes = 0x100000001b3;  // the hash FNV-1a
  uint64_t hash = kStart;
  auto end_word = [&] {
    if (!word.empty()) counts.add(hash ^ (hash >> 29), word);
    word.clear();
    hash = kStart;
  };
  for (size_t got; (got = fread(block, 1, sizeof block, stdin)) > 0;)
    for (size_t i = 0; i < got; ++i) {
      auto letter = static_cast<unsigned char>(block[i] | 0x20);  // a capital letter is a small one without this bit
      if (letter < 'a' || letter > 'z') {
        end_word();
      } else {
        word += static_cast<char>(letter);
        hash = (hash ^ letter) * kTimes;
      }
    }
  end_word();
  counts.print();
}
