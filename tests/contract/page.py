"""What losses cannot do, at the end of the page on libraries: `python -m tests.contract.page` writes it."""

from pathlib import Path

from tests.contract.cannot import CANNOT

PAGE = Path("docs/backends.md")
MARK = "<!-- written from tests/contract/cannot.py by python -m tests.contract.page -->\n"
LIBRARIES = {"jax": "JAX", "torch": "torch", "tensorflow": "TensorFlow", "mlx.core": "MLX"}


def text() -> str:
    """The table: a row for each loss and reason."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for library, demand, losses, why, says in CANNOT:
        what = f"`TypeError: {says}`" if says else "L006"
        key = LIBRARIES[library], ", ".join(f"`{loss}`" for loss in losses), f"{why}: {what}"
        rows.setdefault(key, []).append(demand.replace("_", " "))
    lines = ["", "| | Losses | Cannot do | Because |", "|---|---|---|---|"]
    lines += [
        f"| {of} | {losses} | {', '.join(found)} | {why} |" for (of, losses, why), found in rows.items()
    ]
    return "\n".join(lines) + "\n"


def whole(page: str) -> str:
    """The page with the table as it should be."""
    return page.partition(MARK)[0] + MARK + text()


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
