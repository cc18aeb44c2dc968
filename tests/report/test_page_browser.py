"""The page as a browser shows it; skipped where there is none."""

import shutil

import pytest

from lightlab.report import write
from tests.browser import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ATTACKS = ["<script>document.title='taken'</script>", '"><img src=x onerror="document.title=\'taken\'">', 'a\\": 1, "b']


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_pages_script_draws_the_charts_and_no_other_runs(write_run, tmp_path):
    for number in range(30):
        overrides = (f"optimizer.lr={number}", f"data.target={ATTACKS[number % 3]}")
        write_run(tmp_path / "runs" / str(number), *overrides, scores=(0.1, number / 30))
    page = write([tmp_path / "runs"], tmp_path)
    with Browser(CHROMIUM, tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        text = browser.wait_for("the other 23", "accuracy/val by optimizer.lr", "show all 30")
        assert "the other 23" in text and "accuracy/val by optimizer.lr" in text and "show all 30" in text
        assert browser.run("document.querySelectorAll('.charts svg.marks').length") == 2
        assert browser.run("document.title") == "toy: optimizer.lr × data.target"
        assert browser.run("performance.getEntriesByType('resource').length") == 0  # nothing is loaded


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_pointing_at_a_chart_shows_the_values_of_an_epoch(sweep, tmp_path):
    page = write([sweep], tmp_path / "to")
    with Browser(CHROMIUM, tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        browser.wait_for("1 adam")
        point = """(() => {
            const {x, y, width, height} = document.querySelector('.charts svg').getBoundingClientRect();
            const where = {clientX: x + width / 3, clientY: y + height / 2, bubbles: true};
            const target = document.elementFromPoint(where.clientX, where.clientY);
            target.dispatchEvent(new PointerEvent('pointermove', where));
            target.dispatchEvent(new MouseEvent('mousemove', where));
        })()"""
        browser.run("document.querySelector('.charts').scrollIntoView()")
        browser.run(point)
        browser.run(point)
        assert "epoch\n2" in browser.wait_for("epoch\n2", seconds=10)
