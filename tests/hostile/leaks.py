#!/usr/bin/env python3
"""leaks.py --filrouge BINARY: secrets and rows stay where they belong.

Runs a thread with a secret in an address and rows with values that are easy to find, whose steps fail in many ways, and looks for both in
everything that is not meant to hold them: what is printed, --json, catalog, caches and receipts of the store, command lines and
environments of all processes; the same for the token of a store on HDFS. (Tables hold rows by design, NAME.rejects and NAME.failures too.)
"""
import argparse
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

SECRET = "hunter2SecretToken"
WORD, NUMBER = "Zyxwomir", "7341905582133"  # in every row

# Each makes a value meet a function that does not want it.
QUERIES = """
CAST(name AS INTEGER)
CAST(name AS DOUBLE)
CAST(name AS DATE)
CAST(name AS TIMESTAMP)
CAST(name AS TIME)
CAST(name AS TIMESTAMPTZ)
CAST(name AS INTERVAL)
CAST(name AS DECIMAL(18, 3))
CAST(name AS BOOLEAN)
CAST(name AS UUID)
CAST(name AS JSON)
CAST(name AS INTEGER[])
CAST(name AS STRUCT(a INTEGER))
CAST(name AS MAP(VARCHAR, INTEGER))
CAST(name AS HUGEINT)
CAST(name AS UTINYINT)
CAST(name || '''' AS INTEGER)
CAST('it''s "' || name || '" to you' AS INTEGER)
CAST('\\x' || name AS BLOB)
CAST(name AS BIT)
CAST(number AS INTEGER)
CAST(number AS TINYINT)
CAST(number AS DECIMAL(5, 2))
CAST(number::DOUBLE * 1e300 AS BIGINT)
number * number * 1000000000
number * 9000000000000000 + number
-(number - 9223372036854775807 - 7341905582134) * 3
CAST(number AS UTINYINT)
strptime(name, '%Y-%m-%d')
strptime(name || ' 2024', '%d')
strftime(DATE '2024-01-01', name)
date_trunc(name, DATE '2024-01-01')
date_part(name, DATE '2024-01-01')
make_date(number, 13, 45)
make_timestamp(number * 1000000)
DATE '2024-01-01' + CAST(number AS BIGINT)::INT
to_timestamp(number * 100000)
regexp_matches('x', '(' || name)
regexp_replace('x', '[' || name, '')
regexp_extract(name, '(' || name, 1)
name SIMILAR TO ('(' || name)
name LIKE name ESCAPE name
json_extract(name, '$.a')
json_extract('{}', name || '$[')
json(name)
error('refused: ' || name)
error(name)
format(name || '{', 1)
printf('%d', name)
from_hex(name)
unhex(name)
from_base64(name || '!')
unbin(name)
chr(number::INT)
factorial((number % 1000)::INT)
sqrt(-number)
ln(-number)
bitstring(name, 3)
list_extract([1], number)
array_slice([1], number, number, 0)
map([name, name], [1, 2])
map_from_entries([{k: name, v: 1}, {k: name, v: 2}])
struct_extract({a: 1}, name)
name::ENUM('a', 'b')
timezone(name, TIMESTAMP '2024-01-01')
TIMESTAMP '2024-01-01' AT TIME ZONE name
(SELECT name FROM people)
decode(name::BLOB || '\\xff'::BLOB)
number // 0 + CAST(name AS INTEGER)
array_value(name)::INTEGER[1]
""".strip().splitlines()


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path.endswith("people.csv")
        self.send_response(200 if good else 403)
        self.end_headers()
        self.wfile.write(f"id,name,number\n1,{WORD} A,{NUMBER}\n2,{WORD} B,{NUMBER}\n".encode() if good else f"no {self.path}".encode())

    def log_message(self, *_):
        pass


def sql_thread(filrouge: Path, read: str) -> str:
    """One step for each query that binds: what does not bind never meets a row."""
    def text(numbers):
        return read + "".join(f"  - sql: fails{number}\n    query: |\n      SELECT id, {QUERIES[number]} AS x FROM people\n" for number in numbers)

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "data").mkdir()
        Path(folder, "data", "people.csv").write_text("id,name,number\n1,x,1\n")
        Path(folder, "thread.yaml").write_text("thread: leaks\nsteps:\n" + text(range(len(QUERIES))))
        plan = json.loads(subprocess.run([filrouge, "plan", "--json"], cwd=folder, capture_output=True).stdout)
    wrong = {int(error["step"].split("fails")[-1]) for error in plan.get("errors", []) if error["severity"] == "error"}
    return text(number for number in range(len(QUERIES)) if number not in wrong)


def threads(filrouge: Path, port: int):
    """(name, steps) of each thread."""
    read = "  - read: people\n    from: data/people.csv\n"
    yield "sql", sql_thread(filrouge, read)
    typed = "  - read: people\n    from: data/people.csv\n    columns: {name: {type: BIGINT}, number: {type: DATE}}\n"
    yield "rejects", typed
    yield "stop", typed + "    on_bad_row: stop\n"
    yield "ndjson", "  - read: people\n    from: data/people.ndjson\n    columns: {name: {type: BIGINT}}\n"
    yield "ndjson_cut", "  - read: people\n    from: data/cut.ndjson\n"
    yield "json_cut", "  - read: people\n    from: data/cut.json\n"
    yield "parquet", "  - read: people\n    from: data/people.parquet\n    columns: {name: {type: BIGINT}}\n"
    yield "check", f"{read}  - check: people\n    expect:\n      - unique: [number]\n      - not_null: [name]\n      - matches: {{name: '[0-9]+'}}\n      - range: {{number: [0, 5]}}\n"
    yield "learn", f"{read}  - learn: model\n    from: people\n    predict: name\n"
    yield "chart", f"{read}  - chart: picture\n    query: SELECT * FROM people\n    mark: line\n    x: name\n    y: name\n"
    address = f"http://127.0.0.1:{port}/${{secret:crm_token}}"
    yield "url", f"  - read: people\n    from: {address}/people.csv\n  - sql: fails\n    query: SELECT CAST(name AS INTEGER) AS x FROM people\n"
    yield "url_refused", f"  - read: people\n    from: {address}/nothing.csv\n"
    yield "url_nobody", "  - read: people\n    from: http://127.0.0.1:9/${secret:crm_token}/x.csv\n"
    yield "url_wrong", "  - read: people\n    from: http://${secret:crm_token}:x@[/x.csv\n"
    yield "secret_elsewhere", "  - read: people\n    from: data/${secret:crm_token}.csv\n"


class ProcessList(threading.Thread):
    """Command line and environment of every process below one, while it lasts."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.going, self.seen, self.workers = pid, True, b"", 0
        self.start()

    def run(self):
        while self.going:
            todo = [self.pid]
            while todo:
                pid = todo.pop()
                try:
                    for task in os.listdir(f"/proc/{pid}/task"):
                        todo += [int(child) for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
                    line = Path(f"/proc/{pid}/cmdline").read_bytes()
                    self.seen += line
                    if pid != self.pid and b"worker" in line:  # just forked, it still is a copy of its owner
                        self.workers += 1
                        self.seen += Path(f"/proc/{pid}/environ").read_bytes()
                except OSError:
                    continue
            time.sleep(0.005)


def found_in(what: bytes) -> list[str]:
    return [name for name, mark in (("the secret", SECRET), ("a row", WORD), ("a row's number", NUMBER)) if mark.encode() in what]


def hdfs_leaks(filrouge: Path) -> tuple[int, int]:
    """A store on HDFS with a delegation token, accepted and refused, and with requests that fail: (commands, leaks)."""
    environment = {**os.environ, "FILROUGE_HDFS_TOKEN": SECRET, "no_proxy": "*"}
    stand_in = Path(__file__).resolve().parent.parent / "support" / "webhdfs.py"
    commands = leaks = 0
    for token, fault in ((SECRET, ""), ("another", ""), (SECRET, "RENAME"), (SECRET, "OPEN"), (SECRET, "CREATE")):
        with tempfile.TemporaryDirectory() as folder:
            ports = Path(folder, "ports")
            server = subprocess.Popen([sys.executable, stand_in, ports, "--token", token])
            while not ports.exists():
                time.sleep(0.02)
            port = ports.read_text().split()[0]
            if fault:
                order = json.dumps({"op": fault, "what": "fail", "times": 99, "path": "" if fault == "RENAME" else "receipt"})
                urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/test/fault", order.encode(), method="PUT"))
            Path(folder, "people.csv").write_text("id\n1\n")
            Path(folder, "thread.yaml").write_text("thread: leaks\nsteps:\n  - read: people\n    from: people.csv\n")
            environment["XDG_CACHE_HOME"] = folder + "/cache"
            said, codes = b"", []
            for words in (["run"], ["verify", "--json"], ["show", "people"], ["history", "--json"]):
                process = subprocess.Popen([filrouge, *words, "--store", f"webhdfs://127.0.0.1:{port}/late"], cwd=folder, env=environment,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                watch = ProcessList(process.pid)
                out, err = process.communicate()
                watch.going = False
                said += out + err + watch.seen
                codes.append(process.returncode)
            server.kill()
            server.wait()
            if (token == SECRET and not fault) != (codes == [0, 0, 0, 0]):
                print(f"hdfs: exit codes {codes} with {token == SECRET=} and {fault=}")
                leaks += 1
            commands += len(codes)
            places = {"what was printed or listed": said, **{str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}}
            for place in (place for place, content in places.items() if SECRET.encode() in content):
                leaks += 1
                print(f"hdfs: the secret in {place}")
    return commands, leaks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filrouge", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", "-v", action="store_true")
    options = parser.parse_args()
    filrouge = options.filrouge.resolve()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {**os.environ, "FILROUGE_SECRET_CRM_TOKEN": SECRET, "SOME_PASSWORD": SECRET, "no_proxy": "*"}
    leaks = workers = failed = done = 0
    for name, steps in threads(filrouge, server.server_address[1]):
        if options.only and name != options.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            data.mkdir()
            (data / "people.csv").write_text(f"id,name,number\n1,{WORD} A,{NUMBER}\n2,{WORD} B,{NUMBER}\n")
            (data / "people.ndjson").write_text(f'{{"name": "{WORD}", "number": {NUMBER}}}\n' * 2)
            (data / "cut.ndjson").write_text(f'{{"name": "{WORD}", "number": {NUMBER}}}\n{{"name": "{WORD}\n{WORD} {NUMBER}\n')
            (data / "cut.json").write_text(f'[{{"name": "{WORD}"}}, {{"name": {WORD}')
            if name == "parquet":
                subprocess.run([filrouge, "ask", f"SELECT '{WORD}' AS name, {NUMBER} AS number", "--parquet", data / "people.parquet", "-q"],
                               cwd=folder, check=True)
            Path(folder, "thread.yaml").write_text("thread: leaks\nsteps:\n" + steps)
            said = b""
            for words in (["run", "--jobs", "2", "--step-timeout", "20s"], ["run", "--json", "--step-timeout", "20s"], ["history", "--json"]):
                process = subprocess.Popen([filrouge, *words], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                watch = ProcessList(process.pid)
                out, err = process.communicate()
                watch.going = False
                said += out + err + watch.seen
                workers += watch.workers
                failed += max(process.returncode in (1, 2, 5), (out + err).count(b"error[FR") + out.count(b'"code": "FR'))
                done += 1
                if options.verbose and words[0] == "run":
                    print(name, process.returncode, err.decode(errors="replace")[:1500])
            places = {"what was printed or listed": said}
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file() and ".filrouge" in path.parts and path.suffix != ".parquet" and "downloads" not in path.parts:
                    places[str(path.relative_to(folder))] = path.read_bytes()
                if path.is_file() and path.name == "record.json":
                    places[str(path.relative_to(folder))] = path.read_bytes()
            for place, content in places.items():
                for what in found_in(content):
                    if what != "the secret" and (name == "learn" or "charts" in place):
                        continue  # classes of a model, and pictures, are made of values
                    leaks += 1
                    at = content.index({"the secret": SECRET, "a row": WORD, "a row's number": NUMBER}[what].encode())
                    print(f"{name}: {what} in {place}: {content[max(0, at - 80) : at + 60]!r}")
    if options.only in ("", "hdfs"):
        more, found = hdfs_leaks(filrouge)
        done, leaks = done + more, leaks + found
    print(f"{done} commands, {failed} errors, workers seen {workers} times: {leaks} leaks")
    if not options.only and (failed < 100 or workers < 20):
        print("too few failures or workers were seen for this to prove anything")
        return 1
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
