import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from lightlab.errors import DataError, UsageError
from lightlab.report import write

NASTY = [
    "春风",
    "'a,b|c'",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "`x` **y** [z](javascript:alert(1))",
    "{{ 7*7 }}{% raw %}",
    "\\",
    'a\\": warn(1), "b',
    "' onmouseover='alert(1)",
]


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def report(tmp_path):
    """Writes a report, and gives the page and the text."""

    def report(*folders, **options):
        page = write(list(folders), tmp_path / "to", **options)
        assert page == tmp_path / "to" / "report.html"
        return page.read_text(encoding="utf-8"), (page.parent / "report.md").read_text(encoding="utf-8")

    return report


def test_page_and_text_say_which_is_better(report, sweep):
    for text in report(sweep):
        assert "adam is better than sgd: accuracy/val 0.910 ± 0.010 against 0.710 ± 0.010" in text
        assert "lightlab train -m optimizer=adam seed=0,1,2" in text


def test_the_page_needs_nothing_beside_it(report, grid):
    page, _ = report(grid)
    loaded = [each.get("src") or each.get("href") for tag, each in Elements(page).found if tag not in ("a", "svg")]
    assert [address for address in loaded if address and not address.startswith("data:")] == []
    assert not re.search(r"url\(|@import|https?://", re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL))


def test_only_the_pages_own_script_may_run(report, sweep):
    page, _ = report(sweep)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'" in page


def test_values_cannot_write_into_the_page(report, write_run, tmp_path):
    for number, value in enumerate(NASTY):
        overrides = (f"task=<b>{NASTY[2]}", f"data.target={value}", f"+{NASTY[3]}=1")
        write_run(
            tmp_path / "runs" / f"{number}<i>'", *overrides, state="done" if number % 2 else "failed", reason=value
        )
    page, _ = report(tmp_path / "runs")
    elements = Elements(page).found
    assert {tag for tag, _ in elements} <= OURS
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
    assert [tag for tag, _ in elements].count("script") == 1
    assert "春风" in page


def test_values_cannot_write_into_the_text(report, write_run, tmp_path):
    for number, value in enumerate(NASTY):
        write_run(tmp_path / "runs" / f"{number}<i>'", f"data.target={value}", f"{value}=1", "x=|`<b>|")
    _, text = report(tmp_path / "runs")
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    elements = Elements(shown).found
    assert {tag for tag, _ in elements} <= OURS | {"em", "strong"}
    addresses = [attributes.get("href", "./") for _, attributes in elements]
    assert all(address.startswith(("./", "../")) for address in addresses)
    assert shown.count("<tr>") == 2 + 2 * len(NASTY) and "春风" in shown and "x=|`&lt;b&gt;|" in shown


OURS = {"html", "head", "meta", "title", "style", "body", "header", "main", "section", "footer", "script", "nav", "a"}
OURS |= {
    "h1",
    "h2",
    "h3",
    "p",
    "br",
    "ul",
    "li",
    "div",
    "span",
    "code",
    "button",
    "input",
    "details",
    "summary",
    "table",
}
OURS |= {"thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"}


def test_each_task_has_a_section(report, wrecks):
    page, text = report(wrecks)
    assert "<h2>toy</h2>" in page and "<h2>other</h2>" in page
    assert "\n## toy\n" in text and "\n## other\n" in text


@pytest.mark.parametrize("outcome", ["done", "failed", "diverged", "pruned", "unfinished"])
def test_whatever_became_of_a_run_it_is_a_row(report, wrecks, outcome):
    page, _ = report(wrecks)
    assert f'<span class="badge {outcome}">{outcome}</span>' in page


def specifications(page):
    """The charts of a page, as its script reads them."""
    return [json.loads(html.unescape(text)) for text in re.findall(r'<div class="charts" hidden>(.*?)</div>', page)]


def test_values_cannot_write_into_the_charts(report, write_run, tmp_path):
    for number, value in enumerate(NASTY):
        for seed in (0, 1):
            overrides = (f"data.target={value}", f"optimizer.lr={number % 2}", f"seed={seed}")
            write_run(tmp_path / "runs" / f"{number}-{seed}", *overrides, scores=(0.5, 1 - number / 10))
    page, _ = report(tmp_path / "runs")
    curves, *_ = specifications(page)
    names = curves["concat"][0]["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert any("</script><script>" in name for name in names)
    svg = (tmp_path / "to" / "figures" / "report-1-curves.svg").read_text(encoding="utf-8")
    assert {tag for tag, _ in Elements(svg).found} <= {"svg", "defs", "clippath", "g", "rect", "path", "line", "text"}


def test_the_legend_names_the_configurations_that_have_a_line(report, wrecks):
    toy, other = specifications(report(wrecks)[0])
    names = [each["concat"][0]["layer"][0]["encoding"]["color"]["scale"]["domain"] for each in (toy, other)]
    assert names == [["1 adam", "× sgd", "× rmsprop", "× adadelta"], ["1 other"]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_is_in_one_language(report, wrecks, grid, language):
    page, text = report(wrecks, grid, language=language)
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page
    assert ("排名" in page and "排名" in text) is (language == "zh")
    assert ("Ranking" in page or "Ranking" in text) is (language == "en")


def test_the_language_is_that_of_the_runs(report, write_run, tmp_path):
    config = write_run(tmp_path / "0") / "config.yaml"
    config.write_text(config.read_text() + "language: zh\n")
    assert "排名" in report(tmp_path / "0")[0]


def test_tables_of_the_text_have_as_many_cells_in_each_row(report, grid):
    _, text = report(grid)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 2
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_the_texts_pictures_lie_where_it_says(report, grid, tmp_path):
    _, text = report(grid)
    addresses = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert len(addresses) == 2
    for address in addresses:
        assert (tmp_path / "to" / address).read_text(encoding="utf-8").startswith("<svg")


def test_two_hundred_runs_are_one_page(report, write_run, tmp_path):
    for number in range(200):
        write_run(tmp_path / "runs" / str(number), f"optimizer.lr={number}", scores=(0.1, 0.2, number / 300))
    page, _ = report(tmp_path / "runs")
    assert len(re.findall("<tr>\n", page)) == 400 and "show all 200" in page and "the other 193" in page
    assert len(page) < 2_000_000


def test_a_report_may_lie_among_the_runs_and_be_made_again(sweep):
    first = write([sweep], sweep).read_text(encoding="utf-8")
    assert write([sweep], sweep).read_text(encoding="utf-8") == first


def test_without_runs_nothing_is_written(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        write([tmp_path / "empty"], tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_folder_that_cannot_be_written_is_refused(sweep, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file: a report cannot be written here"):
        write([sweep], tmp_path / "file")
