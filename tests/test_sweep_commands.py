"""Sweeps as whole commands."""

from __future__ import annotations

import shutil

import pytest

from lightlab.runs import state


@pytest.mark.slow
def test_a_sweep_goes_on_after_a_run_that_failed(run_cli, tmp_path):
    done = run_cli("-m", "task=linear_toy", "optimizer.lr=1e9,0.01", "trainer.max_epochs=50", "logger=csv")
    assert done.returncode == 1
    assert "2 runs: 1 failed, 1 done" in done.stdout and "Traceback" not in done.stderr
    (sweep,) = tmp_path.glob("sweeps/*/*")
    assert [state(sweep / name) for name in "01"] == ["failed", "done"]
    assert (sweep / "report.html").is_file() and "the loss is inf" in (sweep / "0" / "error.txt").read_text()
    shutil.rmtree(sweep / "1")
    done = run_cli(f"sweep_resume={sweep.relative_to(tmp_path)}", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    assert done.returncode == 1 and "2 of 2 runs are to be made: 0, 1" in done.stdout
    assert [state(sweep / name) for name in "01"] == ["failed", "done"]
    assert "epoch 50/50" in (sweep / "1" / "console.txt").read_text() and "epoch 50/50" not in done.stdout
