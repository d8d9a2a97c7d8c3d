"""Words that people search for where a page uses others.

`docs/_data/keywords.json` lists them by page. The words in a loss's name are added to its page.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx


def _add(app: Sphinx, doctree: nodes.document) -> None:
    path = Path(app.srcdir, "_data", "keywords.json")
    app.env.note_dependency(str(path))
    page = app.env.docname
    words = json.loads(path.read_text(encoding="utf-8")).get(page, "").split()
    if page.startswith("gallery/"):
        words += page.removeprefix("gallery/").split("_")
    if words:
        doctree.append(nodes.meta("", name="keywords", content=", ".join(words)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
