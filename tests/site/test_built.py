"""The site as it was built: `nox -s docs` builds it and runs this."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import lossary
from lossary._codes import CODES
from tests.catalogue import losses

SITE = Path("build/site")
if not (SITE / "index.html").exists():
    pytest.skip("the site is not built", allow_module_level=True)
bs4 = pytest.importorskip("bs4")

PAGES = sorted(page.relative_to(SITE).as_posix() for page in SITE.glob("[!_]*/**/*.html"))
PAGES += sorted(page.name for page in SITE.glob("*.html"))
LOSSES = [name for family in losses().values() for name in family]
MARKUP = re.compile(r":(?:doc|math|func|class|obj):`|:::|```|skip: |\{eval-rst\}|\\(?:frac|log|sum)\b")
LOADED = {"link": "href", "script": "src", "img": "src", "source": "srcset", "iframe": "src"}


@cache
def parsed(page: str) -> "bs4.BeautifulSoup":
    return bs4.BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_heading(page: str) -> None:
    assert len(parsed(page).find_all("h1")) == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_no_markup(page: str) -> None:
    article = parsed(page).find("article") or parsed(page)
    assert not MARKUP.search("".join(article.find_all(string=lambda s: type(s) is bs4.NavigableString)))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_fetched_from_elsewhere(page: str) -> None:
    loaded = {tag.get(key, "") for name, key in LOADED.items() for tag in parsed(page).find_all(name)}
    assert not [address for address in loaded if urlsplit(address).netloc]


def test_styles_fetch_nothing_from_elsewhere() -> None:
    for sheet in SITE.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        found = re.findall(r"""(?:url\(|@import)\s*['"]?([^'")]+)""", text)
        assert not [address for address in found if urlsplit(address).netloc], sheet


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_something(page: str) -> None:
    for link in parsed(page).find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme or link["href"] == "#":
            continue
        target = (SITE / page).parent / parts.path if parts.path else SITE / page
        assert target.is_file(), link
        name = target.resolve().relative_to(SITE.resolve()).as_posix()
        if parts.fragment and name.endswith(".html"):
            assert parsed(name).find(id=unquote(parts.fragment)), link


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_its_page_and_its_picture(name: str) -> None:
    page = parsed(f"gallery/{name}.html")
    assert page.find(id=f"lossary.{name}")
    assert page.find("math", display="block"), "no formula"
    for colors in ("light", "dark"):
        picture = page.find("article").find("img", class_=f"only-{colors}")
        drawn = (SITE / "gallery" / picture["src"]).read_text(encoding="utf-8")
        assert drawn.count("<path") > 20
    assert any(f"{name}.html" in link["href"] for link in parsed("gallery/index.html").select(".sd-card a"))


def test_everything_public_is_documented() -> None:
    documented = {tag["id"] for page in PAGES for tag in parsed(page).select("dt[id^=lossary]")}
    assert documented >= {f"lossary.{name}" for name in lossary.__all__}


def test_every_code_is_an_anchor() -> None:
    """`errors.html#l101` is where a message's code can be looked up."""
    found = {tag["id"] for tag in parsed("errors.html").find_all(id=re.compile(r"^l\d{3}$"))}
    assert found == {code.lower() for code in CODES}


def test_the_first_page_begins_with_an_error_and_answers_questions() -> None:
    """The table of questions is the README's, with links that lead to pages of the site."""
    article = parsed("index.html").find("article")
    code = article.find("pre").get_text()
    assert "LossInputError: [L101]" in code
    assert "= fix: " in code
    asked = [row for row in article.find("table").find_all("tr") if row.find("td")]
    readme = Path("README.md").read_text(encoding="utf-8")
    table = readme.partition("<!-- questions -->")[2].partition("<!-- end of questions -->")[0]
    assert len(asked) == table.strip().count("\n") - 1 > 5
    assert all(row.find("a", class_="internal") for row in asked)
