import inspect

import pytest
from lightning.pytorch import Trainer

from lightlab.config.reference import trainer_signature
from lightlab.config.schema import check
from lightlab.config.trainer_keys import INSTEAD, SIGNATURE, TRAINER
from lightlab.errors import UsageError


def test_the_written_signature_is_that_of_the_installed_lightning():
    assert SIGNATURE.read_text(encoding="utf-8") == trainer_signature(), "run make schema"


def test_every_argument_of_the_trainer_is_a_key_or_has_another_way():
    assert {*TRAINER, *INSTEAD} == inspect.signature(Trainer).parameters.keys()
    assert not TRAINER.keys() & INSTEAD.keys()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["+trainer.barebones=true"], "turns off the logging"),
        (["trainer.max_epochs=-1"], "never ends; set trainer.max_steps or trainer.max_time"),
        (["trainer.fast_dev_run=true", "trainer.overfit_batches=1"], "set one of them"),
        (["trainer.overfit_batches=1", "trainer.limit_val_batches=2"], "leave these at null"),
        (["trainer.check_val_every_n_epoch=null"], "must be a number of batches"),
        (["trainer.deterministic=true", "trainer.benchmark=true"], "set one"),
        (["trainer.min_epochs=20"], "is more than trainer.max_epochs=10"),
        (["trainer.strategy=ddp_spawn"], "use trainer.strategy=ddp"),
        (["trainer.strategy=fsdp", "accelerator=cpu"], "FSDP needs CUDA GPUs"),
        (["trainer=cpu_ddp", "folds=3"], "set trainer.devices=1"),
        (["trainer=cpu_ddp", "gradient=numerical"], "not averaged over devices"),
    ],
)
def test_what_cannot_go_together_is_refused(config, overrides, message):
    with pytest.raises(UsageError, match=message):
        check(config("task=softmax", "trainer.max_epochs=10", *overrides))


@pytest.mark.parametrize("preset", ["default", "cpu_ddp", "gpu", "ddp", "fsdp"])
def test_a_preset_leaves_the_tasks_own_values(config, preset):
    made = config("task=fashion_resnet_long", f"trainer={preset}", "tags=[a]", "+extras.who=me")
    check(made)
    assert (made["trainer"]["max_epochs"], made["trainer"]["precision"]) == (20, "bf16-mixed")


def test_the_name_of_an_argument_that_lightlab_sets_says_what_to_use(config):
    with pytest.raises(UsageError, match=r"trainer.logger: lightlab sets it; use logger=NAME"):
        config("trainer.logger=true")
    with pytest.raises(UsageError, match=r"did you mean 'trainer.overfit_batches'"):
        config("trainer.overfit_batch=1")
