"""`lossary diagnose` as a process: every format of file, what is wrong with files, and exit codes."""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lossary.cli import main
from lossary.cli._columns import Wanted
from lossary.cli._dialect import dialect_of
from lossary.cli._kept import Kept
from lossary.cli._table_readers import _READERS
from lossary.cli._text_files import _own_reader
from tests.cases.problems import binary, classes, sigmoid

LOGITS, TARGETS = binary(n=400)
Done = subprocess.CompletedProcess[str]


def lossary(folder: Path, *arguments: str, **environment: str) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "lossary", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


def diagnosed(
    folder: Path, name: str, *options: str, pred: str = "z", kind: str = "logits", **environment: str
) -> Done:
    return lossary(
        folder, "diagnose", name, "--target", "y", "--pred", pred, "--kind", kind, *options, **environment
    )


def write(folder: Path, name: str, targets=TARGETS, logits=LOGITS) -> Path:
    """The same rows as a file of any format."""
    path = folder / name
    columns = {"y": targets, "z": logits, "p": sigmoid(logits), "w": 1.0 + np.arange(len(logits)) % 2}
    if path.suffix in (".csv", ".tsv"):
        separator = "," if path.suffix == ".csv" else "\t"
        rows = [
            separator.join(columns),
            *(separator.join(map(str, row)) for row in zip(*columns.values(), strict=True)),
        ]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    elif path.suffix == ".jsonl":
        lists = {name: column.tolist() for name, column in columns.items()}
        rows = [json.dumps(dict(zip(lists, row, strict=True))) for row in zip(*lists.values(), strict=True)]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    elif path.suffix == ".npz":
        np.savez(path, **columns)
    elif path.suffix == ".npy":
        np.save(path, np.rec.fromarrays(list(columns.values()), names=list(columns)))
    else:
        _write_parquet(path, columns)
    return path


def _write_parquet(path: Path, columns) -> None:
    if importlib.util.find_spec("pyarrow"):
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.table(columns), path)
    else:
        pytest.importorskip("polars").DataFrame(columns).write_parquet(path)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "npz", "npy", "parquet"])
def test_files_of_every_format(tmp_path, suffix):
    write(tmp_path, f"good.{suffix}")
    done = diagnosed(tmp_path, f"good.{suffix}", "--weight", "w", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["ok"] is True
    expected = np.average(np.logaddexp(0, LOGITS) - TARGETS * LOGITS, weights=1.0 + np.arange(400) % 2)
    assert report["numbers"]["loss"] == pytest.approx(expected, rel=1e-12)
    write(tmp_path, f"bad.{suffix}", targets=TARGETS + 1)
    done = diagnosed(tmp_path, f"bad.{suffix}")
    assert (done.returncode, done.stderr) == (1, "")
    assert "error[L101]: targets must lie in [0, 1]" in done.stdout
    assert "= fix: targets = targets - 1" in done.stdout


@pytest.mark.skipif(not importlib.util.find_spec("polars"), reason="polars is not installed")
def test_parquet_by_polars(tmp_path):
    """Polars reads what pyarrow would have read first."""
    path = write(tmp_path, "good.parquet")
    code = (
        "import sys, importlib.util as u; find = u.find_spec; import lossary.cli._arrays_files as f\n"
        "f.find_spec = lambda name: None if name == 'pyarrow' else find(name)\n"
        "from lossary.cli import main; raise SystemExit(main(sys.argv[1:]))"
    )
    arguments = ["diagnose", str(path), "--target", "y", "--pred", "z", "--kind", "logits"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) for name in ("pyarrow", "polars", "pandas")), reason="one can read it"
)
def test_parquet_without_a_library(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    done = diagnosed(tmp_path, "a.parquet")
    assert done.returncode == 2
    assert ".parquet files need pyarrow, polars or pandas" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("none.csv", None, "none.csv: no such file"),
        ("a.xlsx", b"x", "a.xlsx: the name must end in .csv, .tsv"),
        ("a.csv", b"", "there is no column 'y'; there are: none"),
        ("a.csv", b"y,z\n", "a.csv: there are no rows"),
        ("a.csv", b"a,z\n1,2\n", "there is no column 'y'; there are: a, z"),
        ("a.csv", b"y,z\n1,2\n1\n", "line 3 has 1 cells, but the header has 2"),
        ("a.csv", b"y,z\n1,2\n1,many\n", "line 3: z is 'many', not a number"),
        ("a.csv", b"y,z\n1,\xff\xfe\n", "a.csv: cannot be read: 'utf-8' codec"),
        ("a.csv", b'y,z\n1,"' + b"x" * 200_000 + b"\n", "field larger than field limit"),
        ("a.csv", b"\x00\x01\x02", "a.csv: "),
        ("a.jsonl", b'{"y": 1, "z": 2}\n{"y": 1,\n', "line 2: "),
        ("a.jsonl", b'{"y": 1, "z": 2}\n{"y": 1}\n', "line 2: there is no 'z'"),
        ("a.jsonl", b"[1, 2]\n", "line 1: expected an object"),
        ("a.jsonl", b"\n", "there are no rows"),
        ("a.jsonl", b'{"y": 1, "z": [1, 2]}\n{"y": 1, "z": [1]}\n', "differ in length"),
        ("a.jsonl", b'{"y": {}, "z": 2}\n', "line 1: y is an object, not a number"),
        ("a.npz", b"PK", "a.npz: cannot be read"),
        ("a.npy", b"\x93NUMPY", "a.npy: cannot be read"),
        ("a.npy", b"", "a.npy: cannot be read"),
    ],
)
def test_bad_files_give_one_line(tmp_path, monkeypatch, capsys, name, content, complaint):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["diagnose", name, "--target", "y", "--pred", "z", "--kind", "logits"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lossary diagnose: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_arrays_that_do_not_fit(tmp_path):
    np.savez(tmp_path / "a.npz", y=np.ones(3), z=np.ones(4))
    np.savez(tmp_path / "b.npz", y=np.array([{}, 1], dtype=object), z=np.ones(2))
    assert "the columns have different lengths: 3, 4" in diagnosed(tmp_path, "a.npz").stderr
    done = diagnosed(tmp_path, "b.npz")
    assert done.returncode == 2
    assert "allow_pickle" in done.stderr
    assert "Traceback" not in done.stderr


def test_words_as_targets_and_missing_values(tmp_path):
    """A spreadsheet's file: a mark before the first name, Windows' line ends, empty cells, words."""
    rows = [f"{'yes' if t else 'no'},{z:.6f}" for t, z in zip(TARGETS, LOGITS, strict=True)]
    (tmp_path / "a.csv").write_bytes(("﻿y,z\r\n" + "\r\n".join(rows) + "\r\nno,\r\n").encode())
    done = diagnosed(tmp_path, "a.csv")
    assert done.returncode == 2
    assert "--positive names the value for 1" in done.stderr
    done = diagnosed(tmp_path, "a.csv", "--positive", "yes")
    assert done.returncode == 1
    assert "error[L010]: NaN among the predictions" in done.stdout
    assert "[400]=nan" in done.stdout
    assert diagnosed(tmp_path, "a.csv", "--positive", "yes", "--ignore", "L010").returncode == 0


def test_several_classes(tmp_path):
    z, y = classes(n=300)
    rows = [",".join(map(str, [target, *row])) for target, row in zip(y, z, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["y,z0,z1,z2,z3", *rows]))
    (tmp_path / "a.jsonl").write_text(
        "\n".join(json.dumps({"y": int(t), "z": row.tolist()}) for t, row in zip(y, z, strict=True))
    )
    task = ("--task", "multiclass", "--format", "json")
    outputs = {
        diagnosed(tmp_path, "a.csv", *task, pred="z0,z1,z2,z3").stdout,
        diagnosed(tmp_path, "a.csv", *task, pred="z*").stdout,
        diagnosed(tmp_path, "a.jsonl", *task).stdout,
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["title"] == "multiclass, logits, 4 classes"
    assert "no column matches 'q*'" in diagnosed(tmp_path, "a.csv", *task, pred="q*").stderr
    assert "--task multiclass" in diagnosed(tmp_path, "a.csv", pred="z*").stderr


def test_fail_on(tmp_path):
    write(tmp_path, "a.csv", logits=3 * LOGITS)
    done = diagnosed(tmp_path, "a.csv")
    assert "warning[L407]" in done.stdout
    assert done.returncode == 0
    assert diagnosed(tmp_path, "a.csv", "--fail-on", "warning").returncode == 1
    assert diagnosed(tmp_path, "a.csv", "--fail-on", "warning", "--ignore", "L407").returncode == 0


def test_nothing_is_overwritten(tmp_path):
    write(tmp_path, "a.csv", targets=TARGETS + 1)
    (tmp_path / "mine.html").write_text("mine")
    options = ("--format", "html", "-o", "mine.html")
    done = diagnosed(tmp_path, "a.csv", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lossary diagnose: mine.html exists; use --force to overwrite it\n"
    assert (tmp_path / "mine.html").read_text() == "mine"
    done = diagnosed(tmp_path, "a.csv", *options, "--force")
    assert (done.returncode, done.stdout) == (1, "")
    assert (tmp_path / "mine.html").read_text().startswith("<!doctype html>")
    done = diagnosed(tmp_path, "a.csv", "-o", "nowhere/a.txt")
    assert (done.returncode, done.stderr) == (2, "lossary diagnose: cannot write to nowhere/a.txt\n")


def test_annotations_of_github(tmp_path):
    write(tmp_path, "a,b.csv", targets=TARGETS + 1)
    done = diagnosed(tmp_path, "a,b.csv", "--format", "github")
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith("::error file=a%2Cb.csv,title=L101%3A targets must lie in [0%2C 1]::")
    assert "%0A  = fix: targets = targets - 1" in line


def test_worst_rows(tmp_path):
    write(tmp_path, "a.csv")
    done = diagnosed(tmp_path, "a.csv", "--worst", "3")
    worst = np.argsort(LOGITS * TARGETS - np.logaddexp(0, LOGITS))[:3]
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("  row ")] == [
        str(row) for row in worst
    ]


def test_width_and_color(tmp_path):
    write(tmp_path, "a.csv", logits=3 * LOGITS)
    narrow = diagnosed(tmp_path, "a.csv", COLUMNS="50").stdout
    facts = [line for line in narrow.splitlines() if line.startswith(("  |", "  =", "      "))]
    assert facts
    assert max(map(len, facts)) <= 50
    assert "\x1b" not in narrow


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("no_color", "is_colored"), [("", True), ("1", False)])
def test_color_only_on_a_terminal_that_wants_it(tmp_path, no_color, is_colored):
    import pty

    write(tmp_path, "a.csv", targets=TARGETS + 1)
    main_end, other_end = pty.openpty()
    arguments = ["diagnose", "a.csv", "--target", "y", "--pred", "z", "--kind", "logits"]
    with subprocess.Popen(
        [sys.executable, "-m", "lossary", *arguments],
        cwd=tmp_path,
        stdout=other_end,
        env={**os.environ, "NO_COLOR": no_color, "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(other_end)
        shown = b""
        while chunk := _read(main_end):
            shown += chunk
    os.close(main_end)
    assert process.returncode == 1
    assert (b"\x1b[1;31merror[L101]\x1b[0m" in shown) == is_colored


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


ROWS = ["1{s}0{d}5{s}x", "0{s}-1{d}25e1{s}y, z", "1{s}{s}", "0{s}3{s}'", "1{s}+{d}125{s}NA"]
TABLES = {
    "comma": (",", ".", "utf-8"),
    "semicolon": (";", ".", "utf-8"),
    "decimal comma": (";", ",", "utf-8-sig"),
    "tab": ("\t", ",", "utf-8"),
    "bar": ("|", ".", "utf-8"),
    "wide": (";", ",", "utf-16"),
}


def table(name: str, header: bool) -> tuple[bytes, str]:
    separator, decimal, encoding = TABLES[name]
    rows = [row.format(s=separator, d=decimal) for row in ROWS]
    if separator == ",":
        rows[1] = rows[1].replace("y, z", '"y, z"')
    return "\r\n".join([f"y{separator}z{separator}c"] * header + rows).encode(encoding), encoding


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", TABLES)
def test_tables_of_every_kind(tmp_path, name, header):
    """By every library that is installed, and by none: the same numbers."""
    content, encoding = table(name, header)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(content))
    (tmp_path / "a.csv").write_bytes(content)
    names = ["y", "z"] if header else ["0", "1"]
    wanted = Wanted(*names[:1], names[1:], None, None)
    want = [[1, 0, 1, 0, 1], [0.5, -12.5, np.nan, 3, 0.125]]
    for file in (path, tmp_path / "a.csv"):
        dialect = dialect_of(file, ",")
        found = {"own": list(_own_reader(file, dialect, names, wanted))}
        for library, read in _READERS.items():
            if encoding != "utf-16" and importlib.util.find_spec(library):
                found[library] = list(read(file, dialect, names))
        for library, batches in found.items():
            columns = [np.concatenate(column) for column in zip(*batches, strict=True)]
            np.testing.assert_array_equal(columns, want, err_msg=library)
    done = lossary(tmp_path, "diagnose", "a.csv", "--target", "0", "--pred", "1", "--kind", "logits")
    assert "1 of 5 NaN: [2]=nan" in done.stdout


def test_a_column_has_a_place_as_well(tmp_path):
    write(tmp_path, "a.csv")
    by_name = diagnosed(tmp_path, "a.csv").stdout
    assert (
        lossary(tmp_path, "diagnose", "a.csv", "--target", "0", "--pred", "1", "--kind", "logits").stdout
        == by_name
    )


def test_json(tmp_path):
    columns = {"y": TARGETS.tolist(), "z": LOGITS.tolist()}
    (tmp_path / "a.json").write_text(json.dumps(columns))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    (tmp_path / "b.json").write_text(json.dumps(rows))
    write(tmp_path, "c.csv")
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    said = {diagnosed(tmp_path, name).stdout for name in ("a.json", "b.json", "c.csv", "d.jsonl.gz")}
    assert len(said) == 1
    assert "no problems found" in said.pop()


@pytest.mark.parametrize("most", [10, 100, 10_000])
def test_what_is_kept_of_many_rows(most):
    """Even steps, and the least, the largest and the unknown of each column, each with its row's number."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(2, 999))
    columns[1, 700] = np.nan
    places = [0, 1, 50, 51, 500, 999]
    batches = [list(columns[:, a:b]) for a, b in pairwise(places)]
    kept = Kept(batches, most)
    assert kept.rows == 999
    assert len(kept.columns[0]) <= most // 2 + 6
    np.testing.assert_array_equal(kept.columns, columns[:, kept.numbers])
    extremes = {*columns.argmax(axis=1), *np.nanargmin(columns, axis=1), np.nanargmax(columns[1]), 700}
    assert extremes <= set(kept.numbers)
    assert set(range(0, 999, kept.step)) <= set(kept.numbers)


def test_a_large_file_takes_little_memory(tmp_path):
    """Four times the rows take no more: measured in the process itself."""
    pytest.importorskip("resource")
    rng = np.random.default_rng(0)
    z = rng.normal(size=100_000)
    rows = "".join(
        f"{int(t)},{x:.5f},{'words that nobody wants to keep in memory'}\n"
        for t, x in zip(rng.random(100_000) < sigmoid(z), z, strict=True)
    )
    for name, times in (("a.csv", 5), ("b.csv", 20)):
        (tmp_path / name).write_text("y,z,comment\n" + times * rows)
    code = (
        "import sys, resource\nfrom lossary.cli import main\nimport lossary.cli._columns as c\n"
        "from lossary.cli._kept import Kept\n"
        "from pathlib import Path\nwanted = c.Wanted('y', ['z'], None, None)\n"
        "for name in 'ab':\n"
        "    kept = Kept(c.read_csv(Path(f'{name}.csv'), wanted), 1 << 16)\n"
        "    print(kept.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    (few, before), (many, after) = (map(float, line.split()) for line in done.stdout.splitlines())
    assert (few, many) == (500_000, 2_000_000)
    assert after - before < 25  # the second file is larger by 90 MiB
