"""The page of all errors: its second half is written from the codes by `python -m tests.codes`."""

from pathlib import Path

from lossary._codes import CODES

PAGE = Path("docs/errors.md")
MARK = "<!-- written from src/lossary/_codes.py by python -m tests.codes -->\n"
GROUPS = {
    "L0": "Structure",
    "L1": "Ranges",
    "L2": "Precision",
    "L3": "Weights",
    "L4": "The model",
    "L5": "Training curves",
}


def text() -> str:
    """The generated half."""
    lines = []
    for prefix, title in GROUPS.items():
        lines += ["", f"### {title}"]
        for code, (what, paragraph) in CODES.items():
            if code.startswith(prefix):
                lines += ["", f"({code.lower()})=", f"**{code}: {what}.** {paragraph}".rstrip()]
    return "\n".join(lines) + "\n"


def whole(page: str) -> str:
    """The page with that half as it should be."""
    return page.partition(MARK)[0] + MARK + text()


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
