// The reducer once more: g++ -O2 -o sum sum.cpp
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

static std::string last;
static unsigned long long total = 0;

static void print() {
  if (!last.empty()) printf("%s\t%llu\n", last.c_str(), total);
}

int main() {
  char* line = nullptr;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
    std::string_view text(line, static_cast<size_t>(length)), word = text.substr(0, text.find('\t'));
    if (word != last) {
      print();
      last = word;
      total = 0;
    }
    total += strtoull(line + word.size() + 1, nullptr, 10);
  }
  print();
}
