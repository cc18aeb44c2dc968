import pytest
from lightning.pytorch.profilers import SimpleProfiler

from lightlab.training.building import build
from lightlab.training.trainer import NoProfiler


@pytest.mark.parametrize(("profiler", "kind"), [("null", NoProfiler), ("simple", SimpleProfiler)])
def test_a_run_is_profiled_only_if_the_config_says_so(config, tmp_path, profiler, kind):
    run = build(config("task=linear_toy", f"trainer.profiler={profiler}"), tmp_path / "run")
    assert type(run.trainer.profiler) is kind
    assert not (tmp_path / "run").exists()
    with run.trainer.profiler.profile("a step"):
        pass
