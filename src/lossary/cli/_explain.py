"""`lossary explain L101`, and `lossary explain 0.6931`: what a code, or a number, means."""

import argparse
import textwrap
from typing import Any

from lossary._codes import CODES
from lossary.cli._terminal import UsageError, width
from lossary.diagnosis import known_losses


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="say what a code means, or a loss such as 0.6931",
        description="Explains a code of an error or finding, or the number that a loss has come to rest at.",
    )
    parser.add_argument("what", metavar="CODE|NUMBER", help="for example L101, or 0.6931")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    what = arguments.what.strip()
    if what.upper() in CODES:
        _explain_code(what.upper())
    else:
        _explain_number(what)
    return 0


def _explain_code(name: str) -> None:
    code = CODES[name]
    print(f"{name}: {code.title}")
    if code.text:
        print("\n" + textwrap.fill(code.text, width(), break_on_hyphens=False))


def _explain_number(text: str) -> None:
    try:
        value = float(text)
        known = list(known_losses(value, _tolerance(text)))
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is neither a number nor a code; the codes are {', '.join(CODES)}"
        ) from None
    if value < 0:
        print(f"{text} is negative: a cross-entropy is so only if targets are outside [0, 1].\n")
        _explain_code("L501")
        return
    if not known:
        print(f"{text} is no number that a loss is known to rest at.")
    for one in known:
        line = f"{text} = {one.formula}: {one.meaning}"
        print(textwrap.fill(line, width(), subsequent_indent="    ", break_on_hyphens=False))


def _tolerance(text: str) -> float:
    """What the digits that were written leave open, and one unit in the last of them."""
    digits = text.lower().partition("e")[0].partition(".")[2]
    return 0.0 if "e" in text.lower() else 1.01 * 10.0 ** -max(len(digits), 2)
