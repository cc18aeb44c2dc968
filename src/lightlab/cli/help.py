"""The text of `python train.py --help`."""

import shutil
from pathlib import Path
from textwrap import wrap

from lightlab.config.composition import Groups


def help_text(conf: Path) -> str:
    """Returns usage, groups and examples."""
    groups = Groups([conf]).choices
    width = max(60, min(120, shutil.get_terminal_size((100, 24)).columns))
    lines = ["Trains one experiment, or with -m a sweep of them.", ""]
    lines += ["usage: python train.py [-m] [GROUP=CHOICE ...] [KEY=VALUE ...]", "", "groups and their choices:"]
    for group in ["task", *sorted(set(groups) - {"task", "hydra", "local"})]:
        lines += wrap(
            ", ".join(groups[group]),
            width,
            initial_indent=f"  {group:12}",
            subsequent_indent=" " * 14,
            break_on_hyphens=False,
        )
    return "\n".join([*lines, "", _EXAMPLES])


_EXAMPLES = """examples:
  python train.py task=fashion_lenet optimizer=adam             one experiment
  python train.py task=fashion_lenet optimizer=sgd optimizer.lr=0.5 trainer.max_epochs=5 seed=1
  python train.py -m task=digits_mlp optimizer=sgd,adam          a comparison
  python train.py -m experiment=compare_optimizers              a ready-made sweep; conf/experiment has its results
  python train.py -m hydra/launcher=joblib seed=0,1,2           as many at a time as there are cores, one thread each
  python train.py sweep_resume=sweeps/TASK/TIME                 the missing and failed runs of a sweep
  python train.py -m hydra/sweeper=optuna optimizer.lr='tag(log,interval(1e-4,1))'   a search
  python train.py resume=last trainer.max_epochs=40             resume and extend a run
  python train.py task=fashion_lenet init_from=last             start from a run's weights
  python train.py --config-dir my_conf task=my_task             a case of your own
  python train.py task=fashion_lenet --cfg job                  the config, composed
  python train.py task=fashion_lenet explain=true               the source of each value
  python predict.py run=last input=photo.png                    predict with the trained model"""
