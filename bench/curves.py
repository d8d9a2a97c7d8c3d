"""Draws the pictures in docs/guides/training-curves.md by running the page: `python -m bench.curves`."""

import doctest
import re
from pathlib import Path
from typing import Any

import lossary

PAGE = Path("docs/guides/training-curves.md")
_GREY = "#808080"  # readable on light and dark pages; a picture in a file does not inherit the text color


def main() -> None:
    names: dict[str, Any] = {}
    text = PAGE.read_text(encoding="utf-8")
    for code, picture in re.findall(r"```python\n(.*?)```|\((\.\./_static/curve-[^)]*)\)", text, re.DOTALL):
        for example in doctest.DocTestParser().get_examples(code):
            exec(example.source, names)
        if picture:
            (PAGE.parent / picture).write_text(_drawing(names["train"], names["val"]), encoding="utf-8")


def _drawing(train: list[float], val: list[float]) -> str:
    """Both curves, if they come from the same training."""
    report = lossary.diagnose_history(train, val if len(val) == len(train) else None)
    svg = report.picture().replace("currentColor", _GREY)
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1) + "\n"


if __name__ == "__main__":
    main()
