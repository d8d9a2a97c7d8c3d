"""The command line, run as a user runs it: as a process of its own, in an empty folder."""

import importlib.util
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import lossary

_NEEDED = ("jax", "sklearn", "matplotlib", "tqdm")
_DEMO = ("-m", "lossary", "demo", "--epochs", "2")
_WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Poorer(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {missing!r} else super().find_spec(name, path, target)

sys.meta_path = [Poorer if finder is PathFinder else finder for finder in sys.meta_path]
from lossary.cli import main
raise SystemExit(main({arguments!r}))
"""


def _python(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


def _without(folder: Path, missing: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process that finds everything that is installed but these modules."""
    return _python(folder, "-c", _WITHOUT.format(missing=missing, arguments=list(arguments)))


def _png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:])
    return width, height


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One run of the demo for all tests that read it, in a folder that already has a lossary-demo.png."""
    for module in _NEEDED:
        pytest.importorskip(module)
    folder = tmp_path_factory.mktemp("demo")
    (folder / "lossary-demo.png").write_text("mine")
    done = _python(folder, *_DEMO, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_names_the_commands(tmp_path, arguments):
    done = _python(tmp_path, "-m", "lossary", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: lossary")
    assert re.search(r"^ +demo +\w", done.stdout, re.MULTILINE)


def test_version(tmp_path):
    done = _python(tmp_path, "-m", "lossary", "--version")
    assert (done.returncode, done.stdout) == (0, f"lossary {lossary.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("dmeo",), "invalid choice: 'dmeo'"),
        (("demo", "--epochs", "0"), "must be an integer >= 1, got '0'"),
        (("demo", "--epochs", "ten"), "must be an integer >= 1, got 'ten'"),
        (("demo", "--output", "picture.pdf"), "the name must end in .png, got 'picture.pdf'"),
        (("demo", "--output", "nowhere/picture.png"), "no such folder: 'nowhere'"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(tmp_path, arguments, complaint):
    done = _python(tmp_path, "-m", "lossary", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_starts_without_frameworks(tmp_path):
    frameworks = ["jax", "torch", "sklearn", "matplotlib", "tqdm", "scipy", "pandas"]
    code = f"import sys, lossary.cli; print([name for name in {frameworks} if name in sys.modules])"
    done = _python(tmp_path, "-c", code)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("missing", [["jax"], ["sklearn", "tqdm"], list(_NEEDED)])
def test_demo_says_what_to_install(tmp_path, missing):
    done = _without(tmp_path, missing, "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'pip install "lossary[demo]"' in done.stderr
    for module in missing:
        assert {"sklearn": "scikit-learn"}.get(module, module) in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_demo_prints_the_trainings_beside_the_baseline(demo):
    """87 of 899 held-out digits are 8s; -p·log p - (1-p)·log(1-p) of this share is 0.317937 in mpmath."""
    _, done = demo
    assert re.search(r"^ +always the base rate +0\.3179 ", done.stdout, re.MULTILINE)
    for loss in (
        "sigmoid_binary_cross_entropy",
        "sigmoid_binary_cross_entropy, pos_weight=9.3",
        "sigmoid_focal",
    ):
        assert re.search(rf"^ +{loss}.* 0\.\d{{4}} +\d+\.\d%", done.stdout, re.MULTILINE), done.stdout


def test_demo_gets_the_same_loss_from_every_library(demo):
    _, done = demo
    installed = 2 + (importlib.util.find_spec("torch") is not None)
    rows = re.findall(r"^ +(?:NumPy|JAX|torch) .*$", done.stdout, re.MULTILINE)
    values = [[float(value) for value in re.findall(r"\d\.\d{14,}", row)] for row in rows]
    assert [len(row) for row in values] == [3] * installed
    for row in values:
        assert row == pytest.approx(values[0], rel=4e-15)


def test_demo_shows_a_negative_loss_and_the_error(demo):
    _, done = demo
    assert re.search(r"\{1, 2\} +0\.693 +-\d+\.\d+ +[▁-█]{16}  below zero, still falling", done.stdout)
    assert re.search(r"\{0, 1\} +0\.693 +0\.\d+ +[▁-█]{16}  never below zero", done.stdout)
    said = " ".join(done.stdout.split())
    assert "LossInputError: [L101] sigmoid_binary_cross_entropy: `labels` must lie in [0, 1]" in said
    assert "= fix: labels = labels - 1" in said
    assert re.search(r"is nan\s+from\s+the\s+first\s+step", done.stdout)


def test_demo_keeps_what_is_there_and_numbers_its_picture(demo):
    folder, done = demo
    assert (folder / "lossary-demo.png").read_text() == "mine"
    assert "lossary-demo-2.png" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["lossary-demo-2.png", "lossary-demo.png"]
    width, height = _png_size(folder / "lossary-demo-2.png")
    assert width >= 1500
    assert height >= 900


def test_demo_output_is_plain_and_the_bar_is_not_part_of_it(demo):
    """No ANSI codes where nobody looks at a terminal, and no line wider than a terminal of 80 columns."""
    _, done = demo
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert "6/6" in done.stderr
    assert "Warning" not in done.stderr
    own_lines = [line for line in done.stdout.splitlines() if "/lossary-demo" not in line]
    assert max(map(len, own_lines)) <= 80


def test_a_folder_that_is_read_only(tmp_path):
    tmp_path.chmod(0o555)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("nothing is read-only for this user")
    done = _python(tmp_path, "-c", "from lossary.cli._demo import _folder; print(_folder())")
    assert done.stdout.strip() == tempfile.gettempdir()
    done = _python(tmp_path, "-m", "lossary", "demo", "--output", "a.png")
    assert "cannot write to '.'" in done.stderr


def test_demo_without_torch_and_without_unicode(tmp_path):
    """A machine without torch, whose output goes to a file in an encoding that has no blocks."""
    for module in _NEEDED:
        pytest.importorskip(module)
    arguments = ["demo", "--epochs", "1", "--output", "picture.png"]
    code = _WITHOUT.format(missing=["torch"], arguments=arguments)
    done = _python(tmp_path, "-c", "import sys; sys.stdout.reconfigure(encoding='ascii')\n" + code)
    assert done.returncode == 0, done.stderr
    assert "torch is not installed" in done.stdout
    assert _png_size(tmp_path / "picture.png")
