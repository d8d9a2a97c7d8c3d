"""Phrases that we decided against, in pages and code. `nox -s lint` finds single words: docs/words.txt."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.py")]
INSTEAD = {
    "belongs into": "belongs in",
    "by heart": "memorize",
    "in the place of": "instead of",
    "per cent": "percent",
    "stop to care": "stop caring",
    "way round": "reversed, or way around",
    "without a word": "silently",
}
PHRASES = re.compile("|".join(phrase.replace(" ", r"\s+") for phrase in INSTEAD))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_phrases(file: Path) -> None:
    found = {" ".join(match.split()) for match in PHRASES.findall(file.read_text(encoding="utf-8"))}
    assert not found, {phrase: INSTEAD[phrase] for phrase in found}
