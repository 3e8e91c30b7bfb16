#!/bin/sh
# A thread with one step: fail.sh MAP REDUCE [MORE KEYS], on yarn.
cat > fail.yaml <<END
thread: fail
steps:
  - read: text
    from: data.txt
    format: text
  - run: failing
    from: text
    take: text
    map: $1
    reduce: $2
    ${3:-part: 1MB}
    columns: {word: VARCHAR, n: VARCHAR}
    on_bad_row: reject
END
filrouge run +failing --quiet --file fail.yaml --store fail --engine yarn > said.txt 2>&1
code=$?
sed "s/on $(hostname), /on HOST, /; s/[0-9a-f]\{16\}/JOB/" said.txt
exit $code
