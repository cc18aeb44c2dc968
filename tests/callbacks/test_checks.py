"""What a whole run says of a network that cannot learn."""

import json

import pytest

from lightlab.callbacks.checks import TeachingChecks
from lightlab.training.fit import train

SMALL = ["data.source=embedded", "data.train_size=300", "trainer.max_epochs=2", "callbacks.overview.graph=false"]


@pytest.fixture
def warned(config, tmp_path, capsys):
    """Trains two epochs: the warnings in metrics.json, and the lines that were printed."""

    def run(*overrides: str) -> tuple[str, list[str]]:
        train(config(*overrides, *SMALL, "~callbacks.curves", "~callbacks.mistakes"), tmp_path)
        lines = [
            line
            for line in capsys.readouterr().err.splitlines()
            if line.startswith("! ") and "synthetic data" not in line
        ]
        return json.loads((tmp_path / "metrics.json").read_text()).get("warnings", ""), lines

    return run


def test_a_sound_recipe_is_left_in_peace(warned):
    assert warned("task=digits_mlp") == ("", [])


@pytest.mark.parametrize("task", ["digits_mlp", "fashion_lenet", "digits_mlp_wide"])
def test_weights_of_zero_are_called_symmetric_and_once(warned, task):
    names, lines = warned(f"task={task}", "initializer=zeros")
    assert "symmetric units" in names
    (line,) = [line for line in lines if line.startswith("! symmetric units: ")]
    assert "initializer=xavier_uniform" in line


def test_raw_pixels_saturate_lenets_sigmoids(warned):
    names, lines = warned("task=fashion_lenet_course")
    assert "saturated units" in names
    assert any(line.startswith("! saturated units: ") and "data.scale=unit" in line for line in lines)


def test_fine_tuned_weights_need_not_start_at_the_loss_of_guessing(warned, tmp_path):
    warned("task=digits_mlp", "trainer.max_epochs=1")
    assert warned("task=digits_mlp", f"init_from={tmp_path}", "optimizer.lr=1e-5")[0] == ""


def test_what_was_found_is_kept_in_the_checkpoint():
    before, after = TeachingChecks(), TeachingChecks()
    before.reported["dead units"] = "never active"
    after.load_state_dict(before.state_dict())
    assert after.results == {"warnings": "dead units"}


def test_a_finding_stands_in_tensorboard(config, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(config("task=digits_mlp", "initializer=zeros", *SMALL, "logger=tensorboard"), tmp_path)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert any(tag.startswith("warnings/symmetric") for tag in events.Tags()["tensors"])


def test_no_hook_is_left_on_the_network(config, tmp_path, monkeypatch):
    hooks = []

    class Spy(TeachingChecks):
        def on_train_end(self, trainer, pl_module):
            hooks.extend(len(layer._forward_hooks) for layer in pl_module.network.modules())

    monkeypatch.setattr("lightlab.callbacks.checks.TeachingChecks", Spy)
    train(config("task=digits_mlp", *SMALL), tmp_path)
    assert hooks and not any(hooks)
