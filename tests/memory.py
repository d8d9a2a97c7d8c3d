"""What a program says that runs by itself, and knows how much memory it took."""

import json
import subprocess
import sys
from typing import Any

_WATCH = """
import json, sys, threading, time

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

def watch():
    while True:
        seen.append(resident())
        time.sleep(0.005)

def watched():
    seen.append(resident())
    threading.Thread(target=watch, daemon=True).start()

def peak():
    return max(seen) - seen[0]

seen = []
"""


def said_of(program: str) -> Any:
    """What it dumps as JSON. `peak()` is how many MB it has taken since `watched()`, on Linux."""
    said = subprocess.run(
        [sys.executable, "-c", _WATCH + program], check=True, capture_output=True, text=True, timeout=300
    )
    return json.loads(said.stdout)
