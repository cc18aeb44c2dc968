"""Command lines: overrides, flags, options of all commands, a user's own YAML, environment variables."""

import functools
import random
from pathlib import Path
from typing import Any

import yaml

from benchmarks.campaign.bases import QUESTIONS, again
from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import VALUES, damage_yaml, damaged_tree, value
from benchmarks.campaign.outcomes import Case
from benchmarks.measuring import ROOT
from lightlab.config.composition import Groups, composed, flatten
from lightlab.config.keys import CALLBACKS
from lightlab.figures.options import FIGURES
from lightlab.prediction.options import OPTIONS

_LONG = ("trainer.max_epochs", "trainer.max_steps", "folds", "fold_repeats", "hydra.sweeper.n_trials")
_LENGTHS = [each for each in VALUES if not each.strip("-").isdigit()] + ["0", "-1", "1", "2"]
_OWN = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweeper.storage", "data_dir", "cache_dir", "hydra.output_subdir")
_HYDRA = [
    "hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.job.name", "hydra.job.chdir", "hydra.searchpath",
    "hydra.output_subdir", "hydra.verbose", "hydra.mode", "hydra.job.env_set.X", "hydra.sweeper.n_trials",
    "hydra.sweeper.storage", "hydra.sweeper.study_name", "hydra/sweeper", "hydra/launcher", "hydra/job_logging",
    "hydra",
]  # fmt: skip
_FLAGS = [
    "--resolve", "--cfg", "--cfg=job", "--cfg=hydra", "--cfg=nope", "--info", "--info=config", "--info=nope",
    "--package=x",
    "--config-dir=nope", "--config-dir=", "--config-name=x", "--help", "--hydra-help", "--version", "-m", "--run",
    "-c", "-x",
    "--experimental-rerun=x", "-sc", "--multirun=1", "-h", "--", "-mc job",
]  # fmt: skip
_NOISE = [
    "", "=", "==", "a", "a=", "=a", "~", "~a", "+", "++", "+a=1", "++a=1", "~optimizer", "~task", "~callbacks",
    "+optimizer=adam",
    "optimizer@x=adam", "optimizer@:x=adam", "task=", "a.b.c=1", "a..b=1", ".a=1", "a.=1", "optimizer.=1",
    "trainer=1",
    "trainer={}", "trainer=null", "callbacks=[default,nope]", "callbacks=[]", "data={_target_: x}",
    "optimizer._target_=1",
    "network._target_=torch.nn.Linear", "module._target_=builtins.print", "learning_rates=[]", "sweep={a: 1}",
    "a[0]=1",
    "data=[mnist,line]", "experiment=compare_optimizers", "debug=overfit", "debug=limit",
    "task=house_prices,diabetes",
    "resume=last", "resume=", "resume=nope", "sweep_resume=nope", "sweep_resume=", "init_from=nope", "init_from=last",
    "resume=.", "init_from=.", "explain=true", "logger=tensorboard", "accelerator=gpu", "layers=scratch",
    "network.x=1",
]  # fmt: skip
_VARIABLES = [
    "LIGHTLAB_CACHE", "LIGHTLAB_DATA", "HOME", "TMPDIR", "COLUMNS", "LANG", "LC_ALL", "PYTHONIOENCODING",
    "OMP_NUM_THREADS",
    "HYDRA_FULL_ERROR", "MPLBACKEND", "MPLCONFIGDIR", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES", "TERM", "NO_COLOR",
    "PATH",
    "LIGHTLAB_TRIAL", "LIGHTLAB_STORAGE", "LIGHTLAB_STUDY", "TZ", "SLURM_JOB_ID", "PL_GLOBAL_SEED", "GIT_DIR",
]  # fmt: skip


@functools.cache
def _keys(task: str) -> dict[str, Any]:
    return {".".join(key): value for key, value in flatten(composed([f"task={task}"], Groups([ROOT / "conf"]))).items()}


@functools.cache
def _choices() -> dict[str, list[str]]:
    return Groups([ROOT / "conf"]).choices


def _base(name: str, work: Path) -> tuple[list[str], str]:
    """Returns the command that trained a run, into a new folder, and its task."""
    command = again(name, work)
    return command, next(argument for argument in command if argument.startswith("task=")).removeprefix("task=")


def _argument(rng: random.Random, task: str) -> str:
    match rng.randrange(8):
        case 0:
            return rng.choice(_NOISE)
        case 1:
            return rng.choice(_FLAGS)
        case 2:
            group = rng.choice([name for name in _choices() if name not in ("task", "experiment", "hydra", "schemas")])
            return f"{rng.choice(['', '', '', '+', '~', '++'])}{group}={rng.choice([*_choices()[group], value(rng)])}"
        case 3:
            key = rng.choice(_HYDRA)
            return f"{key}={value(rng)}"
        case 4:
            key = f"callbacks.{rng.choice(list(CALLBACKS))}"
        case _:
            key = rng.choice(list(_keys(task)))
    chosen = rng.choice(_LENGTHS if key in _LONG else VALUES)
    return f"{rng.choice(['', '', '', '', '+', '++', '~'])}{key}={chosen}"


def _command_line(rng: random.Random, work: Path, base: str) -> Case:
    command, task = _base(base, work)
    added = [_argument(rng, task) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    at = rng.choice([len(command), 1])
    command[at:at] = added
    if rng.random() < 0.1:
        command.insert(1, "-m")
    return Case(command, " ".join(added)[:200], places=any(each.startswith(_OWN) for each in added))


def _own_config(rng: random.Random, work: Path, base: str) -> Case:
    """A user's own YAML: a choice of theirs, or the project's file damaged, under --config-dir."""
    command, task = _base(base, work)
    group = rng.choice(["optimizer", "scheduler", "network", "data", "task", "callbacks", "initializer", "activation"])
    source = rng.choice(sorted((ROOT / "conf" / group).glob("*.yaml")))
    if group == "task":
        source = ROOT / "conf" / "task" / f"{task}.yaml"
    path = work / "own" / group / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(source.read_bytes())
    what = damage_yaml(rng, path)
    command = [argument for argument in command if not argument.startswith("task=")] if group == "task" else command
    return Case(
        [*command, "--config-dir=own", f"{group}={'[mine]' if group == 'callbacks' else 'mine'}"], what, places=True
    )


def _predict_options(rng: random.Random, work: Path, base: str) -> Case:
    options = {"run": "run", "output": "out.csv"} | dict([QUESTIONS[base][0].split("=", 1)])
    for _ in range(rng.choice([1, 1, 2])):
        name = rng.choice(OPTIONS)
        options[name] = "[[" + "1," * rng.randrange(4) + value(rng) + "]]" if rng.random() < 0.15 else value(rng)
    if rng.random() < 0.3:
        del options[rng.choice(list(options))]
    noise = [rng.choice([*_NOISE, *_FLAGS])] if rng.random() < 0.2 else []
    arguments = [*(f"{key}={chosen}" for key, chosen in options.items()), *noise]
    return Case(["predict.py", *arguments], " ".join(arguments)[:300], places="output" in arguments)


def _other_commands(rng: random.Random, work: Path, base: str) -> Case:
    if rng.random() < 0.5:
        options = [rng.choice(["--to", "--score", "--language", "--nope"]), value(rng)] if rng.random() < 0.7 else []
        command = ["lightlab", "report", rng.choice(["run", "run", ".", value(rng)]), *options]
    else:
        name = rng.choice([*FIGURES, value(rng)])
        keys = ["output", "format", "language", "input", "run", "checkpoint", "activation", "nope"]
        options = [f"{rng.choice(keys)}={value(rng)}" for _ in range(rng.randrange(3))]
        command = ["lightlab", rng.choice(["figures", "figures", value(rng)]), name, *options]
    return Case(command, " ".join(command)[:300], places=True)


def _environment(rng: random.Random, work: Path, base: str) -> Case:
    variables = {rng.choice(_VARIABLES): value(rng).replace("\0", "") for _ in range(rng.choice([1, 1, 2]))}
    variables.pop("OMP_NUM_THREADS", None)
    command = rng.choice([_base(base, work)[0], ["predict.py", "run=run", QUESTIONS[base][0], "output=out.csv"]])
    return Case(command, str(variables)[:300], environment=variables, places=True)


def _tree_of_config(rng: random.Random, work: Path, base: str) -> Case:
    """A group given on the command line as a whole tree."""
    command, task = _base(base, work)
    config = composed([f"task={task}"], Groups([ROOT / "conf"]))
    group = rng.choice([name for name, node in config.items() if isinstance(node, dict) and node])
    own = work / "own" / "debug" / "mine.yaml"
    own.parent.mkdir(parents=True)
    tree = {group: damaged_tree(rng, config[group])}
    own.write_text("# @package _global_\n" + yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return Case([*command, "--config-dir=own", "debug=mine"], f"{group}: {tree[group]!r}"[:300], places=True)


_QUICK = ("line", "table", "surface")
KINDS = {
    "command lines": Mutator(("line", "table", "surface", "words", "images"), _command_line),
    "own YAML": Mutator(_QUICK, _own_config),
    "own trees": Mutator(_QUICK, _tree_of_config),
    "predict's options": Mutator(tuple(QUESTIONS), _predict_options),
    "report and figures": Mutator(("line",), _other_commands),
    "environment": Mutator(("line", "table"), _environment),
}
