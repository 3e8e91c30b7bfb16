// The mapper once more, for large texts: g++ -O2 -o split split.cpp
// It counts the words of its part before it prints them, so that there is less to sort: the reducer adds what is left.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

static std::unordered_map<std::string, uint64_t> counts;
static std::string word;

static void end_word() {
  if (word.empty()) return;
  ++counts[word];
  word.clear();
}

int main() {
  static char block[1 << 16];
  counts.reserve(1 << 17);
  for (size_t got; (got = fread(block, 1, sizeof block, stdin)) > 0;)
    for (size_t i = 0; i < got; ++i) {
      unsigned char letter = block[i] | 0x20;  // a capital letter is a small one without this bit
      if (letter >= 'a' && letter <= 'z' && block[i] >= 'A')
        word += static_cast<char>(letter);
      else
        end_word();
    }
  end_word();
  for (const auto& [text, n] : counts) printf("%s\t%llu\n", text.c_str(), static_cast<unsigned long long>(n));
}
