// The mapper of the index once more: g++ -O2 -o places places.cpp
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <utility>

/// The words of a text, in small letters.
static std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  std::string word;
  for (char byte : std::string(text) + ' ') {
    char letter = static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    if (letter >= 'a' && letter <= 'z')
      word += letter;
    else if (!word.empty())
      words.insert(std::exchange(word, ""));
  }
  return words;
}

int main() {
  char* line = nullptr;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
    std::string_view row(line, static_cast<size_t>(length));  // file TAB line TAB text
    size_t file = row.find('\t'), number = row.find('\t', file + 1);
    std::string place = std::string(row.substr(0, file)) + ":" + std::string(row.substr(file + 1, number - file - 1));
    for (const std::string& word : words_of(row.substr(number + 1))) printf("%s\t%s\n", word.c_str(), place.c_str());
  }
}
