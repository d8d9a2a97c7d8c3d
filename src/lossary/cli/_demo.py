"""`lossary demo`: what the library is for, on real data, in 15 seconds.

This file checks the requirements and prints the chapters; each chapter is a `_demo_*` module. They import
JAX, scikit-learn, matplotlib and torch inside functions, so the command line starts without them.
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
    """Add the subcommand to the command line's parser."""
    parser = commands.add_parser(
        "demo",
        help="train on a rare class, compare array libraries, and see why a loss turns negative",
        description="Trains a small network on a rare class with three losses, compares their values on "
        "NumPy, JAX and torch arrays, shows why a loss turns negative, and saves a plot.",
    )
    parser.add_argument(
        "--output",
        type=_png_path,
        metavar="FILE.png",
        help=f"where to save the plot; if the file exists, a number is added (default: {_PICTURE} in this "
        "folder, or in the temporary folder if this one is read-only)",
    )
    parser.add_argument(
        "--epochs",
        type=_positive,
        default=40,
        metavar="N",
        help="number of epochs for each training (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo and return the exit code."""
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        print(f"lossary demo: not installed: {', '.join(missing)}", file=sys.stderr)
        print('install the demo requirements with:  pip install "lossary[demo]"', file=sys.stderr)
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

    heading("2. The same loss on arrays of every library")
    _demo_agreement.report(trainings, digits)

    heading("3. Why is my loss negative?")
    _demo_negative.report(digits)

    heading("4. The plot")
    path = _demo_picture.save(trainings, digits, output)
    paragraph(f"Training curves and the shapes of the losses: {path}")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer >= 1, got {text!r}")
    return int(text)


def _folder() -> str:
    return "." if os.access(".", os.W_OK | os.X_OK) else tempfile.gettempdir()


def _png_path(text: str) -> Path:
    """Check the path before training rather than fail afterward."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"the name must end in .png, got {text!r}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        what = "cannot write to" if path.parent.is_dir() else "no such folder:"
        raise argparse.ArgumentTypeError(f"{what} {str(path.parent)!r}")
    return path
