"""The site in a browser, as wide as a telephone: `nox -s docs-browser`."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

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


SOUGHT = {
    "BCEWithLogitsLoss negative": "why/negative-loss-torch",
    "CrossEntropyLoss nan": "why/negative-loss-torch",
    "nan loss pytorch": "why/negative-loss-torch",
    "NaN loss JAX": "why/negative-loss-jax",
    "nan gradient": "why/negative-loss-jax",
    "negative loss keras": "why/negative-loss-keras",
    "binary_crossentropy negative": "why/negative-loss-keras",
    "tensorflow negative loss": "why/negative-loss-tensorflow",
    "log_loss negative scikit-learn": "why/negative-loss-sklearn",
    "log loss infinite": "why/negative-loss-sklearn",
    "sigmoid twice": "why/odd-loss-in-evaluation",
    "evaluation loss different": "why/odd-loss-in-evaluation",
    "ignore_index": "aggregation",
    "mask padding": "aggregation",
    "class weights": "why/weighting-smoothing-focal",
    "label smoothing": "why/weighting-smoothing-focal",
    "focal loss imbalanced": "boosting",
    "accumulating gradients": "jax",
    "loss goes to zero": "diagnose",
    "loss stuck": "diagnose",
    "XGBoost custom loss": "boosting",
    "HuggingFace Trainer loss": "huggingface",
    "quantile regression loss": "guides/choosing-a-loss",
    "large vocabulary": "guides/large-vocabularies",
    "equivalent optax": "migrate",
    "L101": "errors",
}


@pytest.mark.parametrize(("query", "answer"), SOUGHT.items())
def test_a_search_finds_the_answer_among_the_first_three(browser: Any, query: str, answer: str) -> None:
    with browser.new_page() as page:
        page.goto(f"{(SITE / 'search.html').as_uri()}?{urlencode({'q': query})}")
        page.wait_for_selector("#search-results:not(:has(.search-summary:empty)) ul.search li a")
        found = [link.get_attribute("href") for link in page.query_selector_all("ul.search li > a")]
    assert answer in [urlsplit(address).path.removesuffix(".html") for address in found[:3]], found
