#!/bin/sh
cat > /dev/null
printf 'a\t1\nb\tx\n'
