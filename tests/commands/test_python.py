"""docs/python.md is right: its examples run, in order, in a folder of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_examples_of_the_page_run():
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    assert names["run"].metrics["accuracy/test"] > 0.6 and len(names["line"].history) == 30
    assert len(names["sweep"].table) == 4


def test_the_import_is_light(tmp_path):
    code = (
        "import sys, lightlab; lightlab.train; lightlab.load; lightlab.UsageError; dir(lightlab)\n"
        "assert not {'torch', 'lightning', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "try: lightlab.train('optimizer=adm')\n"
        "except lightlab.UsageError as error: assert 'adam' in str(error)\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
