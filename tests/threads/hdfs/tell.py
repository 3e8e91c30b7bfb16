"""tell.py WHAT ORDER: tells the stand-in for HDFS (tests/support/webhdfs.py) whose port is in the file `port`; `wait` waits for it."""
import os
import sys
import time
import urllib.request

while not os.path.exists(os.environ["PORTS"]):
    time.sleep(0.05)
port = open(os.environ["PORTS"]).read().split()[0]
if sys.argv[1] == "wait":
    print(port)
elif sys.argv[1] in ("tree", "log"):
    print(urllib.request.urlopen(f"http://127.0.0.1:{port}/test/{sys.argv[1]}").read().decode(), end="")
else:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/test/{sys.argv[1]}", sys.argv[2].encode(), method="PUT")
    urllib.request.urlopen(request)
