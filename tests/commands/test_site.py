"""The site of docs/ is built without a warning, offline, with every page and every public module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr  # with --strict, a warning is an error
    pages = {path.parent.name for path in (tmp_path / "site").rglob("index.html")}
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} | {"data", "modules", "networks"} <= pages
    home = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "fonts.googleapis" not in home and "cdn" not in home


@pytest.mark.parametrize("path", sorted(ROOT.glob(".github/**/*.yml")), ids=lambda path: path.name)
def test_the_workflows_and_templates_are_yaml_with_a_name(path):
    contents = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert contents.get("name") or path.name == "config.yml"
    for job in contents.get("jobs", {}).values():
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert all("@v" in action for action in used)
        targets = [step["run"].split()[1] for step in job["steps"] if step.get("run", "").startswith("make ")]
        assert all(f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8") for target in targets)
