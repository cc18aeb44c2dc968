from pathlib import Path

import pytest
import yaml

from lightlab.cli.arguments import prepare
from lightlab.config.composition import Groups, composed
from lightlab.config.schema import check
from lightlab.errors import UsageError

EXPERIMENTS = Path(__file__).parents[2] / "conf" / "experiment"
SWEEPS = sorted(path.stem for path in EXPERIMENTS.glob("*.yaml") if "\nsweep:" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("preset", SWEEPS)
def test_a_preset_sweeps_by_m_alone_and_each_of_its_values_composes(conf, preset):
    command = prepare(["-m", f"experiment={preset}"], conf)
    swept = yaml.safe_load((EXPERIMENTS / f"{preset}.yaml").read_text(encoding="utf-8"))["sweep"]
    assert command.argv == ["-m", f"experiment={preset}", *(f"{key}={values}" for key, values in swept.items())]
    assert all("," in values for values in swept.values())


def test_what_is_typed_replaces_what_the_preset_sweeps(conf):
    argv = prepare(["-m", "experiment=compare_optimizers", "task=linear_toy", "optimizer=sgd,adam"], conf).argv
    assert argv == ["-m", "experiment=compare_optimizers", "task=linear_toy", "optimizer=sgd,adam", "seed=0,1,2"]


def test_without_m_a_preset_says_what_it_sweeps(conf):
    with pytest.raises(UsageError, match="experiment=compare_optimizers sweeps optimizer, seed: add -m"):
        prepare(["experiment=compare_optimizers"], conf)


def test_one_run_of_a_preset_can_be_done_again(conf):
    argv = ["experiment=compare_optimizers", "optimizer=adam", "seed=1"]
    assert prepare(argv, conf).argv == argv


def test_a_preset_leaves_the_task_to_the_command_line(conf):
    whole = composed(["experiment=compare_optimizers", "task=digits_mlp", "trainer.max_epochs=3"], Groups([conf]))
    assert whole["name"] == "digits_mlp" and whole["trainer"]["max_epochs"] == 3


def test_two_presets_at_once_are_refused(conf):
    with pytest.raises(UsageError, match="each is a sweep of its own"):
        prepare(["-m", "experiment=compare_optimizers,regularisation"], conf)
    prepare(["-m", "experiment=decay_step,decay_exponential"], conf)


def test_what_a_preset_sweeps_must_be_text(config):
    whole = config()
    check(whole | {"sweep": {"seed": "0,1"}})
    with pytest.raises(UsageError, match=r"sweep\.seed=\[0, 1\]"):
        check(whole | {"sweep": {"seed": [0, 1]}})


@pytest.mark.slow
def test_a_preset_runs(run_cli, tmp_path):
    done = run_cli("-m", "experiment=compare_optimizers", "task=linear_toy", "seed=0", "optimizer=sgd,adam")
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("sweeps/linear_toy/*/*/metrics.json"))) == 2
