"""The page as a browser shows it; skipped where there is none."""

import re
import shutil
import subprocess

import pytest

from lightlab.report import write

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ATTACKS = ["<script>document.title='taken'</script>", '"><img src=x onerror="document.title=\'taken\'">']


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_the_pages_script_runs_and_no_other(write_run, tmp_path):
    for number in range(30):
        overrides = (f"optimizer.lr={number}", f"data.target={ATTACKS[number % 2]}")
        write_run(tmp_path / "runs" / str(number), *overrides, scores=(0.1, number / 30))
    page = write([tmp_path / "runs"], tmp_path)
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run([BROWSER, *flags, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=100)
    assert 'class="folded"' in done.stdout  # a table of thirty rows, by report.js
    assert len(re.findall(r"<svg[^>]* class=\"marks\"", done.stdout)) == 2  # charts, though no text may become code
    assert "<title>toy: optimizer.lr × data.target</title>" in done.stdout
