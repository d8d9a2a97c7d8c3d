"""Two processes of one script that find each other on this machine."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT = 180
"""Seconds."""


def run_two(script: str, *arguments: str, **environment: str) -> None:
    """Run a script beside this file twice, with a port and the number of the process before its arguments."""
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    except OSError as error:
        pytest.skip(f"no port of this machine can be had: {error}")
    path = str(Path(__file__).with_name(script))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    processes = [
        subprocess.Popen(
            [sys.executable, path, str(port), str(rank), *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [process.communicate(timeout=TIMEOUT)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
