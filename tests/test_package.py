"""What the package says about itself is said once, or twice and alike."""

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import lossary

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
if not (ROOT / "noxfile.py").exists():
    pytest.skip("not in the repository", allow_module_level=True)


def test_the_version_is_one() -> None:
    version = PROJECT["project"]["version"]
    assert lossary.__version__ == version
    assert f"version: {version}\n" in CITATION


def test_the_authors_are_those_to_cite() -> None:
    cited = re.findall(r'- name: "(.*)"', CITATION)
    assert [author["name"] for author in PROJECT["project"]["authors"]] == cited


def test_all_addresses_begin_with_the_home_page() -> None:
    urls = PROJECT["project"]["urls"]
    hook = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    written = re.findall(r"https:[^)]*", "".join(s["replacement"] for s in hook["substitutions"]))
    assert all(url.startswith(urls["Homepage"]) for url in urls.values())
    assert all(url.startswith(urls["Source"]) for url in written)


def test_on_pypi_no_link_is_relative() -> None:
    text = README
    hook = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for substitution in hook["substitutions"]:
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 20
    assert not [link for link in links if not link.startswith(("https:", "#"))]
    assert "<!--- skip" not in text


def test_the_pythons_that_are_tested_are_those_that_are_promised() -> None:
    promised = {
        c.rpartition(" ")[2] for c in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", c)
    }
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    later = re.search(r"python=\[(.*)\]", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    assert later is not None
    assert promised == {oldest, *re.findall(r"[\d.]+", later[1])}


def test_what_is_imported_on_use_is_what_type_checkers_see() -> None:
    stub = (ROOT / "src" / "lossary" / "__init__.pyi").read_text(encoding="utf-8")
    seen: set[str] = set()
    for home, names in re.findall(r"^from ([\w.]+) import (.+)$", stub, re.MULTILINE):
        module = import_module(home)
        seen |= set(module.__all__) if names == "*" else {names.partition(" ")[0]}
    assert seen == set(lossary.__all__)
    assert all(getattr(lossary, name) is not None for name in lossary.__all__)


def test_an_import_alone_imports_nothing() -> None:
    code = "import sys, lossary; print('numpy' in sys.modules); lossary.huber; print('numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["False", "True"]
