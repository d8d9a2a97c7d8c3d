"""What the tests saw of each library, as tables on the page on libraries: `python -m tests.seen` writes them.

It looks at the libraries that LOSSARY_TEST_BACKENDS names, by default at those that are installed. What was
seen of the others stays as it is: no environment has them all.
"""

import importlib
import json
import re
import warnings
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401, which gives NumPy bfloat16
import numpy as np

import lossary
from lossary._backend._holders import REFUSED
from tests.contract.subjects import Subject, close, subjects
from tests.libraries import ALL, HALVES, Library, selected

PAGE = Path("docs/backends.md")
SEEN = Path("docs/_data/libraries.json")
TITLES = {
    "numpy": "NumPy",
    "strict": "array-api-strict",
    "jax": "JAX",
    "tensorflow": "TensorFlow",
    "mlx": "MLX",
}
DISTRIBUTIONS = {"strict": "array-api-strict"}
CLASSES = {
    "_spbase": "sparse arrays and matrices",
    "SparseArray": "sparse arrays",
    "JAXSparse": "sparse arrays",
    "PlainQuantity": "`Quantity`",
    "Box": "`ArrayBox`",
}
"""What users call classes that have them as a base."""


def traits(library: Library) -> dict[str, Any]:
    """What takes no time to see."""
    probs, labels = library.array(np.asarray([0.5, 0.25], "float32")), library.array(np.asarray([1, 2]))
    found = {"bad_values": _of_bad_values(library, lossary.binary_cross_entropy, probs, labels)}
    careful = lossary.check(lossary.binary_cross_entropy)
    found["bad_values_checked"] = _of_bad_values(library, careful, probs, labels)
    found["derivatives"] = library.derives
    found["halves"] = [half for half in HALVES if _has(library, half)]
    return found


def _of_bad_values(library: Library, loss: Any, *arrays: Any) -> str:
    try:
        value = library.to_numpy(loss(*arrays))
    except lossary.LossInputError as error:
        return error.code
    return "NaN" if np.isnan(value) else f"wrong: {value}"


def _has(library: Library, dtype: str) -> bool:
    try:
        x = library.array(np.asarray([0.5, 0.25]), dtype)
        return library.dtype_of(lossary.huber(x, 0.0)) == "float32"
    except (TypeError, AttributeError, ValueError):
        return False


def losses(library: Library) -> dict[str, str]:
    """What there is to say of losses whose value and gradient are not NumPy's."""
    said = {subject.name: _of_loss(library, subject) for subject in subjects()}
    return {name: what for name, what in said.items() if what}


def _of_loss(library: Library, subject: Subject) -> str:
    derive = lossary.value_and_grad(subject.function, subject.called[:1])
    count = len(subject.arrays) - len(subject.names)

    def of_all(arrays: dict[int, Any]) -> Any:
        given = [arrays[i] for i in range(len(arrays))]
        named = dict(zip(subject.names, given[count:], strict=True))
        value, (gradient,) = derive(*given[:count], **subject.options, **named)
        return value, gradient

    wanted = of_all(dict(enumerate(subject.arrays)))
    arrays = {i: _array(library, a) for i, a in enumerate(subject.arrays)}
    own = [i for i in arrays if i not in subject.shared]  # whose sizes may be unknown
    try:
        found = library.call(
            lambda *a: of_all(arrays | dict(zip(own, a, strict=True))), *[arrays[i] for i in own]
        )
    except (lossary.LossInputError, lossary.LossTypeError) as error:
        return error.code
    except Exception as error:
        return f"raw error: {type(error).__name__}"
    try:
        for got, want in zip(map(library.to_numpy, found), wanted, strict=True):
            close(got, want, 1e-4 if got.dtype == np.float32 else 1e-9)
    except AssertionError as error:
        return f"wrong: {error}"
    return ""


def _array(library: Library, values: np.ndarray) -> Any:
    return library.array(values, library.float_dtypes()[-1] if values.dtype.kind == "f" else None)


def look(library: Library) -> dict[str, Any]:
    package = library.needs.removesuffix(".array")
    version = importlib.import_module(package).__version__.partition("+")[0]
    found = {"version": version, **traits(library), "asked": len(subjects())}
    variants = [v for v in selected() if v.needs == library.needs]
    found["not_right"] = {v.name: said for v in variants if (said := losses(v))}
    found["forms"] = [v.name for v in variants]
    return found


def lowest(library: Library) -> str:
    """The lowest version, as it stands in pyproject.toml."""
    name = DISTRIBUTIONS.get(library.name, library.name)
    found = re.search(rf'"{name}(?:\[\w+\])?>=([\d.]+)', Path("pyproject.toml").read_text(encoding="utf-8"))
    assert found is not None, name
    return found[1]


def libraries_table(seen: dict[str, Any]) -> str:
    head = (
        "Library",
        "Lowest version",
        "Seen with",
        "Losses and gradients",
        "Own derivatives",
        "Bad values give",
    )
    rows = [(*head, "With `check`", "Halves")]
    for library in ALL.values():
        if library.name not in seen:
            continue
        found = seen[library.name]
        said = {loss: what for of_form in found["not_right"].values() for loss, what in of_form.items()}
        but = sorted({f"`{loss.partition('-')[0]}` ({what})" for loss, what in said.items()})
        right = f"all but {', '.join(but)}" if but else f"all {found['asked']}"
        bad = [_bad(found[key]) for key in ("bad_values", "bad_values_checked")]
        own = "yes" if found["derivatives"] else "it has none"
        title = TITLES.get(library.name, library.name)
        halves = ", ".join(found["halves"]) or "none"
        rows.append((title, lowest(library), found["version"], right, own, *bad, halves))
    return _table(rows)


def _bad(value: str) -> str:
    return "an error" if value.startswith("L") else value


def holders_table(_: dict[str, Any]) -> str:
    rows = [("Library", "Type", "Use instead", "Reason")]
    for package, classes in REFUSED.items():
        of = "Python" if package == "builtins" else package
        together: dict[Any, list[str]] = {}
        for name, refusal in classes.items():
            together.setdefault(refusal, []).append(CLASSES.get(name, f"`{name}`"))
        for refusal, names in together.items():
            rows.append((of, ", ".join(names), _as_code(refusal.fix), refusal.why))
    return _table(rows)


def _as_code(fix: str) -> str:
    """What of a line is code."""
    line, comma, rest = fix.removeprefix("pass ").replace(" with where=", ", with where=", 1).partition(", ")
    if fix.startswith("f = "):
        return f"`{fix}`"
    if "(" not in line and "[" not in line and "." not in line:
        return fix
    line, condition, more = line.partition(" if ")
    rest = f"with `{rest.removeprefix('with ')}`" if "where=" in rest and not condition else rest
    return f"`{line}`{condition}{more}{comma}{rest}"


def _table(rows: list[tuple[str, ...]]) -> str:
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *others])


TABLES = {"libraries": libraries_table, "holders": holders_table}


def whole(page: str, seen: dict[str, Any]) -> str:
    """The page with the tables as they should be."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: written by python -m tests.seen -->", f"<!-- end of {name} -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        assert found, begin
        assert closed, end
        page = f"{before}{begin}\n\n{table(seen)}\n\n{end}{after}"
    return page


def recorded() -> dict[str, Any]:
    return dict(json.loads(SEEN.read_text(encoding="utf-8"))) if SEEN.exists() else {}


def main() -> None:
    seen = recorded()
    for library in selected():
        if not library.is_variant:
            print(f"looking at {library.name} ...", flush=True)
            seen[library.name] = look(library)
    SEEN.write_text(json.dumps(seen, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8"), seen), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
