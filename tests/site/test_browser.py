"""The site in a browser, as wide as a telephone: `nox -s docs-browser`."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SITE = Path("build/site").resolve()
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None or not (SITE / "index.html").exists():
    pytest.skip("there is no Chromium, or no site", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api")

PAGES = sorted(page.relative_to(SITE).as_posix() for page in SITE.glob("[!_]*/**/*.html"))
PAGES += sorted(page.name for page in SITE.glob("*.html"))

CUT_OFF = """() => {
    const scrolls = (e) => e.tagName !== "ARTICLE"
        && (["auto", "scroll"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    return [...document.querySelectorAll("article *")]
        .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1)
        .filter((e) => getComputedStyle(e).display === "block" && !scrolls(e))
        .map((e) => e.outerHTML.slice(0, 100));
}"""
"""Blocks that are wider than their place, but for those in a box that scrolls."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_fetches_nothing(browser: Any, name: str) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    with browser.new_page(viewport={"width": 390, "height": 844}) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto((SITE / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not page.evaluate(CUT_OFF)
    assert not wrong
    assert not [address for address in asked if not address.startswith(("file:", "data:"))]
