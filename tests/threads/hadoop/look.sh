#!/bin/sh
# What doctor says of an engine, and its exit code.
filrouge doctor --engine "$1" > answer.txt
code=$?
sed -n '/hadoop  /,$p' answer.txt | sed "s/from $(hostname)/from HOST/; s/doctor-[0-9]*/doctor-PID/" | grep -v ' to know, '
exit $code
