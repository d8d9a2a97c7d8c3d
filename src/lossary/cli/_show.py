"""`lossary show sigmoid_focal`: formula, options, equivalent calls in other libraries, and a plot."""

import argparse
import difflib
import inspect
import re
import textwrap
from typing import Any

from lossary._words import equal_calls, losses_like
from lossary.cli import _show_picture
from lossary.cli._list import FAMILIES, members, summary
from lossary.cli._show_formula import prose, readable
from lossary.cli._terminal import UsageError, add_output, claim, width

_SHARED = "weights, where, over, reduction"


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "show",
        help="show the formula and options of a loss, or plot it",
        description="Shows the formula and options of a loss and equivalent calls in other libraries. With "
        "-o, plots loss, gradient and curvature, which needs matplotlib.",
    )
    parser.add_argument("loss", metavar="LOSS", help="a loss such as sigmoid_focal, or part of its name")
    add_output(parser, "FILE.svg|png|pdf")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    name, loss = _find(arguments.loss)
    if arguments.output is not None:
        path = claim(arguments.output, arguments.force)
        _show_picture.save(name, loss, path)
        print(f"written: {path}")
        return 0
    for block in _blocks(name, loss):
        print(block)
    return 0


def _find(wanted: str) -> tuple[str, Any]:
    """The loss with this name, or the only one whose name contains it or that other libraries call so."""
    known = {name: loss for family in FAMILIES for name, loss in members(family).items()}
    if wanted in known:
        return wanted, known[wanted]
    containing = [name for name in known if wanted in name]
    if len(containing) == 1:
        return containing[0], known[containing[0]]
    of_others = [] if containing else [name for name in losses_like(wanted, tuple(known)) if name in known]
    if len(of_others) == 1:
        return of_others[0], known[of_others[0]]
    near = containing or of_others or difflib.get_close_matches(wanted, known, n=5, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else "; `lossary list` shows all"
    raise UsageError(f"there is no loss {wanted!r}{hint}")


def _blocks(name: str, loss: Any) -> list[str]:
    doc = inspect.getdoc(loss) or ""
    parameters = inspect.signature(loss).parameters
    arrays = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    options = [p for p in parameters.values() if p.kind is p.KEYWORD_ONLY and p.name not in _SHARED]
    call = ", ".join([*(p.name for p in arrays), *(f"{p.name}={p.default!r}" for p in options)])
    indent = " " * (len(name) + 9)
    blocks = [
        textwrap.fill(f"lossary.{name}({call})", width(), subsequent_indent=indent, break_on_hyphens=False),
        "\n" + textwrap.fill(summary(loss), width()),
    ]
    formula = re.search(r"\.\. math::(.*?)\n\n", doc, re.DOTALL)
    if formula:
        blocks.append("\n" + textwrap.indent(readable(formula.group(1)), "    "))
    blocks.append("")
    described = _described(doc)
    longest = max(len(p.name) for p in [*arrays, *options])
    for p in [*arrays, *options]:
        text = f"  {p.name:<{longest}}  {described.get(p.name, '')}"
        blocks.append(textwrap.fill(text, width(), subsequent_indent=" " * (longest + 4)))
    blocks.append(f"\nEvery loss also takes {_SHARED}.")
    equal = equal_calls().get(name, [])
    if equal:
        blocks.append("\nIn other libraries:")
        for theirs, ours in equal:
            blocks.append(textwrap.indent(f"{theirs}\n    = {ours}", "  "))
    return blocks


def _described(doc: str) -> dict[str, str]:
    """The documentation of each parameter, in one paragraph."""
    section = re.search(r"Parameters\n-+\n(.*?)\n\n\w+\n-+\n", doc, re.DOTALL)
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", section.group(1) if section else ""):
        head, _, body = entry.partition("\n")
        names, _, kind = head.partition(" : ")
        text = prose(f"{kind}. {' '.join(body.split())}" if body else kind)
        found.update(dict.fromkeys(names.split(", "), text))
    return found
