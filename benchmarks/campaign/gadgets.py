"""Targets, resolvers and pickles that would run or write something, in every place that a command reads.

Each tries to write the file RAN, to start a program or to connect somewhere; `listening` hears the latter two.
"""

import itertools
import json
import pickle
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.campaign.bases import Bases
from benchmarks.campaign.outcomes import Verdict
from benchmarks.campaign.server import Finished, Job
from benchmarks.campaign.stories import run_all

# Targets and resolvers by name, as they stand in a config.
TARGETS: dict[str, Any] = yaml.safe_load((Path(__file__).with_name("gadgets.yaml")).read_text(encoding="utf-8"))
_GROUPS = (
    "network", "optimizer", "scheduler", "module", "data", "callbacks", "logger", "layers", "activation",
    "initializer", "trainer",
)  # fmt: skip
_RESUME = ["train.py", "resume=run", "trainer.max_epochs=3"]
_WRITES_RAN = "open('RAN', 'w').close()"


class _Runs:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("RAN"),)


def _bait(work: Path) -> None:
    """Writes a package and pickles that write RAN when they are imported or loaded."""
    import numpy as np

    (work / "bait.py").write_text(f"{_WRITES_RAN}\ndef entry(*a, **k): pass\nclass Bait: pass\n")
    (work / "hubconf.py").write_text(f"{_WRITES_RAN}\ndef entry(*a, **k): pass\n")
    (work / "bait.txt").write_text("x")
    (work / "bait.pkl").write_bytes(pickle.dumps(_Runs()))
    np.save(work / "bait.npy", np.array([_Runs()], dtype=object), allow_pickle=True)


def _in_config(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In config.yaml of a run, in one of its groups: as the whole group, or within it."""
    group = rng.choice(_GROUPS)
    _edit(work / "run" / "config.yaml", group, gadget, rng)
    return _RESUME


def _edit(path: Path, group: str, gadget: Any, rng: random.Random) -> None:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config[group] = _placed(config.get(group), gadget, rng)
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")


def _placed(node: Any, gadget: Any, rng: random.Random) -> Any:
    if isinstance(node, dict) and rng.random() < 0.6:
        return node | {"extra": gadget}
    return gadget


def _flow(gadget: Any) -> str:
    """Returns YAML on one line, as it stands in an override."""
    text = yaml.safe_dump(gadget, default_flow_style=True, width=10**6, allow_unicode=True)
    return text.strip().removesuffix("\n...")


def _in_overrides(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In .hydra/overrides.yaml, or in a later resume's."""
    name = rng.choice(["overrides.yaml", "resume-1.yaml"])
    path = work / "run" / ".hydra" / "overrides.yaml"
    saved = yaml.safe_load(path.read_text(encoding="utf-8"))
    flow = _flow(gadget)
    added = rng.choice([
        [f"++network.extra={flow}"], [f"++callbacks.extra={flow}"], [f"++optimizer={flow}"],
        ["hydra.searchpath=[file://.]"],
        ["hydra.run.dir=RAN"], ["hydra.output_subdir=../RAN"], ["hydra.sweep.dir=RAN"], [f"hydra.sweeper={flow}"],
        [f"++hydra.launcher={flow}"], [f"++hydra.callbacks.x={flow}"], ["hydra.job.env_set.LIGHTLAB_CACHE=RAN"],
        [f"++hydra.job_logging={flow}"], ["cache_dir=RAN"], [f"++logger={flow}"],
    ])  # fmt: skip
    path.with_name(name).write_text(yaml.safe_dump([*saved, *added], allow_unicode=True), encoding="utf-8")
    return _RESUME


def _in_sources(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In a config folder that the run's own hydra.yaml names."""
    own = work / "planted" / "callbacks"
    own.mkdir(parents=True)
    (own / "default.yaml").write_text(yaml.safe_dump({"extra": gadget}, allow_unicode=True), encoding="utf-8")
    path = work / "run" / ".hydra" / "hydra.yaml"
    record = yaml.safe_load(path.read_text(encoding="utf-8"))
    record["hydra"]["runtime"]["config_sources"].append(
        {"path": str(work / "planted"), "schema": "file", "provider": "command-line"}
    )
    path.write_text(yaml.safe_dump(record, allow_unicode=True), encoding="utf-8")
    return [*_RESUME, "callbacks=[default]"] if rng.random() < 0.5 else _RESUME


def _in_checkpoint(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In the config that a checkpoint carries."""
    import torch

    for path in (work / "run" / "checkpoints").glob("*.ckpt"):
        checkpoint = torch.load(path, weights_only=True)
        config = checkpoint["lightlab"]["config"]
        group = rng.choice([name for name in _GROUPS if name in config])
        config[group] = _placed(config[group], gadget, rng)
        torch.save(checkpoint, path)
    return rng.choice([
        ["predict.py", "run=run", "input=[[1.0]]"], ["train.py", "task=linear_regression", "init_from=run",
        "trainer.max_epochs=1"],
        ["lightlab", "report", "run"], _RESUME, ["lightlab", "figures", "lenet", "run=run"],
    ])  # fmt: skip


def _in_report(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In the records of a run that is only reported."""
    _edit(work / "run" / "config.yaml", rng.choice(_GROUPS), gadget, rng)
    (work / "run" / "metrics.json").write_text(json.dumps({"name": "x", "loss/val": 1.0, "extra": gadget}))
    return ["lightlab", "report", "run"]


def _in_sweep(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In multirun.yaml, or in the config of an unfinished run of a sweep."""
    (work / "sweep" / "1" / "metrics.json").unlink()
    if rng.random() < 0.5:
        _edit(work / "sweep" / "1" / "config.yaml", rng.choice(_GROUPS), gadget, rng)
    else:
        path = work / "sweep" / "multirun.yaml"
        record = yaml.safe_load(path.read_text(encoding="utf-8"))
        part = rng.choice(["sweeper", "launcher", "callbacks", "job_logging", "sweep"])
        record["hydra"][part] = _placed(record["hydra"].get(part), gadget, rng)
        flow = _flow(gadget)
        record["hydra"]["overrides"]["task"].append(f"++callbacks.extra={flow}")
        path.write_text(yaml.safe_dump(record, allow_unicode=True), encoding="utf-8")
    return ["train.py", "sweep_resume=sweep"]


def _in_study(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """In the parameters and attributes of a study's trials."""
    import optuna

    study = optuna.load_study(study_name=None, storage=f"sqlite:///{work}/sweep/study.db")
    flow = _flow(gadget)
    parameters = rng.choice(
        [{"optimizer.lr": 0.002}, {"optimizer.lr": 0.002, "callbacks.extra": flow}, {"hydra.run.dir": "RAN"}]
    )
    place = rng.choice(["../RAN", f"{work}/RAN", "0", "x/../../RAN", "2,callbacks.extra=1"])
    study.enqueue_trial(parameters, user_attrs={"place": place})
    study.set_user_attr("search", study.user_attrs["search"] | {"extra": gadget})
    return ["train.py", "sweep_resume=sweep", "hydra.sweeper.n_trials=3"]


def _in_cache(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """As a pickle in place of an entry of the cache."""
    for path in (work / "cache").rglob("*.npy"):
        shutil.copy(work / rng.choice(["bait.npy", "bait.pkl"]), path)
    return [
        "train.py",
        *yaml.safe_load((work / "run" / ".hydra" / "overrides.yaml").read_text()),
        "hydra.run.dir=again",
    ]


def _in_pickle(work: Path, gadget: Any, rng: random.Random) -> list[str]:
    """As a pickle in place of a checkpoint, an input, or a table."""
    for path in (work / "run" / "checkpoints").glob("*.ckpt"):
        shutil.copy(work / "bait.pkl", path)
    table = ["task=regression", "data.target=price", "trainer.max_epochs=1"]
    return rng.choice([
        ["predict.py", "checkpoint=run/checkpoints/last.ckpt", "input=[[1.0]]"], ["predict.py",
        "checkpoint=bait.pkl", "input=[[1.0]]"],
        ["train.py", "task=linear_regression", "init_from=run"], _RESUME, ["train.py", *table, "data.file=bait.pkl"],
        ["train.py", *table, "data.file=bait.npy"],
    ])  # fmt: skip


# The places, each with the run that it needs; those of the second part take no target, and are tried a few times.
PLACES = {
    "config.yaml": ("line", _in_config), "overrides.yaml": ("line", _in_overrides), "hydra.yaml": ("line",
    _in_sources),
    "checkpoint": ("line", _in_checkpoint), "report": ("line", _in_report), "sweep": ("sweep", _in_sweep),
    "study": ("search", _in_study),
}  # fmt: skip
PICKLES = {"cache": ("poems", _in_cache), "pickle": ("line", _in_pickle)}


def gadgets(bases: Bases, scratch: Path, processes: int, one_in: int = 1) -> Iterator[Verdict]:
    """Tries every target in every place, or one in so many of these pairs, and yields a verdict for each.

    ``one_in=len(PLACES)`` tries each target once, the places in turn.
    """
    pairs = [*itertools.product(PLACES, TARGETS), *itertools.product(PICKLES, map(str, range(8)))]
    order = {
        name: index for names in (PLACES, PICKLES, TARGETS, map(str, range(8))) for index, name in enumerate(names)
    }
    chosen = [number for number, (place, name) in enumerate(pairs) if (order[place] + order[name]) % one_in == 0]
    jobs = (_job(number, *pairs[number], bases, scratch) for number in chosen)
    for job, finished in run_all(jobs, processes):
        number = int(job.folder.name)
        place, name = pairs[number]
        yield Verdict(f"gadgets: {place}", number, *judged(job.folder, finished), name)
        shutil.rmtree(job.folder, ignore_errors=True)


def _job(number: int, place: str, name: str, bases: Bases, scratch: Path) -> Job:
    base, plant = {**PLACES, **PICKLES}[place]
    bases.make(base)

    def prepare(work: Path) -> Sequence[str]:
        bases.copy(base, work)
        _bait(work)
        return plant(work, TARGETS.get(name), random.Random(number))

    return Job(scratch / str(number), prepare)


def judged(folder: Path, finished: Finished) -> tuple[str, str]:
    """Returns the outcome: silently wrong if anything ran, else as for inputs."""
    if ran := [str(path.relative_to(folder)) for path in folder.rglob("RAN*")]:
        return "silently wrong", f"ran: made {ran[0]}"
    if finished.events:
        return "silently wrong", f"ran: {finished.events[0]}"
    if finished.hung:
        return "hang", f"after {finished.processor:.0f} s"
    if finished.code == 70:
        return "campaign", finished.stderr.strip().splitlines()[-1]
    if "Traceback (most recent call last)" in finished.stderr:
        return "traceback", finished.stderr.strip().splitlines()[-1]
    return ("refused", finished.stderr.strip()[-300:]) if finished.code else ("accepted", "")
