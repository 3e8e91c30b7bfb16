#!/usr/bin/env python3
"""hadoop.py: a real Hadoop on this machine, for tests: NameNode, DataNodes, and with --yarn ResourceManager and NodeManager, each a Java
process of its own, on ports of 127.0.0.1. Needs Java 17 and the jars of Hadoop 3.4 in one folder:

    hadoop.py jars LIB             fetches them with Maven (93 MB)
    hadoop.py run [--yarn N] LIB DIR -- COMMAND ...
                                   starts it with its files in DIR, runs the command with NAMENODE=127.0.0.1:PORT (and HADOOP_HOME,
                                   HADOOP_CONF_DIR, HADOOP_CLASSPATH for Java programs), and ends it

DIR/home looks like the folder of a distribution, as far as a client needs one: bin/hadoop, bin/yarn, share/hadoop/tools/lib/hadoop-streaming-*.jar.

As the shuffle of MapReduce listens on every address, run it in a network of its own:
    unshare --net bash -c 'ip link set lo up; python3 tests/cluster/hadoop.py run LIB DIR -- COMMAND'

What was found out the hard way: the jars hold no webapps/, and empty folders of those names on the class path are enough; Java 17 needs
--add-opens; the memory checks of YARN kill a JVM that is merely large; ResourceManager wants the timeline service's jar.
"""
import argparse
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

VERSION = "3.4.2"
ARTIFACTS = """hadoop-common hadoop-hdfs hadoop-hdfs-client hadoop-yarn-server-resourcemanager hadoop-yarn-server-nodemanager hadoop-yarn-client
hadoop-mapreduce-client-jobclient hadoop-mapreduce-client-app hadoop-mapreduce-client-shuffle hadoop-yarn-server-timelineservice
hadoop-streaming""".split()
# bin/hadoop and bin/yarn of a distribution, as far as they are needed here: sub-command -> class
CLIENTS = {"hadoop": {"fs": "org.apache.hadoop.fs.FsShell", "jar": "org.apache.hadoop.util.RunJar", "version": "org.apache.hadoop.util.VersionInfo"},
           "yarn": {"application": "org.apache.hadoop.yarn.client.cli.ApplicationCLI", "logs": "org.apache.hadoop.yarn.client.cli.LogsCLI",
                    "node": "org.apache.hadoop.yarn.client.cli.NodeCLI"}}
LAUNCHER = """#!/bin/sh
what=$1; shift
case $what in
{cases}*) echo "$0 knows no $what" >&2; exit 1;;
esac
exec "{java}/bin/java" -Xmx300m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 {opens} -Dhadoop.root.logger="${{HADOOP_ROOT_LOGGER:-INFO,console}}" \
  -cp "${{HADOOP_CONF_DIR:-{conf}}}:{lib}/*" $class "$@"
"""
OPENS = [word for package in ("lang", "util", "net") for word in ("--add-opens", f"java.base/java.{package}=ALL-UNNAMED")]
READY_S = 480  # a loaded machine
MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def fetch_jars(lib: Path):
    lib.mkdir(parents=True, exist_ok=True)
    wanted = "".join(f"<dependency><groupId>org.apache.hadoop</groupId><artifactId>{name}</artifactId><version>{VERSION}</version></dependency>"
                     for name in ARTIFACTS)
    pom = lib.parent / f"{lib.name}-pom.xml"
    pom.write_text("<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>hadoop-class-path</artifactId>"
                   f"<version>1</version><packaging>pom</packaging><dependencies>{wanted}</dependencies></project>")
    subprocess.run(["mvn", "-B", "-q", "-f", pom, MAVEN_PLUGIN, f"-DoutputDirectory={lib.absolute()}", "-DincludeScope=runtime"], check=True)


def java_home() -> str:
    return os.environ.get("JAVA_HOME") or str(Path(shutil.which("java") or "java").resolve().parent.parent)


def die_with_parent():
    """In a child: no JVM is left where this script is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Hadoop:
    """Daemons that end with the object (`with Hadoop(...) as hadoop`). Their ports lie in the thousand from `first_port` on."""

    def __init__(self, lib: Path, folder: Path, datanodes: int = 1, yarn: int = 0, first_port: int = 19000, replication: int = 1,
                 settings: dict | None = None):
        self.lib, self.folder, self.count, self.yarn, self.port = lib.absolute(), folder.absolute(), datanodes, yarn, first_port
        self.replication, self.settings = replication, settings or {}
        self.conf, self.home = self.folder / "conf", self.folder / "home"
        self.processes: dict[str, subprocess.Popen] = {}

    @property
    def namenode(self) -> str:
        return f"127.0.0.1:{self.port + 870}"

    @property
    def class_path(self) -> str:
        return f"{self.conf}:{self.lib}/*"

    def environment(self) -> dict:
        return {**os.environ, "JAVA_HOME": java_home(), "HADOOP_CONF_DIR": str(self.conf), "HADOOP_CLASSPATH": self.class_path, "HADOOP_HOME": str(self.home),
                "HADOOP_USER_NAME": os.environ.get("USER") or "root", "NAMENODE": self.namenode}

    # ---- configuration ----

    def write(self, name: str, values: dict, folder: Path | None = None):
        rows = "".join(f"<property><name>{key}</name><value>{value}</value></property>\n" for key, value in values.items())
        (folder or self.conf).joinpath(name).write_text(f"<configuration>\n{rows}</configuration>\n")

    def write_conf(self):
        self.conf.mkdir(parents=True, exist_ok=True)
        for web in ("hdfs", "datanode", "secondary", "journal", "static", "logs"):
            (self.conf / "webapps" / web).mkdir(parents=True, exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)
        self.write("core-site.xml", {"fs.defaultFS": f"hdfs://127.0.0.1:{self.port}", "hadoop.tmp.dir": self.folder / "tmp"})
        self.write("hdfs-site.xml", self.hdfs_values())
        (self.conf / "log4j.properties").write_text(
            "hadoop.root.logger=WARN,console\nlog4j.rootLogger=${hadoop.root.logger}\nlog4j.appender.console=org.apache.log4j.ConsoleAppender\nlog4j.appender.console.target=System.err\n"
            "log4j.appender.console.layout=org.apache.log4j.PatternLayout\nlog4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n\n")
        if self.yarn:
            self.write_yarn()
            self.write_home()

    def write_home(self):
        for folder in ("bin", "share/hadoop/tools/lib", "etc"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        for name, classes in CLIENTS.items():
            cases = "".join(f"{word}) class={java_class};;\n" for word, java_class in classes.items())
            cases = cases.replace("ApplicationCLI;;", 'ApplicationCLI; set -- "$what" "$@";;')  # as bin/yarn does
            program = self.home / "bin" / name
            program.write_text(LAUNCHER.format(cases=cases, java=java_home(), opens=" ".join(OPENS), conf=self.conf, lib=self.lib))
            program.chmod(0o755)
        for place, target in (("share/hadoop/tools/lib/hadoop-streaming-" + VERSION + ".jar", self.lib / f"hadoop-streaming-{VERSION}.jar"),
                              ("etc/hadoop", self.conf)):
            if not (self.home / place).is_symlink():
                (self.home / place).symlink_to(target)

    def hdfs_values(self) -> dict:
        return {"dfs.replication": self.replication, "dfs.namenode.name.dir": f"file://{self.folder}/name",
                "dfs.namenode.rpc-bind-host": "127.0.0.1", "dfs.namenode.http-address": self.namenode, "dfs.datanode.hostname": "127.0.0.1",
                "dfs.namenode.datanode.registration.ip-hostname-check": "false", "dfs.blocksize": 16 << 20,
                "dfs.namenode.fs-limits.min-block-size": 65536, "dfs.client.block.write.locateFollowingBlock.retries": 1,
                "dfs.namenode.heartbeat.recheck-interval": 5000, "dfs.heartbeat.interval": 1, **self.settings}

    def write_yarn(self):
        self.write("mapred-site.xml", self.mapred_values())
        self.write("yarn-site.xml", self.yarn_values())
        queue = "yarn.scheduler.capacity."
        self.write("capacity-scheduler.xml", {f"{queue}root.queues": "default", f"{queue}root.default.capacity": 100,
                                              f"{queue}root.default.maximum-am-resource-percent": 0.6, f"{queue}maximum-am-resource-percent": 0.6})

    def mapred_values(self) -> dict:
        return {
            "mapreduce.framework.name": "yarn", "mapreduce.application.classpath": f"{self.lib}/*", "mapreduce.map.memory.mb": 512,
            "mapreduce.reduce.memory.mb": 512, "mapreduce.map.java.opts": "-Xmx300m", "mapreduce.reduce.java.opts": "-Xmx300m",
            "yarn.app.mapreduce.am.resource.mb": 768, "yarn.app.mapreduce.am.command-opts": "-Xmx400m", "mapreduce.map.speculative": "false",
            "mapreduce.reduce.speculative": "false", "yarn.app.mapreduce.am.env": f"JAVA_HOME={java_home()}",
            "yarn.app.mapreduce.am.staging-dir": "/tmp/staging"}

    def yarn_values(self) -> dict:
        port, host = self.port, "127.0.0.1"
        return {
            "yarn.resourcemanager.hostname": host, "yarn.resourcemanager.address": f"{host}:{port + 32}",
            "yarn.resourcemanager.scheduler.address": f"{host}:{port + 30}", "yarn.resourcemanager.resource-tracker.address": f"{host}:{port + 31}",
            "yarn.resourcemanager.admin.address": f"{host}:{port + 33}", "yarn.resourcemanager.webapp.address": f"{host}:{port + 88}",
            "yarn.nodemanager.hostname": host, "yarn.log-aggregation-enable": "true", "yarn.nm.liveness-monitor.expiry-interval-ms": 10000,
            "yarn.am.liveness-monitor.expiry-interval-ms": 120000, "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": 500,
            "yarn.nodemanager.aux-services": "mapreduce_shuffle",
            "yarn.nodemanager.resource.memory-mb": 4096, "yarn.nodemanager.resource.cpu-vcores": 4, "yarn.scheduler.minimum-allocation-mb": 256,
            "yarn.nodemanager.vmem-check-enabled": "false", "yarn.nodemanager.pmem-check-enabled": "false",
            "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": 99.5, "yarn.application.classpath": f"{self.lib}/*",
            "yarn.nodemanager.env-whitelist": "JAVA_HOME,HADOOP_CONF_DIR,PATH,LANG,TZ", "yarn.webapp.api-service.enable": "false"}

    # ---- daemons ----

    def java(self, *words: str, heap: str = "300m", conf: str = "") -> list[str]:
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", *OPENS, f"-Dhadoop.log.dir={self.folder}/logs", f"-Dyarn.log.dir={self.folder}/logs",
                "-cp", conf + self.class_path, *words]

    def start(self, name: str, *words: str, conf: str = ""):
        log = open(self.folder / "logs" / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(self.java(*words, conf=conf), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment(),
                                                preexec_fn=die_with_parent)

    def start_namenode(self):
        self.start("namenode", "org.apache.hadoop.hdfs.server.namenode.NameNode")

    def start_datanode(self, number: int = 0):
        port = self.port + 864 + 10 * number
        self.start(f"datanode{number}", "org.apache.hadoop.hdfs.server.datanode.DataNode", f"-Ddfs.datanode.data.dir=file://{self.folder}/data{number}",
                   f"-Ddfs.datanode.address=127.0.0.1:{port + 2}", f"-Ddfs.datanode.http.address=127.0.0.1:{port}",
                   f"-Ddfs.datanode.ipc.address=127.0.0.1:{port + 3}")

    def start_nodemanager(self, number: int = 0):
        """Each has a yarn-site.xml of its own, on its class path before the common one."""
        conf, port, host = self.folder / f"conf-nodemanager{number}", self.port + 40 + 10 * number, "127.0.0.1"
        conf.mkdir(exist_ok=True)
        own = {"yarn.nodemanager.address": f"{host}:{port + 1}", "yarn.nodemanager.localizer.address": f"{host}:{port}",
               "yarn.nodemanager.webapp.address": f"{host}:{port + 2}", "yarn.nodemanager.local-dirs": self.folder / f"nm-local{number}",
               "yarn.nodemanager.log-dirs": self.folder / f"nm-logs{number}"}
        self.write("yarn-site.xml", {**self.yarn_values(), **own}, conf)
        self.write("mapred-site.xml", {**self.mapred_values(), "mapreduce.shuffle.port": port + 3}, conf)
        self.start(f"nodemanager{number}", "org.apache.hadoop.yarn.server.nodemanager.NodeManager", conf=f"{conf}:")

    def stop(self, name: str, how: int = signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(how)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self):
        self.write_conf()
        if not (self.folder / "name" / "current").is_dir():
            subprocess.run(self.java("org.apache.hadoop.hdfs.server.namenode.NameNode", "-format", "-nonInteractive"), env=self.environment(),
                           check=True, capture_output=True)
        try:
            self.start_namenode()
            for number in range(self.count):
                self.start_datanode(number)
            if self.yarn:
                self.start("resourcemanager", "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager")
                for number in range(self.yarn):
                    self.start_nodemanager(number)
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.processes)):
            self.stop(name)

    def ask(self, address: str):
        with urllib.request.urlopen(f"http://{address}", timeout=5) as answer:
            return json.load(answer)

    def is_ready(self) -> bool:
        bean = f"{self.namenode}/jmx?qry=Hadoop:service=NameNode,name="
        state = self.ask(bean + "FSNamesystemState")["beans"][0]
        info = self.ask(bean + "NameNodeInfo")["beans"][0]
        for number in range(self.count):  # the NameNode believes for a while in one that has gone
            if f"datanode{number}" in self.processes:
                self.ask(f"127.0.0.1:{self.port + 864 + 10 * number}/jmx?qry=java.lang:type=Runtime")
        running = sum(name.startswith("datanode") for name in self.processes)
        if state["NumLiveDataNodes"] < running or info["Safemode"]:
            return False
        return not self.yarn or self.ask(f"127.0.0.1:{self.port + 88}/ws/v1/cluster/metrics")["clusterMetrics"]["activeNodes"] == \
            sum(name.startswith("nodemanager") for name in self.processes)

    def wait_until_ready(self):
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    sys.exit(f"{name} ended; see {self.folder}/logs/{name}.log")
            try:
                if self.is_ready():
                    return
            except (OSError, ValueError, IndexError, KeyError):
                pass
            time.sleep(0.5)
        sys.exit(f"Hadoop was not ready after {READY_S} s; see {self.folder}/logs")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("jars").add_argument("lib", type=Path)
    run = commands.add_parser("run")
    run.add_argument("lib", type=Path)
    run.add_argument("folder", type=Path)
    run.add_argument("--datanodes", type=int, default=1)
    run.add_argument("--yarn", type=int, default=0, metavar="N", help="so many NodeManagers, and a ResourceManager")
    run.add_argument("words", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.command == "jars":
        fetch_jars(options.lib)
        return 0
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    with Hadoop(options.lib, options.folder, options.datanodes, options.yarn) as hadoop:
        return subprocess.run(words, env=hadoop.environment()).returncode


if __name__ == "__main__":
    sys.exit(main())
