"""Files that somebody might put in the way: damaged, enormous once unpacked, endless, or not files at all.

Each maker gets an empty folder and a random generator and returns the path to read, or a Case. Standard library only.
"""
import gzip
import os
import random
import struct
import threading
import time
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Case:
    path: Path
    keys: str = ""  # further lines of the `read` step
    thread: str = ""  # a whole thread.yaml in place of one `read` step
    must_fail: bool | None = None  # None: either is right
    meanwhile: object = None  # a function that runs beside the program until its event is set
    says: str = ""  # what the message must name in place of the file
    rows: int | None = None  # kept and rejected, where that is known
    files: list = field(default_factory=list)


ROWS = "id,name,price,day\n" + "".join(f"{i},name {i},{i / 4},2024-01-{i % 28 + 1:02d}\n" for i in range(500))
LINES = "".join(f'{{"id": {i}, "name": "name {i}", "tags": ["a", "b{i}"], "price": {i / 4}}}\n' for i in range(500))


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def gzip_bomb(size: int, unit: bytes) -> bytes:
    """`size` bytes of `unit` again and again, packed in small memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = unit * max(1, (1 << 20) // len(unit))
    parts = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join(parts) + packer.flush()


def zstd_bomb(blocks: int, byte: bytes) -> bytes:
    """A zstd frame of RLE blocks, 128 kB each (RFC 8878, 3.1.1)."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0x00]) + bytes([0x38])  # window of 128 kB, no size
    size = 128 << 10
    block = struct.pack("<I", (size << 3) | (1 << 1))[:3] + byte
    last = struct.pack("<I", (size << 3) | (1 << 1) | 1)[:3] + byte
    return header + block * (blocks - 1) + last


def zstd_stored(content: bytes) -> bytes:
    """A zstd frame of raw blocks."""
    out = b"\x28\xb5\x2f\xfd\x00\x38"
    pieces = [content[i : i + (100 << 10)] for i in range(0, len(content), 100 << 10)]
    for number, piece in enumerate(pieces):
        out += struct.pack("<I", (len(piece) << 3) | (number + 1 == len(pieces)))[:3] + piece
    return out


def zip_of(folder: Path, name: str, members: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def change_while_read(path: Path):
    """Other content, shorter, longer and gone, for as long as the program runs."""

    def change(stop: threading.Event):
        numbers = random.Random(1)
        while not stop.is_set():
            rows = numbers.choice([1, 20, 400, 30_000])
            try:
                with open(path, "r+b" if path.exists() else "wb") as file:
                    file.write(ROWS[: len(ROWS) // 2].encode() * (rows // 10 + 1))
                    file.truncate(numbers.choice([0, 1000, rows * 40]))
            except OSError:
                pass
            time.sleep(0.002)

    return change


MAKERS = {}


def maker(function):
    MAKERS[function.__name__] = function
    return function


@maker
def gzip_bomb_rows(folder, _):
    return put(folder, "bomb.csv.gz", gzip_bomb(3 << 30, b"1,2,3\n"))


@maker
def gzip_bomb_zeros(folder, _):
    return Case(put(folder, "bomb.csv.gz", gzip_bomb(2 << 30, b"\0" * 1024)))


@maker
def gzip_inside_gzip(folder, _):
    return put(folder, "twice.csv.gz", gzip.compress(gzip.compress(ROWS.encode())))


@maker
def zstd_bomb_letters(folder, _):
    return put(folder, "bomb.csv.zst", zstd_bomb(20_000, b"x"))


@maker
def zstd_bomb_lines(folder, _):
    return put(folder, "lines.txt.zst", zstd_bomb(10_000, b"\n"))


@maker
def zstd_small(folder, _):
    return Case(put(folder, "small.csv.zst", zstd_stored(ROWS.encode())), must_fail=False, rows=500)


@maker
def zip_bomb(folder, _):
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("rows.csv", "w", force_zip64=True) as out:
        for _ in range(1500):
            out.write(b"7,8,9\n" * (1 << 18))
    return path


@maker
def zip_inside_zip(folder, _):
    inner = zip_of(folder, "inner.zip", {"rows.csv": ROWS.encode()}).read_bytes()
    return zip_of(folder, "outer.zip", {"inner.zip": inner})


@maker
def zip_with_climbing_paths(folder, _):
    path = zip_of(folder, "climb.zip", {"../../escaped.csv": ROWS.encode(), "/tmp/escaped_too.csv": ROWS.encode()})
    return Case(path, files=[folder.parent.parent / "escaped.csv", Path("/tmp/escaped_too.csv")])


@maker
def zip_member_that_climbs(folder, _):
    zip_of(folder, "climb.zip", {"../../escaped.csv": ROWS.encode()})
    return Case(folder / "climb.zip" / ".." / ".." / "escaped.csv", must_fail=True, says="escaped.csv")


@maker
def zip_of_many_members(folder, _):
    return zip_of(folder, "many.zip", {f"part{i}.csv": b"a,b\n1,2\n" for i in range(3000)})


@maker
def zip_with_wrong_sizes(folder, _):
    content = bytearray(zip_of(folder, "sizes.zip", {"rows.csv": ROWS.encode()}).read_bytes())
    central = content.rindex(b"PK\x01\x02")
    content[central + 20 : central + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
    return Case(put(folder, "sizes.zip", bytes(content)), must_fail=True)


@maker
def zip_encrypted_flag(folder, _):
    content = bytearray(zip_of(folder, "locked.zip", {"rows.csv": ROWS.encode()}).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return Case(put(folder, "locked.zip", bytes(content)), must_fail=True)


@maker
def columns_10000(folder, _):
    head = ",".join(f"c{i}" for i in range(10_000))
    return Case(put(folder, "wide.csv", "\n".join([head] + [",".join("1" * 10_000)] * 5) + "\n"), rows=5)


@maker
def one_line_of_a_gigabyte(folder, _):
    path = folder / "line.csv"
    with open(path, "wb") as file:
        file.write(b"a,b\n1,")
        file.truncate(1 << 30)
    return path


@maker
def one_line_of_a_gigabyte_packed(folder, _):
    return put(folder, "line.csv.gz", gzip_bomb(1 << 30, b"x" * 1024))


@maker
def one_quoted_field_of_200_mb(folder, _):
    return put(folder, "quote.csv.gz", gzip.compress(b'a,b\n1,"' + b"y" * (200 << 20) + b'"\n2,3\n', 1))


@maker
def quote_that_never_closes(folder, _):
    return Case(put(folder, "quote.csv", 'a,b\n1,"open\n' + "2,3\n" * 100_000), rows=100_001)


@maker
def nul_bytes(folder, _):
    return put(folder, "nul.csv", b"a,b\n1,\0\n\0\0,2\n3,4\n" * 50)


@maker
def only_nul_bytes(folder, _):
    return put(folder, "zeros.csv", b"\0" * 100_000)


@maker
def broken_utf8(folder, _):
    return Case(put(folder, "broken.csv", b"a,b\nx\xff\xfe,1\n\xc3\x28,2\nok,3\n\xf0\x9f\x98,4\n"), rows=4)


@maker
def odd_utf16(folder, _):
    return put(folder, "odd.csv", b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\x00")


@maker
def utf16_with_lone_surrogates(folder, _):
    return put(folder, "lone.csv", b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x00\xd8,\x001\x00\n\x00" * 10)


@maker
def unknown_encoding(folder, _):
    return Case(put(folder, "rows.csv", ROWS), keys="    encoding: klingon\n", must_fail=True, says="klingon")


@maker
def json_100000_deep(folder, _):
    return put(folder, "deep.json", "[" * 100_000 + "]" * 100_000)


@maker
def json_objects_50000_deep(folder, _):
    return put(folder, "deep.ndjson", '{"a":' * 50_000 + "1" + "}" * 50_000 + "\n")


@maker
def json_many_keys(folder, _):
    return put(folder, "keys.ndjson", "".join(f'{{"k{i}": {i}}}\n' for i in range(3000)))


@maker
def json_enormous_number(folder, _):
    return put(folder, "number.ndjson", '{"a": 1' + "0" * 100_000 + "}\n" + '{"a": 1e999999}\n')


@maker
def json_cut_off(folder, _):
    return put(folder, "cut.json", '[{"a": 1}, {"a": "never')


@maker
def json_same_key_twice(folder, _):
    return put(folder, "twice.ndjson", '{"a": 1, "a": 2, "A": 3}\n' * 10)


@maker
def fifo(folder, _):
    os.mkfifo(folder / "pipe.csv")
    return Case(folder / "pipe.csv", must_fail=True)


@maker
def fifo_by_pattern(folder, _):
    os.mkfifo(folder / "pipe.csv")
    put(folder, "rows.csv", ROWS)
    return Case(folder / "*.csv", must_fail=True, says="pipe.csv")


@maker
def device_zero(folder, _):
    return Case(Path("/dev/zero"), must_fail=True)


@maker
def device_full(folder, _):
    return Case(Path("/dev/full"), must_fail=True)


@maker
def device_by_link(folder, _):
    (folder / "rows.csv").symlink_to("/dev/zero")
    return Case(folder / "rows.csv", must_fail=True)


@maker
def process_memory(folder, _):
    return Case(Path("/proc/self/mem"), must_fail=True)


@maker
def kernel_file_without_a_size(folder, _):
    return Case(Path("/proc/self/maps"))


@maker
def socket_file(folder, _):
    import socket

    server = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(folder)  # a socket's path may have 107 bytes
    server.bind("s.csv")
    os.chdir(here)
    server.close()
    return Case(folder / "s.csv", must_fail=True)


@maker
def link_to_itself(folder, _):
    (folder / "loop.csv").symlink_to("loop.csv")
    return Case(folder / "loop.csv", must_fail=True)


@maker
def links_in_a_circle(folder, _):
    (folder / "a").mkdir()
    (folder / "a" / "up").symlink_to("..")
    put(folder / "a", "rows.csv", ROWS)
    return Case(folder / "a", must_fail=False, rows=500)


@maker
def pattern_over_links_in_a_circle(folder, _):
    (folder / "a").mkdir()
    (folder / "a" / "up").symlink_to("..")
    put(folder / "a", "rows.csv", ROWS)
    return Case(folder / "**" / "*.csv", must_fail=False, rows=500)


@maker
def folder_of_nothing(folder, _):
    (folder / "empty").mkdir()
    return Case(folder / "empty", must_fail=True)


@maker
def folder_named_like_a_file(folder, _):
    (folder / "rows.csv").mkdir()
    return Case(folder / "rows.csv", must_fail=True)


@maker
def path_that_climbs(folder, _):
    return Case(folder / ".." / ".." / ".." / ".." / "no" / "such.csv", must_fail=True, says="such.csv")


@maker
def name_with_everything(folder, _):
    return Case(put(folder, "it's \"a\" $name; DROP TABLE x--\n%s{}.csv", ROWS), must_fail=False, rows=500, says="it's")


@maker
def unreadable(folder, _):
    path = put(folder, "secret.csv", ROWS)
    path.chmod(0)
    return Case(path, must_fail=None if os.geteuid() == 0 else True)


for suffix in ("csv", "tsv", "json", "ndjson", "parquet", "txt", "csv.gz", "csv.zst", "zip"):
    def empty(folder, _, suffix=suffix):
        return Case(put(folder, f"empty.{suffix}", b""))

    MAKERS["empty_" + suffix.replace(".", "_")] = empty


@maker
def only_a_header(folder, _):
    return Case(put(folder, "head.csv", "a,b,c\n"), must_fail=False, rows=0)


@maker
def only_a_byte_order_mark(folder, _):
    return put(folder, "bom.csv", b"\xef\xbb\xbf")


@maker
def only_line_ends(folder, _):
    return put(folder, "blank.csv", "\n" * 100_000)


@maker
def only_delimiters(folder, _):
    return put(folder, "commas.csv", ",,,\n" * 1000)


@maker
def parquet_magic_alone(folder, _):
    return Case(put(folder, "magic.parquet", b"PAR1PAR1"), must_fail=True)


@maker
def parquet_with_enormous_footer(folder, _):
    return Case(put(folder, "footer.parquet", b"PAR1" + b"\0" * 100 + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"), must_fail=True)


@maker
def csv_called_parquet(folder, _):
    return Case(put(folder, "rows.parquet", ROWS), must_fail=True)


@maker
def picture_called_csv(folder, numbers):
    return put(folder, "picture.csv", b"\x89PNG\r\n\x1a\n" + numbers.randbytes(50_000))


@maker
def noise_called_json(folder, numbers):
    return Case(put(folder, "noise.json", numbers.randbytes(50_000)), must_fail=True)


@maker
def changes_while_it_is_read(folder, _):
    path = put(folder, "moving.csv", ROWS * 50)
    return Case(path, meanwhile=change_while_read(path))


THREADS = {
    "yaml_aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
    + "thread: bomb\nsteps: *j\n",
    "yaml_alias_of_itself": "thread: x\nsteps: &a\n  - sql: b\n    query: *a\n",
    "yaml_100000_deep": "thread: x\nsteps: " + "[" * 100_000 + "]" * 100_000 + "\n",
    "yaml_maps_deep": "thread: x\nsteps: " + "{a: " * 20_000 + "1" + "}" * 20_000 + "\n",
    "yaml_nul_bytes": "thread: x\nsteps:\n  - sql: a\0b\n    query: SELECT 1\n",
    "yaml_endless_scalar": "thread: x\nabout: " + "y" * 30_000_000 + "\nsteps: []\n",
    "yaml_includes_itself": "thread: x\ninclude: [thread.yaml]\nsteps:\n  - sql: a\n    query: SELECT 1 AS a\n",
    "yaml_includes_a_device": "thread: x\ninclude: [/dev/zero]\nsteps:\n  - sql: a\n    query: SELECT 1 AS a\n",
    "yaml_query_from_a_device": "thread: x\nsteps:\n  - sql: a\n    file: /dev/zero\n",
    "yaml_tags": "thread: x\nsteps:\n  - sql: !!python/object/apply:os.system ['touch pwned']\n    query: SELECT 1 AS a\n",
    "yaml_empty": "",
    "yaml_of_nothing": "~\n",
    "yaml_many_documents": "---\nthread: x\n" * 2000,
    "sql_nested_20000": "thread: x\nsteps:\n  - sql: a\n    query: SELECT " + "(" * 20_000 + "1" + ")" * 20_000 + " AS a\n",
    "sql_100000_columns": "thread: x\nsteps:\n  - sql: a\n    query: SELECT " + ", ".join(f"{i} AS c{i}" for i in range(20_000)) + "\n",
    "sql_endless": "thread: x\nsteps:\n  - sql: a\n    query: SELECT sum(a.range * b.range) AS s FROM range(100000000) a, range(1000000) b\n",
    "sql_reads_a_file": "thread: x\nsteps:\n  - sql: a\n    query: SELECT * FROM '/etc/passwd'\n",
    "sql_fills_memory": "thread: x\nsteps:\n  - sql: a\n    query: SELECT list(repeat(range::VARCHAR, 1000)) AS l FROM range(3000000)\n",
    "chart_of_endless_bars": "thread: x\nsteps:\n  - chart: a\n    query: SELECT range AS x, range AS y FROM range(3000000)\n"
    "    mark: bar\n    x: x\n    y: y\n",
}


def thread_case(name: str):
    def make(folder, _):
        fails = None if name in ("yaml_endless_scalar", "yaml_includes_itself", "sql_100000_columns", "yaml_many_documents") else True
        return Case(folder / "thread.yaml", thread=THREADS[name], must_fail=fails, says="")

    return make


for thread_name in THREADS:
    MAKERS[thread_name] = thread_case(thread_name)
