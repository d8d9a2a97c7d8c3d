"""`lossary demo`: what the library is for, on real data, in a quarter of a minute.

This file checks what the demo needs and tells the story; each chapter is a `_demo_*` module. They import
JAX, scikit-learn, matplotlib and torch inside functions, so that the command line starts without them.
"""

import argparse
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lossary
from lossary.cli import _demo_agreement, _demo_data, _demo_negative, _demo_picture, _demo_training
from lossary.cli._demo_text import heading, paragraph

_NEEDED = {"jax": "jax", "sklearn": "scikit-learn", "matplotlib": "matplotlib", "tqdm": "tqdm"}
_CANNOT_RUN = 2
_PICTURE = "lossary-demo.png"


def add_to(commands: Any) -> None:
    """Add the sub-command to the parser of the command line."""
    parser = commands.add_parser(
        "demo",
        help="train on a rare class, compare the array libraries, and see why a loss turns negative",
        description="Trains a small network with three losses on a rare class, computes their values from "
        "NumPy, JAX and torch arrays side by side, shows why a loss turns negative, and saves one picture.",
    )
    parser.add_argument(
        "--output",
        type=_png_path,
        metavar="FILE.png",
        help=f"where to save the picture; if it exists, a number is added (default: {_PICTURE}, among the "
        "temporary files where this folder is read-only)",
    )
    parser.add_argument(
        "--epochs",
        type=_positive,
        default=40,
        metavar="N",
        help="how often each training goes through the data (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo and return the exit code."""
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        print(f"lossary demo: not installed: {', '.join(missing)}", file=sys.stderr)
        print('install what the demo needs with:  pip install "lossary[demo]"', file=sys.stderr)
        return _CANNOT_RUN
    _tell(arguments.epochs, arguments.output or Path(_folder(), _PICTURE))
    return 0


def _tell(epochs: int, output: Path) -> None:
    heading(f"lossary {lossary.__version__}: a rare class, three losses, any array")
    digits = _demo_data.load()
    _demo_data.describe(digits)

    heading("1. The same network, trained with three losses")
    trainings = _demo_training.train_all(digits, epochs)
    _demo_training.report(trainings, digits)

    heading("2. The same loss from the arrays of every library")
    _demo_agreement.report(trainings, digits)

    heading("3. Why is my loss negative?")
    _demo_negative.report(digits)

    heading("4. The picture")
    path = _demo_picture.save(trainings, digits, output)
    paragraph(f"Training curves and the shapes of the losses: {path}")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 up, got {text!r}")
    return int(text)


def _folder() -> str:
    return "." if os.access(".", os.W_OK | os.X_OK) else tempfile.gettempdir()


def _png_path(text: str) -> Path:
    """Check while the command line is read what would otherwise fail after the training."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"expected a name that ends in .png, got {text!r}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        what = "cannot write into" if path.parent.is_dir() else "there is no folder"
        raise argparse.ArgumentTypeError(f"{what} {str(path.parent)!r}")
    return path
