"""The gallery: a page and a card for each loss, generated from the code before Sphinx reads the pages.

A page has the docstring of the function, a picture, and the equivalent calls in other libraries from the
table that `tests/test_peers.py` evaluates.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from sphinx.application import Sphinx

import lossary
from lossary.cli._list import summary
from lossary.cli._show_lines import Curve, curves
from lossary.cli._show_picture import COLOURS, INK, draw
from tests.catalogue import losses
from tests.peers import Differs, Equal, differences, equals
from tests.peers.page import TITLES

_COLOURS = ("light", "dark")
_DARK = dict(zip((INK, *COLOURS), ("#e6edf3", "#56b4e9", "#e69f00"), strict=True))
_SPACE = "\N{ZERO WIDTH SPACE}"


def _write(app: Sphinx) -> None:
    folder = Path(app.srcdir, "gallery")
    folder.mkdir(exist_ok=True)
    _replace(folder / "index.rst", _index())
    for family in losses().values():
        for name in family:
            _replace(folder / f"{name}.rst", _page(name))
            _draw(folder, name, curves(name, getattr(lossary, name)))


def _replace(path: Path, lines: Iterable[str]) -> None:
    """Write only what changed, because Sphinx reads written files again."""
    text = "\n".join(lines)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _draw(folder: Path, name: str, lines: list[Curve]) -> None:
    light, dark = (folder / f"{name}-{colours}.svg" for colours in _COLOURS)
    with rc_context({"svg.hashsalt": name}):
        draw(lines).savefig(light, transparent=True, metadata={"Date": None})
    picture = light.read_text(encoding="utf-8")
    for bright, colour in _DARK.items():
        picture = picture.replace(bright, colour)
    dark.write_text(picture, encoding="utf-8")


def _index() -> Iterator[str]:
    yield from ("Gallery", "=======", "", "The options of all losses are in :doc:`one table </losses>`.", "")
    yield from _contents("Options", ["/losses"])
    for family, members in losses().items():
        title = family.capitalize()
        yield from ("", title, "-" * len(title), "", ".. grid:: 1 2 3 3", "   :gutter: 3", "")
        for name in members:
            yield from _card(name)
        yield from _contents(title, members)


def _card(name: str) -> Iterator[str]:
    """site.css cuts the panel of the loss itself from the picture of all three."""
    yield f"   .. grid-item-card:: {name.replace('_', '_' + _SPACE)}"
    yield from (f"      :link: {name}", "      :link-type: doc", "")
    yield from (f"      {line}" for colours in _COLOURS for line in _picture(name, colours, "panel"))
    yield from (f"      {summary(getattr(lossary, name))}", "")


def _contents(title: str, pages: Iterable[str]) -> Iterator[str]:
    yield from ("", ".. toctree::", "   :hidden:", f"   :caption: {title}", "")
    yield from (f"   {page}" for page in pages)
    yield ""


def _page(name: str) -> Iterator[str]:
    yield from (name, "=" * len(name), "", ".. currentmodule:: lossary", "", f".. autofunction:: {name}", "")
    same = [row for row in equals() if row.loss == name]
    if same:
        yield from ("In other libraries", "------------------", "", ".. tab-set::", "")
        for library, rows in groupby(same, key=lambda row: row.library):
            yield f"   .. tab-item:: {TITLES[library]}"
            for row in rows:
                yield from _equal(row)
    differ = [row for row in differences() if row.loss == name]
    if differ:
        yield from ("", "Where others differ", "-------------------", "")
        yield from map(_differs, differ)
        yield from ("", "The inputs and numbers are in :doc:`/differences`.", "")


def _equal(row: Equal) -> Iterator[str]:
    yield from ("", "      .. code-block:: python", "", f"         {row.theirs}", f"         {row.ours}", "")
    yield f"      {row.note}"


def _differs(row: Differs) -> str:
    return f"* `{row.name}`: {row.why}"


def _illustrate(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Put the picture after the formula, before the parameters."""
    loss = name.rpartition(".")[2]
    if app.env.docname == f"gallery/{loss}":
        at = lines.index("Parameters")
        both = [f"   {line}" for colours in _COLOURS for line in _picture(loss, colours, "panels")]
        lines[at:at] = [".. container:: picture", "", *both]


def _picture(loss: str, colours: str, kind: str) -> tuple[str, ...]:
    return (
        f".. image:: /gallery/{loss}-{colours}.svg",
        f"   :class: {kind} only-{colours}",
        f"   :alt: {'Loss' if kind == 'panel' else 'Loss, gradient and curvature'} of {loss}",
        "   :loading: lazy",
        "",
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", _write)
    app.connect("autodoc-process-docstring", _illustrate, priority=400)  # before numpydoc, at 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}
