#!/usr/bin/env python3
"""Stands in for a Hadoop: `hadoop_stand_in.py install HOME` makes HOME/bin/hadoop, HOME/bin/yarn and the jar's name, whose HDFS is the folder
HOME/hdfs and whose YARN runs the tasks of a streaming job one after the other, each in a folder of its own, as a NodeManager would: with
the files sent along, and the name of its input in the environment. It keeps the contract of streaming to the letter where programs could
notice: lines end at carriage returns too, a TAB stands behind each line without one, reducers get keys in order but the lines of
one key backwards, a reducer without a line leaves nothing.

A file HOME/trouble names what goes wrong:
    safe mode, no nodes, no yarn, slow    of HDFS and YARN;  `slow`: a job that does not end until `yarn application -kill`
    killed, no success, lost              of a job: killed by somebody, output without _SUCCESS, a line lost between mappers and reducers
    no logs                               the containers' logs are not gathered
HOME/told has the jobs' commands, and what was killed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

HOME = Path(sys.argv[0]).absolute().parent.parent
HDFS = HOME / "hdfs"


def trouble():
    return (HOME / "trouble").read_text().strip() if (HOME / "trouble").exists() else ""


def tell(*words):
    with open(HOME / "told", "a") as told:
        print(*words, file=told)


def place(path):
    return HDFS / path.lstrip("/") if path.startswith("/") else HDFS / "user/somebody" / path


# ---- hadoop fs ----

def fs(words):
    while words[0].startswith("-D"):
        words = words[1:]
    what, *paths = words
    paths = [path for path in paths if not path.startswith("-")]
    if trouble() == "safe mode" and what in ("-mkdir", "-put"):
        sys.exit(f"{what[1:]}: Cannot create directory {paths[0]}. Name node is in safe mode.")
    if what == "-mkdir":
        place(paths[0]).mkdir(parents=True, exist_ok=True)
    elif what == "-put":
        shutil.copytree(paths[0], place(paths[1]))
    elif what == "-get":
        shutil.copytree(place(paths[0]), paths[1])
    elif what == "-rm":
        shutil.rmtree(place(paths[0]), ignore_errors=True)


# ---- hadoop jar ----

class Job:
    def __init__(self, words):
        self.conf, self.options = {}, {}
        while words:
            name, value, *words = words
            if name == "-D":
                key, _, value = value.partition("=")
                self.conf[key] = value
            else:
                self.options[name] = value
        self.out = place(self.options["-output"])
        self.number = len(list((HOME / "logs").glob("*"))) + 1
        self.logs = HOME / f"logs/application_1_{self.number:04}"
        self.logs.mkdir(parents=True)

    def number_of(self, key, default):
        return int(self.conf.get(key, default))

    def say(self, text):
        print(f"2024-01-01 00:00:00,000 INFO mapreduce.Job: {text}", file=sys.stderr, flush=True)

    def task(self, kind, command, data, environment=None):
        """What a task prints, as streaming reads it: (key, value) by the fields of the key."""
        attempt = f"attempt_1_{self.number:04}_{kind[0]}_000000_0"
        with tempfile.TemporaryDirectory() as folder:
            for file in self.options.get("-files", "").split(","):
                os.symlink(file, Path(folder) / Path(file).name)
            done = subprocess.run(command.split(" "), input=data, capture_output=True, cwd=folder, env={**os.environ, **(environment or {})})
        with open(self.logs / "stderr", "ab") as log:
            log.write(done.stderr)
        if done.returncode != 0:
            self.say(f"Task Id : {attempt}, Status : FAILED")
            print(f"Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code {done.returncode}\n"
                  "\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)\n", file=sys.stderr)
            self.end("FAILED", f"Task failed task_1_{self.number:04}_{kind[0]}_000000")
        fields = self.number_of(f"stream.num.{'map' if kind == 'map' else 'reduce'}.output.key.fields", 1)  # a combiner is a reducer
        return [split_key(line, fields) for line in re.split(b"\r\n|\r|\n", done.stdout)[:-1]]

    def end(self, state, why):
        self.say(f"Job job_1_{self.number:04} failed with state {state} due to: {why}")
        print("Streaming Command Failed!", file=sys.stderr)
        sys.exit(1)

    def splits(self):
        """The mappers' inputs, the largest first."""
        for file in sorted(place(self.options["-input"]).iterdir(), key=lambda file: -file.stat().st_size):
            lines = re.split(b"\r\n|\r|\n", file.read_bytes())
            if lines and not lines[-1]:
                lines.pop()
            step = self.number_of("mapreduce.input.lineinputformat.linespermap", 1) if "-inputformat" in self.options else max(1, len(lines))
            for first in range(0, max(1, len(lines)), step):
                yield file, b"".join(line + b"\n" for line in lines[first:first + step])

    def write(self, task, pairs):
        (self.out / f"part-{task:05}").write_bytes(b"".join(key + b"\t" + value + b"\n" for key, value in pairs))

    def partition(self, key, reducers):
        grouped = re.fullmatch(r"-k1,(\d+)", self.conf.get("mapreduce.partition.keypartitioner.options", ""))
        if "-partitioner" in self.options and grouped:
            key = b"\t".join(key.split(b"\t")[:int(grouped[1])])
        return zlib.crc32(key) % reducers

    def run(self):
        tell("job", " ".join(f"{key}={value}" for key, value in sorted(self.conf.items())), *(f"{key} {value}" for key, value in self.options.items()
             if key in ("-mapper", "-combiner", "-reducer", "-inputformat", "-partitioner")))
        self.say(f"Submitting tokens for job: job_1_{self.number:04}")
        self.say(" map 0% reduce 0%")
        while trouble() == "slow":
            time.sleep(0.05)
        if trouble() == "killed":
            self.end("KILLED", f"Application application_1_{self.number:04} killed by user.")
        self.out.mkdir(parents=True)
        reducers, combiner = self.number_of("mapreduce.job.reduces", 1), self.options.get("-combiner")
        parts = [[] for _ in range(max(1, reducers))]
        for task, (file, data) in enumerate(self.splits()):
            pairs = self.task("map", self.options["-mapper"], data, {"mapreduce_map_input_file": f"hdfs://name/{file}"})
            if reducers == 0:
                self.write(task, pairs)
                continue
            mine = [[] for _ in range(reducers)]
            for key, value in pairs:
                mine[self.partition(key, reducers)].append((key, value))
            for part, lines in zip(parts, mine):
                lines.sort(key=lambda pair: pair[0])
                part += self.task("combine", combiner, joined(lines)) if combiner and lines else lines
        self.say(" map 100% reduce 0%")
        for task, lines in enumerate(parts if reducers else []):
            lines = sorted(reversed(lines), key=lambda pair: pair[0])
            if trouble() == "lost":
                lines.pop()
            printed = self.task("reduce", self.options["-reducer"], joined(lines))
            self.write(task, printed if lines else [])
        if trouble() != "no success":
            (self.out / "_SUCCESS").write_text("")
        self.say(f"Job job_1_{self.number:04} completed successfully")


def split_key(line, fields):
    words = line.split(b"\t")
    return (line, b"") if len(words) <= fields else (b"\t".join(words[:fields]), b"\t".join(words[fields:]))


def joined(pairs):
    return b"".join(key + b"\t" + value + b"\n" for key, value in pairs)


# ---- yarn ----

def yarn(words):
    name = words[-1]
    if words[:1] == ["logs"]:
        log = HOME / f"logs/{words[words.index('-applicationId') + 1]}/stderr"
        if trouble() == "no logs":
            sys.exit("Log aggregation has not completed or is not enabled.")
        sys.stdout.write("Container: container_1_01 on node1_45454\nLogType:stderr\n" + log.read_text(errors="replace") + "\nEnd of LogType:stderr\n")
    elif words[:2] == ["application", "-kill"]:
        tell("killed", name)
    elif words[:1] == ["node"]:
        count = 0 if trouble() == "no nodes" else 2
        if trouble() == "no yarn":
            sys.exit("java.net.ConnectException: Call From here/127.0.0.1 to localhost:8032 failed on connection exception: Connection refused")
        print(f"Total Nodes:{count}\n         Node-Id\t     Node-State\tNode-Http-Address\tNumber-of-Running-Containers")


def install(home):
    (home / "bin").mkdir(parents=True)
    (home / "share/hadoop/tools/lib").mkdir(parents=True)
    (home / "share/hadoop/tools/lib/hadoop-streaming-3.4.2.jar").write_text("")
    (home / "etc/hadoop").mkdir(parents=True)
    for name in ("core-site.xml", "yarn-site.xml"):
        (home / "etc/hadoop" / name).write_text("<configuration/>\n")
    for name in ("hadoop", "yarn"):
        shutil.copy(__file__, home / "bin" / name)
        (home / "bin" / name).chmod(0o755)


def main():
    name, words = Path(sys.argv[0]).name, sys.argv[1:]
    if words[:1] == ["install"]:
        install(Path(words[1]).absolute())
    elif name == "yarn":
        yarn(words)
    elif words[:1] == ["version"]:
        print("Hadoop 3.4.2\nSource code repository nowhere")
    elif words[:1] == ["fs"]:
        fs(words[1:])
    elif words[:1] == ["jar"]:
        if trouble() == "no yarn":
            sys.exit("Exception in thread \"main\" java.net.ConnectException: Call From here/127.0.0.1 to localhost:8032 failed on connection exception: Connection refused")
        Job(words[2:]).run()


main()
