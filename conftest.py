"""Runs the examples in README.md and docs/: `python -m pytest docs README.md`.

The tests need nothing from here and do not ask for Sybil. Without it pytest says that it has nothing to
collect in those files.
"""

import doctest
import importlib.util
import os
from typing import Any

import pytest

OF_TORCH = "ignore:.*should not be instantiated:DeprecationWarning"
"""What torch.compile says about torch itself whenever it meets an autograd function."""


def missing(module: str) -> bool:
    """Whether an example is to be skipped because what it shows is not installed.

    Examples ask for it in a comment before the block, `skip: next if(missing("jax"), reason=...)`, so that
    the report names each block that did not run. LOSSARY_REQUIRE_BACKEND=1 lets none be skipped.
    """
    required = os.environ.get("LOSSARY_REQUIRE_BACKEND") == "1"
    return not required and importlib.util.find_spec(module.split(".")[0]) is None


def absent(module: str) -> bool:
    """Whether an example of TensorFlow or Keras has no place here: they have sessions of their own."""
    unset = module == "keras" and "KERAS_BACKEND" not in os.environ
    return unset or importlib.util.find_spec(module) is None


collect_ignore = [
    page
    for page, module in {
        "docs/tensorflow.md": "tensorflow",
        "docs/why/negative-loss-tensorflow.md": "tensorflow",
        "docs/keras.md": "keras",
        "docs/mlx.md": "mlx",
        "docs/guides/larger-than-memory.md": "cubed",
    }.items()
    if absent(module)
]


def prepare(namespace: dict[str, Any]) -> None:
    namespace["missing"] = missing
    namespace["absent"] = absent


if importlib.util.find_spec("sybil") is not None:
    from sybil import Sybil
    from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

    pytest_collect_file = Sybil(
        parsers=[PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS), SkipParser()],
        patterns=["README.md", "docs/*.md", "docs/guides/*.md", "docs/why/*.md"],
        setup=prepare,
    ).pytest()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.suffix == ".md":
            item.add_marker(pytest.mark.filterwarnings(OF_TORCH))
