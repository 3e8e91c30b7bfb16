#!/usr/bin/env python3
"""webhdfs.py PORT-FILE [--token T] [--block-size N] [--tls CERTIFICATE-AND-KEY]: a small HDFS that answers as WebHDFS does, for tests: a NameNode and a DataNode on
free ports of 127.0.0.1, files in memory, for ten minutes at most. "NAMENODE-PORT DATANODE-PORT" is written into PORT-FILE.

Besides WebHDFS the NameNode takes, on /test/...:
    PUT  /test/fault   {"what", "op", "path", "times", "after"}: the next `times` requests of that operation whose path contains `path` go wrong:
                       refuse    the connection is closed without an answer, and nothing is done
                       lose      it is done, but the connection is closed without an answer
                       fail      500; `standby`: 403 StandbyException; `quota`: 403; `forbid`: 403 AccessControlException
                       cut       OPEN: half of the bytes; LISTSTATUS: half of the JSON
                       change    CREATE: a byte arrives changed; OPEN: a byte is sent changed
                       checksum  GETFILECHECKSUM says something else
                       hang      no answer for 20 seconds
                       nowhere   OPEN, CREATE: names a DataNode that does not run
                       (`after`: so many go well first)
    PUT  /test/clear   {}: nothing goes wrong any more
    PUT  /test/age     {"path", "seconds"}: the file is older by so much
    PUT  /test/mode    {"path", "mode"}
    PUT  /test/change  {"path"}: one byte of the file is another
    GET  /test/log     the requests so far, one a line: "nn CREATE /path", "dn CREATE /path", "hang CREATE /path"
    GET  /test/tree    all paths, with sizes
"""
import argparse
import hashlib
import http.server
import json
import os
import ssl
import struct
import sys
import threading
import time
import urllib.parse

LIFETIME_S = 600


def crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc_table()


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def file_checksum(data: bytes, block_size: int) -> dict:
    """As HDFS does: the MD5 of the MD5s of the CRCs of 512 bytes."""
    per_block = block_size // 512 if len(data) > block_size else 0
    blocks = b""
    for start in range(0, len(data), block_size):
        block = data[start:start + block_size]
        crcs = b"".join(struct.pack(">I", crc32c(block[at:at + 512])) for at in range(0, len(block), 512))
        blocks += hashlib.md5(crcs).digest()
    digest = struct.pack(">iq", 512, per_block) + hashlib.md5(blocks).digest()
    return {"algorithm": f"MD5-of-{per_block}MD5-of-512CRC32C", "bytes": digest.hex() + "00000000", "length": 28}


class Refusal(Exception):
    def __init__(self, status: int, name: str, message: str):
        self.status, self.name, self.message = status, name, message


class Closed(Exception):
    """No answer."""


class Tree:
    """Paths -> [bytes, or None for a folder; time of change in ms; number; mode]."""

    def __init__(self):
        self.nodes, self.last, self.lock = {"/": [None, self.now(), 1, "755"]}, 1, threading.RLock()

    @staticmethod
    def now() -> int:
        return int(time.time() * 1000)

    def get(self, path: str):
        if path not in self.nodes:
            raise Refusal(404, "FileNotFoundException", f"File does not exist: {path}")
        return self.nodes[path]

    def add(self, path: str, data, mode: str = ""):
        self.last += 1
        self.nodes[path] = [data, self.now(), 16384 + self.last, mode or ("755" if data is None else "644")]

    def mkdirs(self, path: str, mode: str = ""):
        parts = [part for part in path.split("/") if part]
        for count in range(1, len(parts) + 1):
            name = "/" + "/".join(parts[:count])
            if name not in self.nodes:
                self.add(name, None, mode)
            elif self.nodes[name][0] is not None:
                raise Refusal(403, "ParentNotDirectoryException", f"{name} (is not a directory)")

    def below(self, path: str) -> list[str]:
        return [name for name in self.nodes if name.startswith(path.rstrip("/") + "/")]

    def children(self, path: str) -> list[str]:
        start = path.rstrip("/") + "/"
        return sorted(name for name in self.below(path) if "/" not in name[len(start):])

    def status(self, path: str, suffix: str) -> dict:
        data, changed, number, mode = self.get(path)
        return {"pathSuffix": suffix, "type": "DIRECTORY" if data is None else "FILE", "length": len(data or b""), "modificationTime": changed,
                "fileId": number, "owner": "test", "permission": mode, "replication": 1}

    def rename(self, source: str, target: str, options: str):
        node = self.get(source)
        if target.rsplit("/", 1)[0] not in self.nodes:
            raise Refusal(404, "FileNotFoundException", f"rename destination parent {target} not found.")
        if target in self.nodes:
            if options == "":  # as HDFS does without renameoptions: into the folder
                if self.nodes[target][0] is None:
                    return self.rename(source, target + "/" + source.rsplit("/", 1)[1], options)
                return False
            if options != "OVERWRITE":
                raise Refusal(403, "FileAlreadyExistsException", f"rename destination {target} already exists")
            if self.below(target):
                raise Refusal(403, "IOException", f"rename destination directory is not empty: {target}")
        for name in self.below(source):
            self.nodes[target + name[len(source):]] = self.nodes.pop(name)
        self.nodes[target] = self.nodes.pop(source)
        assert node is self.nodes[target]
        return True

    def delete(self, path: str, recursive: bool) -> bool:
        if path not in self.nodes:
            return False
        if self.below(path) and not recursive:
            raise Refusal(403, "PathIsNotEmptyDirectoryException", f"`{path} is non empty': Directory is not empty")
        for name in self.below(path) + [path]:
            del self.nodes[name]
        return True


class Faults:
    def __init__(self):
        self.waiting, self.lock = [], threading.Lock()

    def next(self, operation: str, path: str) -> str:
        with self.lock:
            for fault in self.waiting:
                if fault["op"] != operation or fault.get("path", "") not in path:
                    continue
                if fault.get("after", 0) > 0:
                    fault["after"] -= 1
                    continue
                if fault["times"] > 0:
                    fault["times"] -= 1
                    return fault["what"]
        return ""


TREE, FAULTS, LOG = Tree(), Faults(), []
# What goes wrong at the DataNode; all else goes wrong at the NameNode.
OF_BYTES = {"cut", "change", "checksum"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize, disable_nagle_algorithm = -1, True  # head and body in one packet: else each answer waits 40 ms
    side = "nn"

    def log_message(self, *_):
        pass

    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def answer(self, status: int, body: bytes = b"", headers=(), announced=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body)
        if announced is not None:
            self.close_connection = True

    def json(self, value, status: int = 200):
        self.answer(status, json.dumps(value).encode(), [("Content-Type", "application/json")])

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_request(self):
        parsed = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parsed.query, keep_blank_values=True))
        path = urllib.parse.unquote(parsed.path)
        body = self.body()
        if path.startswith("/test/"):
            return self.test(path.removeprefix("/test/"), body)
        if not path.startswith("/webhdfs/v1/"):
            return self.answer(404, b"<html>no such page</html>")
        path = "/" + path.removeprefix("/webhdfs/v1/").strip("/")
        try:
            self.webhdfs(path, query.get("op", ""), query, body)
        except Refusal as refusal:
            self.json({"RemoteException": {"exception": refusal.name, "javaClassName": "x." + refusal.name, "message": refusal.message}}, refusal.status)
        except Closed:
            self.close_connection = True
            self.connection.close()

    do_GET = do_PUT = do_DELETE = handle_request

    def test(self, what: str, body: bytes):
        if what == "log":
            return self.answer(200, "".join(line + "\n" for line in LOG).encode())
        if what == "tree":
            with TREE.lock:
                lines = [f"{name} {'-' if node[0] is None else len(node[0])}\n" for name, node in sorted(TREE.nodes.items())]
            return self.answer(200, "".join(lines).encode())
        order = json.loads(body)
        if what == "fault":
            FAULTS.waiting.append({"times": 1, **order})
        elif what == "clear":
            FAULTS.waiting.clear()
        elif what == "age":
            TREE.nodes[order["path"]][1] -= order["seconds"] * 1000
        elif what == "mode":
            TREE.nodes[order["path"]][3] = order["mode"]
        elif what == "change":
            node = TREE.nodes[order["path"]]
            node[0] = node[0][:-1] + bytes([node[0][-1] ^ 1])
        self.answer(200)

    def allowed(self, query: dict):
        if self.server.token and query.get("delegation") != self.server.token:
            raise Refusal(403, "InvalidToken", "token (token for test: HDFS_DELEGATION_TOKEN) can't be found in cache")

    def fault(self, operation: str, path: str) -> str:
        what = FAULTS.next(operation, path) if (self.side == "nn") else self.server.pending.pop((operation, path), "")
        if self.side == "nn" and what in OF_BYTES | {"lose"} and operation in ("OPEN", "CREATE", "GETFILECHECKSUM"):
            self.server.pending[(operation, path)] = what
            return ""
        return what

    def webhdfs(self, path: str, operation: str, query: dict, body: bytes):
        LOG.append(f"{self.side} {operation} {path}")
        self.allowed(query)
        what = self.fault(operation, path)
        if what == "refuse":
            raise Closed
        if what == "hang":
            LOG.append(f"hang {operation} {path}")
            time.sleep(20)
        refusals = {"fail": (500, "RuntimeException", "it broke"), "standby": (403, "StandbyException", "Operation category READ is not supported in state standby"),
                    "quota": (403, "DSQuotaExceededException", f"The DiskSpace quota of {path} is exceeded: quota = 10 B"),
                    "forbid": (403, "AccessControlException", f"Permission denied: user={query.get('user.name')}, access=WRITE, inode=\"{path}\"")}
        if what in refusals:
            raise Refusal(*refusals[what])
        if self.side == "nn" and operation in ("OPEN", "CREATE", "GETFILECHECKSUM"):
            return self.redirect(path, operation, what)
        with TREE.lock:
            act = getattr(self, "op_" + operation.lower(), None)
            if not act:
                raise Refusal(400, "IllegalArgumentException", f"Invalid value for webhdfs parameter \"op\": {operation}")
            act(path, query, body, what)

    def redirect(self, path: str, operation: str, what: str):
        if operation != "CREATE":
            TREE.get(path)
        port = 1 if what == "nowhere" else self.server.data_port
        url = self.path.replace(f"op={operation}", f"op={operation}&namenoderpcaddress=test")
        self.answer(307, headers=[("Location", f"{self.server.scheme}://127.0.0.1:{port}{url}")])

    def done(self, value, what: str):
        if what == "lose":
            raise Closed
        self.json(value) if value is not None else self.answer(200)

    def op_getfilestatus(self, path, query, body, what):
        self.json({"FileStatus": TREE.status(path, "")})

    def op_liststatus(self, path, query, body, what):
        node = TREE.get(path)
        names = TREE.children(path) if node[0] is None else [path]
        text = json.dumps({"FileStatuses": {"FileStatus": [TREE.status(name, name.rsplit("/", 1)[1]) for name in names]}}).encode()
        self.answer(200, text[:len(text) // 2] if what == "cut" else text)

    def op_getcontentsummary(self, path, query, body, what):
        TREE.get(path)
        self.json({"ContentSummary": {"length": sum(len(TREE.nodes[name][0] or b"") for name in TREE.below(path) + [path])}})

    def op_mkdirs(self, path, query, body, what):
        TREE.mkdirs(path, query.get("permission", ""))
        self.done({"boolean": True}, what)

    def op_rename(self, path, query, body, what):
        options = query.get("renameoptions", "")
        done = TREE.rename(path, query["destination"], options)
        self.done({"boolean": done} if options == "" else None, what)

    def op_delete(self, path, query, body, what):
        self.done({"boolean": TREE.delete(path, query.get("recursive") == "true")}, what)

    def op_settimes(self, path, query, body, what):
        TREE.get(path)[1] = int(query["modificationtime"])
        self.done(None, what)

    def op_create(self, path, query, body, what):
        if path in TREE.nodes and query.get("overwrite") != "true":
            raise Refusal(403, "FileAlreadyExistsException", f"{path} already exists")
        if what == "change":
            body = body[:-1] + bytes([body[-1] ^ 1])
        TREE.mkdirs(path.rsplit("/", 1)[0])
        TREE.add(path, body, query.get("permission", ""))
        if what == "lose":
            raise Closed
        self.answer(201)

    def op_open(self, path, query, body, what):
        data = TREE.get(path)[0][int(query.get("offset", 0)):]
        if what == "change":
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.answer(200, data[:len(data) // 2] if what == "cut" else data, announced=len(data) if what == "cut" else None)

    def op_getfilechecksum(self, path, query, body, what):
        checksum = file_checksum(TREE.get(path)[0], self.server.block_size)
        if what == "checksum":
            checksum["bytes"] = "00" * 32
        self.json({"FileChecksum": checksum})


class DataHandler(Handler):
    side = "dn"


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a client that was killed
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port_file")
    parser.add_argument("--token", default="")
    parser.add_argument("--tls")
    parser.add_argument("--block-size", type=int, default=128 << 20)
    options = parser.parse_args()
    threading.Timer(LIFETIME_S, os._exit, [0]).start()
    name, data = (Server(("127.0.0.1", 0), handler) for handler in (Handler, DataHandler))
    pending: dict = {}
    for server in (name, data):
        server.daemon_threads, server.token, server.block_size = True, options.token, options.block_size
        server.data_port, server.pending, server.scheme = data.server_port, pending, "https" if options.tls else "http"
        if options.tls:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(options.tls)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=data.serve_forever, daemon=True).start()
    with open(options.port_file + ".new", "w") as file:
        file.write(f"{name.server_port} {data.server_port}\n")
    os.rename(options.port_file + ".new", options.port_file)
    name.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
