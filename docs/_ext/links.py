"""Links that work in the repository and on the site, and links from names of losses to their pages."""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

import lossary

_PAGES = {"README": "start", "CHANGELOG": "changelog", "CONTRIBUTING": "contributing", "LICENSE": "license"}
"""Files outside docs/, and the pages that include them."""
_BESIDE = re.compile(rf"\]\((?:\.\./)*({'|'.join(_PAGES)})(?:\.md)?(?=[)#])")
_FOLDER = re.compile(r"\]\(([\w./-]+/)\)")
_CALL = re.compile(r"\blossary\.(\w+)")
_INITIAL = re.compile(r"^([A-Z]\. )")
_RAISED = re.compile(r"^( *)(\w+Error)$")


def _moved(text: str) -> str:
    text = _BESIDE.sub(lambda found: f"](/{_PAGES[found[1]]}.md", text)
    text = _FOLDER.sub(r"](\1index.md)", text)
    return text.replace("](docs/", "](/")


def _read(app: Sphinx, docname: str, content: list[str]) -> None:
    content[0] = _moved(content[0])


def _included(app: Sphinx, path: object, docname: str, content: list[str]) -> None:
    content[0] = _moved(content[0])


def _adapt(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Make `:doc:` absolute, and keep initials from becoming lists.

    A docstring does not know which page shows it. Names of errors under Raises become links, like other
    names.
    """
    for i, line in enumerate(lines):
        line = _INITIAL.sub(r"\\\1", line.replace(":doc:`", ":doc:`/"))
        lines[i] = _RAISED.sub(r"\1`\2`", line)


def _name(code: str) -> str | None:
    """The public name that code in a sentence or a table consists of or calls."""
    called = set(_CALL.findall(code)) if "\n" not in code else set()
    name = called.pop() if len(called) == 1 else code
    return name if name in lossary.__all__ else None


def _link_names(app: Sphinx, doctree: nodes.document) -> None:
    page = app.env.docname.rpartition("/")[2]
    for code in list(doctree.findall(nodes.literal)):
        name = _name(code.astext())
        linked = isinstance(code.parent, nodes.title | nodes.reference | addnodes.pending_xref)
        if name is None or name == page or linked:
            continue
        link = addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=f"lossary.{name}", refwarn=True
        )
        link["refdoc"] = app.env.docname
        code.replace_self(link)
        link += code


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _read)
    app.connect("include-read", _included)
    app.connect("autodoc-process-docstring", _adapt)
    app.connect("doctree-read", _link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
