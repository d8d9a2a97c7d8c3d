"""`lossary explain L101`, `lossary explain 0.6931`, `lossary explain ignore_index`."""

import argparse
import textwrap
from typing import Any

import lossary
from lossary._codes import CODES
from lossary._words import keyword_meant, losses_meant
from lossary.cli._terminal import UsageError, width
from lossary.diagnosis import known_losses


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="explain an error code, a loss value such as 0.6931, or a name from another library",
        description="Explains the code of an error or finding, the value at which a loss is stuck, or what a "
        "keyword or a loss of another library is called here.",
    )
    parser.add_argument(
        "what", metavar="CODE|NUMBER|WORD", help="for example L101, 0.6931, ignore_index or mse_loss"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    what = arguments.what.strip()
    if what.upper() in CODES:
        _explain_code(what.upper())
    elif not _explain_word(what.removesuffix("=")):
        _explain_number(what)
    return 0


def _explain_word(word: str) -> bool:
    """Print the equivalent of another library's keyword or loss. Return whether there is one."""
    keyword = keyword_meant(word)
    losses = [] if keyword or not word.isidentifier() else losses_meant(word, tuple(lossary.__all__))
    if keyword:
        print(textwrap.fill(f"{word}: {keyword}", width(), subsequent_indent="    ", break_on_hyphens=False))
    elif losses:
        print("\n".join([f"{word} in lossary:", *(f"    {line}" for line in losses)]))
        print("Run `lossary show` for more on each.")
    return bool(keyword or losses)


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
            f"{text!r} is not a number, a code or a name from another library; codes: {', '.join(CODES)}"
        ) from None
    if value < 0:
        print(f"{text} is negative: a cross-entropy is negative only if targets are outside [0, 1].\n")
        _explain_code("L501")
        return
    if not known:
        print(f"{text} is not a value at which losses are known to get stuck.")
    for one in known:
        line = f"{text} = {one.formula}: {one.meaning}"
        print(textwrap.fill(line, width(), subsequent_indent="    ", break_on_hyphens=False))


def _tolerance(text: str) -> float:
    """One unit in the last digit given."""
    digits = text.lower().partition("e")[0].partition(".")[2]
    return 0.0 if "e" in text.lower() else 1.01 * 10.0 ** -max(len(digits), 2)
