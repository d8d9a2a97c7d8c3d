"""The generated parts of a page, between `<!-- name: written by module -->` and `<!-- end of name -->`."""

import re
from pathlib import Path


def replace(page: Path, parts: dict[str, str], by: str) -> None:
    """Put each part between its marks; an error if the marks are missing."""
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = f"<!-- {name}: written by {by} -->", f"<!-- end of {name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{page} has no marks for {name}")
        whole = f"{begin}\n\n{part}\n\n{end}"
        text = pattern.sub(lambda _, whole=whole: whole, text)
    page.write_text(text, encoding="utf-8")
