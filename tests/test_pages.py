"""The pages as files of the repository, where they are read as well."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [page.relative_to(ROOT).as_posix() for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))]
MAP = ROOT / "docs/design/map.md"
STEP = re.compile(r"^\d\. `([\w/]+\.py)`: (.*?)(?=^\S|^$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    """On the site `nox -s docs` looks after them."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in LINK.findall(text) if "://" not in target]
    assert not [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()]


def test_the_map_names_functions_that_there_are() -> None:
    """After its file, or after another one that the step names."""
    source = ROOT / "src/lossary"
    steps = STEP.findall(MAP.read_text(encoding="utf-8"))
    assert len(steps) == 11
    for file, text in steps:
        names = re.findall(r"`(\w+)`", text)
        files = [file, *re.findall(r"`([\w/]+\.py)`", text)]
        code = "".join([(source / name).read_text(encoding="utf-8") for name in files])
        assert names
        unknown = [name for name in names if not re.search(rf"\b{name}\b", code)]
        assert not unknown, (file, unknown)
