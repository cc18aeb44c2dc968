import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from lightlab.cli import board
from lightlab.errors import UsageError
from tests.browser import Browser

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path):
    """Makes a run's folder with a file of TensorBoard's: ``made("runs/toy/2026-01-02_03-04-05", "seed=1")``."""

    def make(folder: str, *overrides: str) -> Path:
        run = tmp_path / folder
        (run / ".hydra").mkdir(parents=True)
        (run / ".hydra" / "overrides.yaml").write_text(json.dumps(["task=toy", *overrides]))
        (run / "events.out.tfevents.1").touch()
        return run

    return make


def test_a_run_is_named_by_task_time_and_what_it_was_told(made):
    told = made("runs/toy/2026-01-02_03-04-05-optimizer-adam", "optimizer=adam", "data_dir=/a/b", "seed=1")
    plain = made("runs/toy/2026-01-02_03-05-05")
    assert board.names([told, plain]) == {
        "toy/01-02 03.04/optimizer=adam seed=1": told,
        "toy/01-02 03.05/2026-01-02_03-05-05": plain,
    }


def test_runs_of_a_sweep_are_named_by_what_they_differ_in(made):
    runs = [made(f"sweeps/toy/2026-01-02_03-04-05/{n}", "trainer.max_epochs=3", f"seed={n}") for n in range(2)]
    assert list(board.names(runs)) == ["toy/01-02 03.04/seed=0", "toy/01-02 03.04/seed=1"]


def test_runs_that_were_told_the_same_keep_apart(made):
    runs = [made(f"runs/toy/2026-01-02_03-04-{n:02}-seed-1", "seed=1") for n in range(2)]
    assert len(board.names(runs)) == 2


def test_a_name_is_one_folder_deep_whatever_it_is_made_of(made):
    run = made("runs/toy/2026-01-02_03-04-05", "init_from=../x/y", "name=" + "long" * 50)
    (name,) = board.names([run])
    assert name.count("/") == 2 and ".." not in name.split("/") and len(name) < 120


def test_links_follow_the_runs_that_there_are(made, tmp_path):
    first = made("runs/toy/2026-01-02_03-04-05", "seed=1")
    links = tmp_path / "links"
    board.link([tmp_path / "runs"], links)
    assert (links / "toy/01-02 03.04/seed=1/events.out.tfevents.1").is_file()
    shutil.rmtree(first)
    made("runs/toy/2026-01-02_04-04-05", "seed=2")
    board.link([tmp_path / "runs"], links)
    assert [path.name for path in links.rglob("*") if path.is_symlink()] == ["seed=2"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="nowhere: no such folder"):
        board.show([Path("nowhere")], [], tmp_path)


@pytest.mark.parametrize(("port", "line"), [("x", "invalid int"), ("99999", "from 0 to 65535"), ("taken", "in use")])
def test_a_port_that_cannot_be_used_is_named(port, line, tmp_path):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        number = str(taken.getsockname()[1]) if port == "taken" else port
        with pytest.raises(UsageError, match=line):
            board.show([], ["--port", number], tmp_path)


# From here on: a real board over real runs, opened in a real browser.


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The address of a board over a sweep of two runs and a run of word vectors, and its folder."""
    folder = tmp_path_factory.mktemp("board")
    environment = {**os.environ, "LIGHTLAB_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    small = ["data.source=embedded", "trainer.max_epochs=2"]
    for command in (
        ["-m", "task=digits_mlp", "optimizer=sgd,adam", "data.train_size=300", *small],
        ["task=word_embedding", "data.embedded_texts=300", "data.min_count=1", *small],
    ):
        subprocess.run([sys.executable, ROOT / "train.py", *command], cwd=folder, env=environment, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-m", "lightlab", "board", *options], cwd=folder, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_runs(address, 3)
        yield address, folder
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("needs Chromium: apt install chromium")
    with Browser(chromium, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def _get(address: str, asked: dict | None = None):
    body = None if asked is None else json.dumps(asked).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _wait_for_runs(address: str, count: int) -> None:
    for _ in range(120):
        try:
            if len(_get(f"{address}/data/runs")) == count and _get(f"{address}/data/plugin/projector/runs"):
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.5)
    pytest.fail("TensorBoard did not show the runs")


SHOWN = {
    "timeseries": ["accuracy", "/val", "gradient_norm", "optimizer=sgd"],
    "scalars": ["accuracy/val", "gradient_norm", "optimizer=sgd", "optimizer=adam"],
    "custom_scalars": ["loss", "Matches (", "optimizer=sgd"],
    "images": ["test/confusion", "train/inputs", "optimizer=adam"],
    "text": ["nearest words", "step"],
    "histograms": ["weights/head.weight", "optimizer=adam"],
    "graphs": ["Main Graph", "MLP", "output"],
    "hparams": ["optimizer", "lr", "accuracy/val", "loss/test", "xavier_uniform"],
    "projector": ["Points:", "Dimension:", "words:"],
}


@pytest.mark.slow
@pytest.mark.parametrize("tab", SHOWN)
def test_each_tab_shows_the_runs(running, browser, tab, tmp_path):
    browser.open(f"{running[0]}/#{tab}")
    text = browser.wait_for(*SHOWN[tab])
    assert [each for each in SHOWN[tab] if each not in text] == []
    picture = Image.open(browser.picture(tmp_path / f"{tab}.png")).convert("RGB")
    below = picture.crop((0, 70, *picture.size))  # the bar of tabs
    colours = Counter(below.get_flattened_data() if hasattr(below, "get_flattened_data") else below.getdata())
    assert len(colours) > 20 and colours.most_common(1)[0][1] < 0.99 * below.width * below.height


@pytest.mark.slow
def test_training_and_validation_loss_are_on_one_chart(running):
    layout = _get(f"{running[0]}/data/plugin/custom_scalars/layout")
    assert layout["category"][0]["chart"][0]["multiline"]["tag"] == ["loss/train", "loss/val"]
    tags = _get(f"{running[0]}/data/plugin/scalars/tags")
    assert len(tags) == 3 and all({"loss/train", "loss/val"} <= set(each) for each in tags.values())


@pytest.mark.slow
def test_hparams_compare_the_final_metrics_of_a_sweep(running):
    address, folder = running
    asked = {"experimentName": "", "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_RUNNING"]}
    asked |= {"startIndex": 0, "sliceSize": 10, "colParams": []}
    groups = _get(f"{address}/data/plugin/hparams/session_groups", asked)["sessionGroups"]
    assert {"optimizer", "lr", "batch_size"} <= groups[0]["hparams"].keys()
    sessions = [session for group in groups for session in group["sessions"]]
    for optimizer in ("sgd", "adam"):
        (session,) = [each for each in sessions if each["name"].endswith(f"optimizer={optimizer}")]
        shown = {each["name"]["tag"]: each["value"] for each in session["metricValues"]}
        (path,) = [each for each in folder.glob("sweeps/*/*/*/metrics.json") if _told(each, f"optimizer={optimizer}")]
        final = json.loads(path.read_text())
        assert {"loss/val", "accuracy/val", "loss/test", "accuracy/test"} <= shown.keys()
        assert shown["accuracy/test"] == pytest.approx(final["accuracy/test"])


def _told(path: Path, override: str) -> bool:
    return override in (path.parent / ".hydra" / "overrides.yaml").read_text()
