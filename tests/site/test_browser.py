"""The site in a browser, as wide as a telephone: `nox -s docs-browser`."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest

SITE = Path("build/site").resolve()
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None or not (SITE / "index.html").exists():
    pytest.skip("there is no Chromium, or no site", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api")

QUERIES = {
    "negative loss": "why/negative-loss",
    "BCEWithLogitsLoss negative": "why/negative-loss-torch",
    "NaN loss JAX": "why/negative-loss-jax",
    "log_loss negative scikit-learn": "why/negative-loss-sklearn",
    "binary crossentropy negative Keras": "why/negative-loss-keras",
    "negative loss TensorFlow": "why/negative-loss-tensorflow",
    "ignore_index": "guides/masks-weights-denominators",
    "class weights": "guides/masks-weights-denominators",
    "gradient accumulation": "guides/masks-weights-denominators",
    "mask padding": "guides/masks-weights-denominators",
    "imbalanced data": "guides/choosing-a-loss",
    "focal loss": "why/weighting-smoothing-focal",
    "label smoothing": "why/weighting-smoothing-focal",
    "cross entropy with logits": "gallery/",
    "CrossEntropyLoss": "migrate",
    "huber": "gallery/huber",
    "XGBoost custom objective": "boosting",
    "hessian": "guides/derivatives-without-autodiff",
    "validation loss lower than training": "why/odd-loss-in-evaluation",
    "overfitting": "guides/training-curves",
    "mixed precision bfloat16": "guides/mixed-precision",
    "large vocabulary": "guides/large-vocabularies",
    "contrastive CLIP": "guides/contrastive",
    "custom loss": "guides/writing-a-loss",
    "L101": "errors",
}
"""What people search for, and the page that answers it."""

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


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site, served: a browser lets no page from a file fetch the index."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("query", "answer"), QUERIES.items(), ids=str)
def test_the_search_finds_what_answers(browser: Any, address: str, query: str, answer: str) -> None:
    with browser.new_page() as page:
        page.goto(f"{address}/search.html?{urlencode({'q': query})}")
        page.wait_for_selector("ul.search > li > a")
        page.wait_for_timeout(200)  # results come one by one
        links = page.locator("ul.search > li > a").evaluate_all("all => all.map(a => a.pathname)")
    assert any(link.startswith(f"/{answer}") for link in links[:3]), links[:6]
