// Error codes of programs of the user's: the verb `run` (FR044x).
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0440", "run keys that do not go together",
     R"(`program` reads tables and prints one; `map` with `reduce` passes lines, and `combine`, `by`, `reducers` and `part` belong to it. What the
keys mean: `filrouge help run`.)",
     R"(- run: words
  program: ./words.py
  reduce: ./sum.py
  columns: {word: VARCHAR, n: BIGINT})",
     R"(- run: words
  from: lines
  map: ./words.py
  reduce: ./sum.py
  columns: {word: VARCHAR, n: BIGINT})"},

    {"FR0441", "program that cannot be started",
     R"(There is no such program, it may not be run, or its first line does not name an interpreter that is there. A program beside
thread.yaml begins with `./`; a name without a slash is looked for on PATH.)",
     R"(program: clean.py          # a script beside thread.yaml)",
     R"(program: ./clean.py        # after: chmod +x clean.py; its first line: #!/usr/bin/env python3)"},

    {"FR0442", "program that failed",
     R"(The program ended with another exit code than 0, or by a signal. Shown is the end of what it wrote to standard error; nothing of its
result was kept. A file of the thread's folder that it may not read is missing from `files:`; it may write only to $TMPDIR, and
needs `network: true` for the network. To try it by hand: filrouge ask "FROM lines" --csv | ./clean.py)",
     R"(sys.exit("no rows")        # in clean.py)", R"(print("word,n")            # a result without rows)"},

    {"FR0443", "result with other columns",
     R"(The program's result has other columns than `columns:` says. They are compared by name; their order does not count. Whatever reads
the table was bound with the declared ones before the program ran.)",
     R"(columns: {word: VARCHAR, n: BIGINT}     # it prints word,count)", R"(columns: {word: VARCHAR, count: BIGINT})"},

    {"FR0444", "program that printed nothing",
     R"(The program ended well but printed nothing, not even the names of its columns, which a result without rows has too. Mostly it wrote
somewhere else: the result goes to standard output.)",
     R"(table.to_csv("result.csv"))", R"(table.to_csv(sys.stdout, index=False))"},

    {"FR0446", "line that is too long",
     R"(A mapper or combiner printed a line that is too long to be sorted, most likely because it printed no line feeds.)",
     R"(sys.stdout.write(word + "\t1"))", R"(sys.stdout.write(word + "\t1\n"))"},

    {"FR0447", "line that Hadoop would change",
     R"(On an engine of kind hadoop a line goes through Hadoop streaming, which ends lines at carriage returns too. What would come out
otherwise than here stops the step: such a line, a key with bytes that sort otherwise there, lines of several reducers that are not sorted by key.)",
     R"(print(word, 1, sep="\t", end="\r\n"))", R"(print(word, 1, sep="\t"))"},
};

}  // namespace

std::span<const ErrorCode> run_codes() {
  return kRows;
}

}  // namespace filrouge
