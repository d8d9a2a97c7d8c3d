"""The `lossary` command and its subcommands, each of which adds itself to the parser.

Exit codes: 0 for success, 1 for findings about the user's data, 2 for a command that cannot run as given (as
argparse does for usage errors).
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence

import lossary
from lossary.cli import _demo, _diagnose, _doctor, _explain, _list, _show
from lossary.cli._terminal import FAILED, UsageError

_INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended: 128 + SIGINT."""
_PIPE = 141
"""The same for SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; usage errors raise SystemExit(2)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # do not crash on a console that cannot print ½
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    try:
        return int(arguments.run(arguments))
    except UsageError as error:
        print(f"lossary {arguments.command}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lossary",
        description="A glossary of losses for any array: the same numbers, gradients and errors on NumPy, "
        "JAX, torch, TensorFlow and dask.",
    )
    parser.add_argument("--version", action="version", version=f"lossary {lossary.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in (_demo, _diagnose, _explain, _list, _show, _doctor):
        command.add_to(commands)
    return parser
