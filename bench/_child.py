"""Run work in a fresh process, so that no library affects the next one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FLAG = "--child"


def ask(module: str, *arguments: Any, **environment: str) -> Any:
    """What `answered` in that module returns for these JSON arguments, run in a child process."""
    child = subprocess.run(
        [sys.executable, "-m", module, _FLAG, json.dumps(arguments)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "JAX_PLATFORMS": "cpu", **environment},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(child.stdout.splitlines()[-1])


def answered(work: Callable[..., Any]) -> bool:
    """Whether this process is such a child; if so, the work is done and its result printed."""
    is_child = sys.argv[1:2] == [_FLAG]
    if is_child:
        print(json.dumps(work(*json.loads(sys.argv[2]))))
    return is_child
