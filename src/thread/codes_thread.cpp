// Error codes of thread.yaml: its YAML, its keys and values, parameters, secrets, includes.
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0101", "not YAML",
     R"(The text breaks the rules of YAML: a line is indented to no line above, a blank is missing after a colon, a text with
`: ` or one that begins with * & @ ` % { [ stands without quotes. The message says what was most likely meant.
Reading of the file stops there: mend this first, then run again.)",
     R"(- sql: late
  query: SELECT 'a: b' AS x)",
     R"(- sql: late
  query: |
    SELECT 'a: b' AS x)"},

    {"FR0102", "tab in the indentation",
     R"(YAML allows only blanks (spaces) at the start of a line, because a tab is as wide as each editor likes.
Let your editor insert blanks for the tab key, and replace the tabs that are there.)",
     R"(steps:
<tab>- read: flights)",
     R"(steps:
  - read: flights)"},

    {"FR0103", "quote or bracket never closed",
     R"(A quote or bracket opens here and the file ends, or goes on with something else, before it is closed.
Inside single quotes an apostrophe is written twice: 'it''s'.)",
     R"(from: "data/flights.csv)", R"(from: "data/flights.csv")"},

    {"FR0104", "bytes that are no text",
     R"(A thread is UTF-8 text. The file holds a byte that is not UTF-8 (often é or ü saved as Latin-1), a control character, or is
UTF-16 as a whole. Save it with the encoding UTF-8; `iconv -f latin1 -t utf8` converts a file.)",
     R"(about: caf<E9>        # saved as Latin-1)", R"(about: café           # saved as UTF-8)"},

    {"FR0105", "key given twice",
     R"(A mapping has each key once. YAML readers that take the last one without a word hide mistakes; filrouge refuses.)",
     R"(- read: flights
  from: a.csv
  from: b.csv)",
     R"(- read: flights
  from: [a.csv, b.csv])"},

    {"FR0106", "key that is no text",
     R"(A key is a plain text. Often the cause is `{{ name }}`, which YAML reads as a mapping in a mapping: threads have no template
language. A parameter is `$name` in SQL.)",
     R"(query: {{ my_query }})", R"(query: SELECT * FROM flights WHERE dep_delay > $late_after)"},

    {"FR0107", "unknown alias",
     R"(`*name` repeats the value that `&name` marked further up in the same file; no such mark stands above. A text that begins
with `*` needs quotes.)",
     R"(from: *.csv)", R"(from: "*.csv")"},

    {"FR0108", "too deep or too large",
     R"(To stop hostile files there are limits: nesting 100, one million values (each repetition by an alias counts), 64 MB a file.
Data belongs into data files, which a `read` step names.)",
     R"(a: &a [x, x]
b: &b [*a, *a]      # ... and so on, doubling each time)",
     R"(- read: values
  from: data/values.csv)"},

    {"FR0109", "several documents in one file",
     R"(The line `---` begins a second YAML document. A file holds one thread. Steps in other files are added by `include:`.)",
     R"(thread: a
---
thread: b)",
     R"(thread: a
include: [steps/*.yaml])"},

    {"FR0110", "nothing to read",
     R"(The file is empty, or is not a mapping of keys. A thread begins with its name. `filrouge new` writes one to start from.)",
     R"(- read: flights)",
     R"(thread: flights
steps:
  - read: flights
    from: flights.csv)"},

    {"FR0111", "unknown key of the thread",
     R"(At the top of thread.yaml stand thread, about, params, include, steps, seed and engine. Steps go below `steps:`, each with `- `.
An included file holds only steps.)",
     R"(thread: flights
read: flights)",
     R"(thread: flights
steps:
  - read: flights
    from: flights.csv)"},

    {"FR0112", "required key missing",
     R"(The step, the mapping inside it, or the thread lacks a key without which it means nothing. `filrouge help VERB` shows all
keys of a verb.)",
     R"(- read: flights)",
     R"(- read: flights
  from: data/flights.csv)"},

    {"FR0113", "unknown verb",
     R"(A step begins with its verb, which says what it does, and the name of what it makes. `filrouge help` lists the verbs.)",
     R"(- reed: flights
  from: flights.csv)",
     R"(- read: flights
  from: flights.csv)"},

    {"FR0114", "step without a verb",
     R"(A step is a mapping with exactly one verb as a key. A missing `- ` in front of the step above, or one too many here, is
often the cause.)",
     R"(- read: flights
- from: flights.csv)",
     R"(- read: flights
  from: flights.csv)"},

    {"FR0115", "step with two verbs", R"(Two steps were written as one, mostly because a `- ` is missing.)",
     R"(- read: flights
  from: flights.csv
  check: flights)",
     R"(- read: flights
  from: flights.csv
- check: flights
  expect:
    - unique: id)"},

    {"FR0116", "unknown key of a step",
     R"(The verb, or the mapping inside the step, has no such key. It may be misspelt, belong to another verb, or be indented too
little or too much. `filrouge help VERB` lists the keys.)",
     R"(- sql: late
  qurey: SELECT 1)",
     R"(- sql: late
  query: SELECT 1)"},

    {"FR0117", "value of the wrong type",
     R"(The key takes another kind of value: a list, a mapping, a number, true or false. Quotes make a text of a number; `yes` and
`no` are texts in YAML 1.2.)",
     R"(header: yes
skip: "3")",
     R"(header: true
skip: 3)"},

    {"FR0118", "not a name",
     R"(Names of threads, steps, tables and parameters have small letters, digits and `_`, and begin with a letter, so that they can
stand in SQL without quotes and be folders on every system.)",
     R"(- sql: Late Flights)", R"(- sql: late_flights)"},

    {"FR0119", "step given twice",
     R"(A verb and a name occur once in a thread, and a table is made by one step. The message names both places, also where they
stand in different files.)",
     R"(- read: flights
  from: a.csv
- read: flights
  from: b.csv)",
     R"(- read: flights_a
  from: a.csv
- read: flights_b
  from: b.csv)"},

    {"FR0120", "one of several keys is needed",
     R"(Some keys stand for each other: `query:` holds SQL, `file:` names a file with it. Give exactly one.)",
     R"(- sql: late
  query: SELECT 1
  file: late.sql)",
     R"(- sql: late
  file: late.sql)"},

    {"FR0121", "secret not known",
     R"(`${secret:NAME}` is replaced when a step runs: by the environment variable FILROUGE_SECRET_NAME (in capitals), or by the
line `NAME: value` of ~/.config/filrouge/secrets.yaml ($XDG_CONFIG_HOME is respected). Neither is there.)",
     R"(filrouge run)", R"(FILROUGE_SECRET_CRM_PASSWORD=... filrouge run)"},

    {"FR0122", "not one of the choices", R"(The key takes one of a few words, which the message lists.)",
     R"(otherwise: stopp)", R"(otherwise: stop)"},

    {"FR0123", "not a share, size, duration or count",
     R"(A share is 20% or 0.2; a size is 500MB, 4GB or 1GiB; a duration is 250ms, 10s, 5m, 2h or 3 days; a count is not below the
smallest that the key can mean.)",
     R"(at_most: 20)", R"(at_most: 20%)"},

    {"FR0124", "include that cannot be followed",
     R"(A path below `include:` matches no file, matches thread.yaml itself, or leads out of the folder. Paths begin at the folder of
thread.yaml; `*` matches within a folder, `**` through folders.)",
     R"(include: ["*.yaml"])", R"(include: [steps/*.yaml])"},

    {"FR0125", "file that cannot be used",
     R"(The file named by a step is missing, is not UTF-8, or lies outside of the folder of the thread. A thread is a folder that can
be moved and shared as a whole, so it names only files inside.)",
     R"(- sql: late
  file: ../late.sql)",
     R"(- sql: late
  file: sql/late.sql)"},

    {"FR0126", "--set of an unknown parameter",
     R"(`--set NAME=VALUE` replaces the default of a parameter, which must stand below `params:`.)",
     R"(filrouge run --set late_afer=30)", R"(filrouge run --set late_after=30)"},

    {"FR0127", "--set of the wrong type",
     R"(The default of a parameter gives its type: a whole number, a number, true or false, or a text. A date is a text.)",
     R"(filrouge run --set late_after=soon     # default: 15)", R"(filrouge run --set late_after=30)"},

    {"FR0128", "parameter that is not one value",
     R"(A parameter is a number, true or false, or a text, and has a default. Lists and mappings are no parameters: put such values
into a table.)",
     R"(params:
  carriers: [AA, UA])",
     R"(params:
  carrier: AA)"},

    {"FR0129", "malformed secret",
     R"(A secret is written `${secret:name}`, the name with letters, digits and `_`. In [ ] and { } the text needs quotes.)",
     R"(password: ${secret.crm})", R"(password: ${secret:crm})"},

    {"FR0130", "password in plain text",
     R"(A warning. A thread is kept under version control: a password written there is in its history for ever. Name it with
`${secret:name}` and change the password that was already committed.)",
     R"(from: postgres://me:hunter2@db/crm)", R"(from: postgres://me:${secret:crm}@db/crm)"},
};

}  // namespace

std::span<const ErrorCode> thread_codes() {
  return kRows;
}

}  // namespace filrouge
