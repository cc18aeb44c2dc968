import pytest

import lightlab
from tests.api.conftest import SMALL

TOY = ("task=linear_toy", "trainer.max_epochs=3", *SMALL)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "own"
    return lightlab.sweep(*TOY, {"optimizer.lr": [0.001, 0.01, 1e30]}, folder=folder, quiet=True)


def test_the_table_has_a_row_for_each_run_with_its_overrides_and_scores(sweep):
    table = sweep.table
    assert list(table.columns) == ["run", "optimizer.lr", "state", "loss/train", "epochs", "seconds"]
    assert table["optimizer.lr"].tolist() == [0.001, 0.01, 1e30]
    assert table["state"].tolist() == ["done", "done", "diverged"]
    assert len(sweep) == 3 and sweep.runs[2].error.startswith("the loss is inf")


def test_the_best_run_is_that_of_the_monitored_metric(sweep):
    assert sweep.best.folder.name == "1"


def test_a_sweep_is_shown_and_drawn(sweep):
    assert "<td>diverged</td>" in sweep._repr_html_() and len(sweep.plot().axes[0].lines) == 3
    with pytest.raises(lightlab.UsageError, match=r"plot 'accuracy/val': no run has measured it; .*known: "):
        sweep.plot("accuracy/val")


def test_the_report_is_written_into_the_folder(sweep):
    assert sweep.report() == sweep.folder / "report.html" and sweep.report().is_file()


def test_a_sweep_is_opened_by_its_folder_and_goes_on(sweep, capsys):
    assert isinstance(lightlab.load(sweep.folder), lightlab.Sweep)
    again = lightlab.resume(sweep.folder)
    assert "running 1 of 3 runs: 2" in capsys.readouterr().out
    assert again.folder == sweep.folder and again.table["state"].tolist() == ["done", "done", "diverged"]


def test_a_folder_in_use_and_an_impossible_number_of_processes_are_refused(sweep):
    with pytest.raises(lightlab.UsageError, match=r"go on by lightlab.resume\('.*own'\), or name another folder$"):
        lightlab.sweep(*TOY, "seed=0,1", folder=sweep.folder)
    with pytest.raises(lightlab.UsageError, match="n_jobs=0: must be"):
        lightlab.sweep(*TOY, "seed=0,1", n_jobs=0)


def test_several_runs_at_a_time_are_joblibs(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr("lightlab.api.training.run_command", lambda *command: commands.append(command) or tmp_path)
    lightlab.sweep(*TOY, "seed=0,1", n_jobs=2)
    assert commands[0][1][:2] == ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
