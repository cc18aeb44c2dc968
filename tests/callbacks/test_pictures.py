import json

import pytest

from lightlab.callbacks.pictures import wants_pictures

LOWEST = {"name": "loss/val", "mode": "min"}


def run(folder, *losses, done=True):
    folder.mkdir()
    (folder / "metrics.csv").write_text("epoch,loss/val\n" + "".join(f"{i},{each}\n" for i, each in enumerate(losses)))
    if done:
        (folder / "metrics.json").write_text(json.dumps({"loss/val": min(losses)}))
    return folder


@pytest.fixture
def sweep(tmp_path):
    (tmp_path / "multirun.yaml").touch()
    return tmp_path


def test_a_single_run_has_its_pictures_unless_they_are_not_wanted(tmp_path):
    alone = run(tmp_path / "0", 0.5)
    assert [wants_pictures(alone, each, LOWEST) for each in ("auto", "all", "none")] == [True, True, False]


@pytest.mark.parametrize(("losses", "drawn"), [((0.9, 0.2), True), ((0.3,), False), ((0.4, 0.9), False), ((), False)])
def test_in_a_sweep_only_the_best_run_yet_has(losses, drawn, sweep):
    run(sweep / "0", 0.5, 0.3)
    run(sweep / "1", 0.7)
    now = run(sweep / "2", *losses, done=False)
    assert wants_pictures(now, "auto", LOWEST) == drawn
    assert wants_pictures(now, "all", LOWEST) and not wants_pictures(now, "none", LOWEST)


def test_the_first_run_of_a_sweep_is_the_best_yet(sweep):
    (sweep / "0").mkdir()
    assert wants_pictures(sweep / "0", "auto", LOWEST)


def test_what_is_better_goes_by_the_monitor(sweep):
    run(sweep / "0", 0.5)
    assert wants_pictures(run(sweep / "1", 0.6, done=False), "auto", LOWEST | {"mode": "max"})
