"""Timings of whole commands, start-up included: functions of `Options` that return a Markdown table each."""

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measuring import (
    ROOT,
    Command,
    Finished,
    Options,
    Timing,
    alternate,
    compare_commands,
    comparison,
    run,
    table,
)

PLAIN = "plain"


def start_up(options: Options) -> str:
    """The time that the command line takes to answer when nothing is trained."""
    bare, rounds = "python -c pass", options.rounds_or(5)
    commands: dict[str, Command] = {
        bare: ["-c", "pass"],
        "train.py --help": ["train.py", "--help"],
        "train.py --cfg job": ["train.py", "--cfg", "job"],
    }
    results = alternate(commands, rounds, options.threads)
    results |= alternate({"train.py optimizer=adm": ["train.py", "optimizer=adm"]}, rounds, options.threads, expected=2)
    return compare_commands(results, against=bare)


def house_prices(options: Options) -> str:
    """House prices, 200 epochs of N 64: the course's script, the same task in lightlab, and our recipe."""
    plain: Command = [ROOT / "benchmarks/plain/house_prices.py", "--data-dir", options.data_dir]
    with TemporaryDirectory() as folder:
        where = [f"data_dir={options.data_dir}", *_run_folder(folder), *(["trainer.max_epochs=5"] * options.quick)]
        contenders: dict[str, Command] = {PLAIN: [*plain, *(["--epochs", "5"] * options.quick)]}
        for task in ("house_prices_course", "house_prices"):
            contenders[f"train.py task={task}"] = ["train.py", f"task={task}", *where]
        results = alternate(contenders, options.rounds_or(3), options.threads)
    return compare_commands(results, against=PLAIN)


def lenet_command(options: Options) -> str:
    """LeNet on Fashion-MNIST, 20 epochs: wall-clock time, peak memory, and the time to the plain script's score."""
    plain, epochs = "plain, 0–255", 2 if options.quick else 20
    script = [ROOT / "benchmarks/plain/lenet.py", "--data-dir", options.data_dir]
    with TemporaryDirectory() as folder:
        ours = [f"data_dir={options.data_dir}", "data.source=files", f"trainer.max_epochs={epochs}"]
        ours += _run_folder(folder)
        contenders: dict[str, Command] = {
            plain: [*script, "--pixels", "raw", "--epochs", str(epochs)],
            "task=fashion_lenet_course": ["train.py", "task=fashion_lenet_course", *ours],
            "task=fashion_lenet optimizer=adam": ["train.py", "task=fashion_lenet", "optimizer=adam", *ours],
        }
        results = alternate(contenders, options.rounds or 1, options.threads)
    return f"{epochs} epochs\n\n{compare_commands(results, against=plain)}\n\n{_scores_and_memory(results, plain)}"


def _scores_and_memory(results: dict[str, list[Finished]], plain: str) -> str:
    plain_score, our_score, our_test = (
        r"^epoch .* accuracy ([\d.]+)",
        r"^epoch .* accuracy/val ([\d.]+)",
        r"^accuracy .* ([\d.]+)$",
    )
    plain_peak = median(run.peak for run in results[plain])
    goal = max(score for _, score in results[plain][0].numbers(plain_score))
    rows = []
    for name, runs in results.items():
        scores = runs[0].numbers(plain_score if name == plain else our_score)
        tests = scores if name == plain else runs[0].numbers(our_test)
        reached = next((f"{seconds:.0f}" for seconds, score in scores if score >= goal), "never")
        peak = median(run.peak for run in runs)
        rows.append([name, f"{peak:.0f}", f"{peak / plain_peak:.2f}", f"{tests[-1][1]:.4f}", reached])
    note = f"{goal:.4f} is the plain script's best epoch on the test rows; for ours it is the score on validation rows."
    return table(["", "peak MiB", f"÷ {plain}", "test accuracy", f"s to {goal:.4f}"], rows) + f"\n\n{note}"


def sweep(options: Options) -> str:
    """Sweeps of LeNet: what a sweep costs beyond the training itself, and what jobs side by side save."""
    return f"{_cost_beside_training(options)}\n\n{_side_by_side(options)}"


def _cost_beside_training(options: Options) -> str:
    """Compares the time of 20 jobs of two epochs with the sum of the jobs' own training times.

    A job's own time is the ``seconds`` of its metrics.json: from the first batch to the last epoch's end, with
    validation and checkpoints, without start-up, composition, reading of data, testing, pictures and the report.
    """
    jobs, epochs = (2, 1) if options.quick else (20, 2)
    name = f"{jobs} jobs of {epochs} epochs"
    with TemporaryDirectory() as folder:
        command = {name: _sweep_of_seeds(folder, jobs, epochs, options)}
        walls = [run.timing.wall for run in alternate(command, options.rounds or 1, options.threads)[name]]
        files = [sorted(sweep.glob("*/metrics.json")) for sweep in sorted(Path(folder).iterdir())]
        training = [sum(json.loads(path.read_text())["seconds"] for path in paths) for paths in files]
    rows = [
        [name, str(options.threads), f"{wall:.1f}", f"{own:.1f}", f"{wall / own:.2f}"]
        for wall, own in zip(walls, training, strict=True)
    ]
    return table(["", "threads", "whole command, s", "training, s", "ratio"], rows)


def _side_by_side(options: Options) -> str:
    """Compares eight jobs of three epochs, one after the other, with as many at a time as there are threads."""
    jobs, epochs = (2, 1) if options.quick else (8, 3)
    beside = f"{options.threads} at a time, one thread each"
    after = {f"one after the other, {threads} threads": threads for threads in (options.threads, 1)}
    timings: dict[str, list[Timing]] = {name: [] for name in (*after, beside)}
    with TemporaryDirectory() as folder:
        command = _sweep_of_seeds(folder, jobs, epochs, options)
        parallel = [*command, "hydra/launcher=joblib", f"hydra.launcher.n_jobs={options.threads}"]
        for _ in range(options.rounds or 1):
            timings[beside].append(run(parallel, options.threads).timing)
            for name, threads in after.items():
                timings[name].append(run(command, threads).timing)
    return comparison(timings, against=[beside])


def _sweep_of_seeds(folder: str, jobs: int, epochs: int, options: Options) -> Command:
    seeds = ",".join(map(str, range(jobs)))
    recipe = ["task=fashion_lenet", f"trainer.max_epochs={epochs}", f"seed={seeds}", f"data_dir={options.data_dir}"]
    return ["train.py", "-m", *recipe, f"hydra.sweep.dir={folder}/" + "${now:%H-%M-%S-%f}"]


def _run_folder(folder: str) -> list[str]:
    return [f"hydra.run.dir={folder}/" + "${name}/${now:%H-%M-%S-%f}"]
