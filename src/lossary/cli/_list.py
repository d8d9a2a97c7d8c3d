"""`lossary list`: all losses by family, one line each."""

import argparse
import importlib
import inspect
import pkgutil
import textwrap
from typing import Any

from lossary import losses
from lossary.cli._show_formula import prose
from lossary.cli._terminal import width

FAMILIES = tuple(module.name for module in pkgutil.iter_modules(losses.__path__))


def add_to(commands: Any) -> None:
    parser = commands.add_parser("list", help="list all losses", description="Lists all losses by family.")
    parser.add_argument("--family", choices=FAMILIES, help="list only this family")
    parser.set_defaults(run=run)


def members(family: str) -> dict[str, Any]:
    """The losses of a family, by name."""
    module = importlib.import_module(f"lossary.losses.{family}")
    return {name: getattr(module, name) for name in module.__all__}


def run(arguments: argparse.Namespace) -> int:
    families = [arguments.family] if arguments.family else FAMILIES
    longest = max(len(name) for family in families for name in members(family))
    for i, family in enumerate(families):
        print(f"{'' if i == 0 else chr(10)}{family}")
        for name, loss in members(family).items():
            line = f"  {name:<{longest}}  {summary(loss)}"
            print(textwrap.fill(line, width(), subsequent_indent=" " * (longest + 4), break_on_hyphens=False))
    return 0


def summary(loss: Any) -> str:
    """The first sentence of the loss's docstring."""
    return prose(" ".join((inspect.getdoc(loss) or "").partition("\n\n")[0].split()))
