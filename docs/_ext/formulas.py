"""Formulas as MathML, which browsers lay out themselves, and the font they need.

Nothing is fetched and no script runs when a page is read.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from fontTools import subset
from math_core import LatexToMathML
from sphinx.application import Sphinx

_MATHML = LatexToMathML()
# Latin and Greek; punctuation; letterlike, arrows, operators; brackets; italic letters.
_USED = "20-17F,391-3F5,2000-206F,2100-22FF,2308-23B7,27E8-27E9,1D400-1D7FF"


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(_MATHML.convert_with_local_state(node.astext(), displaystyle=False))
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.math_block) -> None:
    formula = _MATHML.convert_with_local_state(node.astext(), displaystyle=True)
    writer.body.append(f'<div class="formula">{formula}</div>\n')
    raise nodes.SkipNode


def _add_font(app: Sphinx, error: Exception | None) -> None:
    """STIX Two Math without the characters that no formula uses: a tenth of the size."""
    if error is not None or app.builder.format != "html":
        return
    source = files("ziamath").joinpath("fonts/STIXTwoMath-Regular.ttf")
    target = Path(app.outdir, "_static", "math.woff2")
    subset.main([str(source), f"--unicodes={_USED}", "--flavor=woff2", f"--output-file={target}"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("build-finished", _add_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
