"""The site: `nox -s docs`, or `sphinx-build -W docs build/site`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

import lossary  # noqa: E402

project = "lossary"
author = "The lossary developers"
release = version = lossary.__version__

extensions = [
    "myst_parser",
    "sphinx_design",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "numpydoc",
    *("formulas", "gallery", "keywords", "links"),
]
exclude_patterns = ["_*"]
nitpicky = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True  # and no output
copybutton_line_continuation_character = "\\"

default_role = "code"
autodoc_mock_imports = ["keras", "torch", "sklearn"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "lossary"
html_search_scorer = str(HERE / "_ext" / "search_scorer.js")
html_static_path = ["_static"]
html_favicon = "_static/logo.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
_ALONE = ("start", "migrate", "differences", "accuracy", "speed", "errors", "api", "changelog")
html_sidebars = {page: [] for page in (*_ALONE, "contributing", "license", "policy", "search")}
html_math_renderer = "mathml"
html_theme_options = {
    "logo": {"image_light": "_static/logo.svg", "image_dark": "_static/logo.svg", "text": "lossary"},
    "header_links_before_dropdown": 5,
    "navbar_persistent": ["search-button"],
    "show_prev_next": False,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": {"**": ["page-toc"], "gallery/index": [], "losses": []},
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
project_copyright = f"{author}, BSD 3-Clause"
