import json
import re
import shutil

import pytest

from benchmarks import verify
from benchmarks.measuring import compose
from benchmarks.verify import Score

KNOWN, UNMEASURED = verify.read()


def test_every_task_has_a_score_or_a_reason():
    tasks = {path.stem for path in (verify.ROOT / "conf" / "task").glob("*.yaml")}
    assert {score.task for score in KNOWN} | UNMEASURED.keys() == tasks


@pytest.mark.parametrize("score", KNOWN, ids=lambda score: score.run)
def test_a_score_follows_its_command_in_the_tasks_header(score):
    text = (verify.ROOT / score.header).read_text(encoding="utf-8").partition("\ndefaults:")[0]
    command = re.search(rf"{re.escape(score.run)}\s", text)
    assert command and score.score in text[command.end() :]
    assert score.band[0] < score.value < score.band[1]


@pytest.mark.parametrize("score", KNOWN, ids=lambda score: score.run)
def test_the_command_of_a_score_composes(score):
    compose(score.overrides)


@pytest.mark.parametrize("language", verify.READMES)
def test_the_readme_has_the_table_of_the_scores(language):
    text = (verify.ROOT / verify.READMES[language]).read_text(encoding="utf-8")
    assert text.partition(verify.BEGIN)[2].partition(verify.END)[0] == verify.table(KNOWN, language)


def test_a_measured_score_has_as_many_digits_as_before():
    percentage = Score("task=x", "accuracy/test", "90.3 ± 0.2 %", (0.8, 1), 1)
    assert percentage.measured([{"accuracy/test": each} for each in (0.9, 0.91, 0.92)]) == "91.0 ± 1.0 %"
    assert percentage.measured([{"accuracy/test": 0.9}]) == "90.3 ± 0.2 %"
    folds = [{"accuracy/test": 0.77, "accuracy/test/repeat_std": 0.004}]
    assert percentage.measured(folds) == "77.0 ± 0.4 %"
    assert Score("task=x", "rmse/test", "0.128 ± 0.001", (0, 1), 1).measured(
        [{"rmse/test": each} for each in (0.13, 0.14)]
    ) == ("0.135 ± 0.007")


@pytest.fixture
def project(tmp_path):
    """A copy of the files that contain scores."""
    shutil.copytree(verify.ROOT / "conf" / "task", tmp_path / "conf" / "task")
    (tmp_path / "benchmarks").mkdir()
    for name in (str(verify.FILE), *verify.READMES.values()):
        shutil.copy(verify.ROOT / name, tmp_path / name)
    return tmp_path


def test_a_new_score_replaces_the_old_one_everywhere(project):
    score = next(each for each in KNOWN if each.run == "task=fashion_lenet trainer.max_epochs=10")
    changes = verify.record({score.run: "89.9 ± 0.7 %"}, project)
    assert changes == [f"{score.run}: {score.score} is now 89.9 ± 0.7 %"]
    changed = {each.run: each.score for each in verify.read(project)[0]}
    assert changed == {each.run: each.score for each in KNOWN} | {score.run: "89.9 ± 0.7 %"}
    for path in (project / score.header, project / "README.md", project / "README.zh-CN.md"):
        text = path.read_text(encoding="utf-8")
        assert "89.9 ± 0.7 %" in text and score.score not in text


def test_without_a_new_score_the_files_stay_as_they_are(project):
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert verify.record({}, project) == []
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


@pytest.fixture
def verifying(monkeypatch, tmp_path):
    """Runs verify on one score; its runs end with the given metric."""

    def run(measured: float | None, *arguments: str):
        def fake_run(command, threads):
            if measured is None:
                raise RuntimeError("ended with 1:\nerror: no room")
            folder = command[-1].partition("=")[2]
            with open(f"{folder}/metrics.json", "w") as file:
                json.dump({"accuracy/test": measured}, file)

        recorded = []
        monkeypatch.setattr(verify, "run_command", fake_run)
        monkeypatch.setattr(verify, "record", lambda measured: recorded.append(measured) or [])
        monkeypatch.setattr("sys.argv", ["verify", "--tasks", "softmax", *arguments])
        verify.main()
        return recorded[0]

    return run


def test_scores_within_their_bands_are_recorded(verifying, capsys):
    assert verifying(0.97) == {"task=softmax": "97.0 ± 0.0 %"}
    assert "3 runs, about" in capsys.readouterr().out
    assert verifying(0.97, "--quick") == {}


@pytest.mark.parametrize("measured", [0.5, None, float("nan")])
def test_a_score_out_of_its_band_or_a_failed_run_ends_with_1(verifying, measured, capsys):
    with pytest.raises(SystemExit) as stop:
        verifying(measured)
    assert stop.value.code == 1 and "task=softmax" in capsys.readouterr().err


def test_tasks_without_their_data_are_left_out(monkeypatch, capsys):
    monkeypatch.setattr(verify, "record", lambda measured: [])
    monkeypatch.setattr("sys.argv", ["verify", "--tasks", "fashion_lenet,fashion_resnet_long", "--data-dir", "none"])
    verify.main()
    output = capsys.readouterr().out
    assert "task=fashion_lenet: left out: there is no" in output and "fashion_resnet_long: left out" in output
