"""The wheel, installed into a fresh environment and used in an empty folder: nothing of the clone is there."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "constraints.txt", "src", "conf")

pytestmark = pytest.mark.slow


def call(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "LIGHTLAB_DATA")}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("setuptools")
    clone = tmp_path_factory.mktemp("clone")
    for name in BUILT_FROM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    (clone / "conf" / "local").mkdir(exist_ok=True)
    (clone / "conf" / "local" / "default.yaml").write_text("data_dir: /mine")
    command = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", clone / "dist", clone]
    call(sys.executable, "-m", "pip", *command, cwd=clone)
    return next((clone / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """Its folder of programs; it finds this environment's packages, but no clone that is installed here."""
    folder = tmp_path_factory.mktemp("fresh")
    call(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
    programs = folder / "env" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", programs / "python"]
    call(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    packages = next((folder / "env" / "lib").glob("python*/site-packages"))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")  # whose own .pth are not read
    return programs


def test_the_wheel_holds_the_config_and_no_settings_of_this_machine(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("lightlab/conf/")}
    files = [path for path in (ROOT / "conf").rglob("*") if path.is_file() and "local" not in path.parts]
    assert names == {f"lightlab/{path.relative_to(ROOT).as_posix()}" for path in files}


def test_it_trains_predicts_and_reports_in_an_empty_folder(environment, tmp_path):
    place = call(environment / "python", "-c", "import lightlab; print(lightlab.__file__)", cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(environment.parent)
    quick = ("task=linear_toy", "trainer.max_epochs=2", "pictures=none")
    trained = call(environment / "lightlab", "train", *quick, cwd=tmp_path)
    assert "predict      lightlab predict run=runs/linear_toy/" in trained
    swept = call(environment / "python", "-m", "lightlab", "train", "-m", *quick, "optimizer=sgd,adam", cwd=tmp_path)
    assert "2 runs: 2 done" in swept
    assert "4.0000" in call(environment / "lightlab", "predict", "run=last", "input=[[4.0]]", cwd=tmp_path)
    assert "may be built" in call(environment / "lightlab", "check", "last", cwd=tmp_path)
    call(environment / "lightlab", "report", "runs", "sweeps", cwd=tmp_path)
    assert (tmp_path / "report" / "report.html").is_file()
    assert "2 in all" in call(environment / "lightlab", "runs", cwd=tmp_path)
