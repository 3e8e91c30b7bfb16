// The reducer of the index once more: g++ -O2 -o gather gather.cpp
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

static std::string last, places;
static unsigned long long count = 0;

static void print() {
  if (count > 0) printf("%s\t%llu\t%s\n", last.c_str(), count, places.c_str());
}

int main() {
  char* line = nullptr;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
    std::string_view text(line, static_cast<size_t>(length) - 1), word = text.substr(0, text.find('\t'));
    if (word != last) {
      print();
      last = word, places.clear(), count = 0;
    }
    if (count++ > 0) places += ' ';
    places += text.substr(word.size() + 1);
  }
  print();
}
