"""The command `lossary` and its sub-commands, each of which adds itself to the parser.

Exit codes: 0 all is well, 1 is kept for findings about the user's data, 2 the command cannot be run as
given (argparse's own choice for a usage error).
"""

import argparse
from collections.abc import Sequence

import lossary
from lossary.cli import _demo

_INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended: 128 + SIGINT."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; usage errors raise SystemExit(2)."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lossary",
        description="A glossary of losses for any array: the same numbers, gradients and errors on NumPy, "
        "JAX, torch and dask.",
    )
    parser.add_argument("--version", action="version", version=f"lossary {lossary.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in (_demo,):
        command.add_to(commands)
    return parser
