#!/bin/sh
# The mapper of the index again, of tools that every machine has.
awk -F '\t' '{n = split(tolower($3), words, /[^a-z]+/); split("", seen)
              for (i = 1; i <= n; i++)
                if (words[i] != "" && !(words[i] in seen)) {seen[words[i]] = 1; print words[i] "\t" $1 ":" $2}}'
