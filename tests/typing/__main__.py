"""`python -m tests.typing`: what mypy and pyright, both strict, say of users' code, right and wrong."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parent.parent / "src"
ACCEPTED, REFUSED = HERE / "accepted.py", HERE / "refused.py"

Lines = dict[str, set[int]]
"""Of each file, those in which a checker sees a mistake."""


def by_mypy() -> Lines:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
    files = [str(ACCEPTED), str(REFUSED)]
    said = subprocess.run([*command, *files], capture_output=True, text=True, env=_environment())
    return _lines(re.findall(r"(\w+\.py):(\d+): error", said.stdout))


def by_pyright() -> Lines:
    settings = {
        "include": [str(HERE.relative_to(HERE.parent.parent))],
        "typeCheckingMode": "strict",
        "extraPaths": ["src"],
    }
    root = HERE.parent.parent
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=root) as file:
        json.dump(settings, file)
        file.flush()
        command = [sys.executable, "-m", "pyright", "--outputjson", "-p", file.name]
        said = subprocess.run(
            [*command, "--pythonpath", sys.executable], capture_output=True, text=True, cwd=root
        )
    found = json.loads(said.stdout)["generalDiagnostics"]
    errors = [d for d in found if d["severity"] == "error"]
    return _lines([(Path(d["file"]).name, d["range"]["start"]["line"] + 1) for d in errors])


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "MYPYPATH": str(SOURCE)}


def _lines(found: list[tuple[str, int]]) -> Lines:
    lines: Lines = {}
    for name, line in found:
        lines.setdefault(name, set()).add(int(line))
    return lines


def mistakes() -> set[int]:
    """The lines below the marker."""
    text = REFUSED.read_text().splitlines()
    start = text.index("# Mistakes:")
    return {i + 1 for i, line in enumerate(text) if i > start and line}


def main() -> int:
    wrong = 0
    for name, check in (("mypy", by_mypy), ("pyright", by_pyright)):
        lines = check()
        refused_wrongly = sorted(lines.get(ACCEPTED.name, ()))
        missed = sorted(mistakes() - lines.get(REFUSED.name, set()))
        also = sorted(lines.get(REFUSED.name, set()) - mistakes())
        print(f"{name}: {len(mistakes()) - len(missed)} of {len(mistakes())} mistakes seen", end="")
        print(
            f"; wrongly refused: lines {refused_wrongly} of {ACCEPTED.name}" if refused_wrongly else "",
            end="",
        )
        print(f"; missed: lines {missed}" if missed else "", f"; not marked: {also}" if also else "")
        wrong += bool(refused_wrongly or missed or also)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
