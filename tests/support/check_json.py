#!/usr/bin/env python3
"""COMMAND --json | check_json.py NAME: holds an answer against the schema that `filrouge schema --json-output` gives for NAME.

Prints "NAME: as its schema says", or the first place where it is not, and exits with 1. Knows the keywords that those schemas
use and refuses any other, so that no schema can promise what is not checked.
"""
import json
import re
import subprocess
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
KNOWN = {"$schema", "type", "properties", "required", "items", "enum", "const", "pattern", "oneOf"}


class Mismatch(Exception):
    pass


def is_type(value, name):
    if name in ("integer", "number"):
        kinds = int if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def expect(condition, place, text):
    if not condition:
        raise Mismatch(f"{place}: {text}")


def check_one_of(value, schemas, place):
    reasons = []
    for schema in schemas:
        try:
            check(value, schema, place)
        except Mismatch as mismatch:
            reasons.append(str(mismatch))
    expect(len(reasons) == len(schemas) - 1, place, f"fits {len(schemas) - len(reasons)} of {len(schemas)}: {reasons}")


def check(value, schema, place="$"):
    unknown = set(schema) - KNOWN
    expect(not unknown, place, f"the schema uses {sorted(unknown)}, which this program does not check")
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        expect(any(is_type(value, name) for name in names), place, f"{value!r} is not {' or '.join(names)}")
    if "const" in schema:
        expect(value == schema["const"], place, f"{value!r} is not {schema['const']!r}")
    if "enum" in schema:
        expect(value in schema["enum"], place, f"{value!r} is not one of {schema['enum']}")
    if "pattern" in schema:
        expect(re.search(schema["pattern"], value), place, f"{value!r} does not match {schema['pattern']}")
    if "oneOf" in schema:
        check_one_of(value, schema["oneOf"], place)
    for name in schema.get("required", []):
        expect(name in value, place, f"has no `{name}`")
    for name, inner in schema.get("properties", {}).items():
        if isinstance(value, dict) and name in value:
            check(value[name], inner, f"{place}.{name}")
    if "items" in schema and isinstance(value, list):
        for number, item in enumerate(value):
            check(item, schema["items"], f"{place}[{number}]")


def main():
    name = sys.argv[1]
    answer = json.load(sys.stdin)
    schemas = json.loads(subprocess.run(["filrouge", "schema", "--json-output"], check=True, capture_output=True).stdout)
    try:
        check(answer, schemas[name])
    except Mismatch as mismatch:
        print(f"{name}: {mismatch}")
        return 1
    print(f"{name}: as its schema says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
