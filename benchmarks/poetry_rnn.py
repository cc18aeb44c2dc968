"""The poem model beside a plain loop.

The plain loop is the course's (windows as lists, a DataLoader, `.item()` at every step), with its recurrence through
time. Both learn the poems of 28 characters; a tenth is held out, the same for both. Perplexities are of the held-out
poems: the plain loop's in windows of 24, ours as whole poems, each character once.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import ROOT, Command, Finished, Options, alternate, run, table

WINDOW = 24
RULES = ["data.rules.val_fraction=0.1", "data.rules.test_fraction=0"]
PLAIN = ROOT / "benchmarks/plain/poetry_rnn.py"


def measure(options: Options) -> str:
    """The poem model: tokens a second, the memory of loading, and the time to the plain loop's perplexity."""
    with TemporaryDirectory() as folder:
        files = _write_splits(options.data_dir, Path(folder))
        parts = [_rates(options, files), _memory(options, files), _reached(options, files)]
    return "\n\n".join(parts)


def _write_splits(data_dir: Path, folder: Path) -> dict[str, Path]:
    """Writes the poems without punctuation for the plain loop, held out as ours are; and all of them, for loading."""
    from lightlab.data.text.corpus import read_texts, text_files
    from lightlab.data.text.tokens import TRAIN, Rules, characters_of, normalise, split_of

    rules = Rules(val_fraction=0.1, test_fraction=0)
    poems = [characters_of(normalise(text)) for text in read_texts(text_files(data_dir / "poems"))]
    quatrains = [poem for poem in poems if len(poem) == 28]
    contents = {
        "train": [poem for poem in quatrains if split_of(poem, rules) == TRAIN],
        "held_out": [poem for poem in quatrains if split_of(poem, rules) != TRAIN],
        "all": poems,
    }
    for name, content in contents.items():
        (folder / f"{name}.txt").write_text("\n".join(content), encoding="utf-8")
    return {name: folder / f"{name}.txt" for name in contents}


def _ours(options: Options, *overrides: str) -> Command:
    data = [f"data_dir={options.data_dir}", "data.source=files", "logger=csv", *RULES]
    return ["-m", "benchmarks.training", "EpochTimes", *data, *overrides]


def _rates(options: Options, files: dict[str, Path]) -> str:
    """Compares the course's model at its N and at larger ones, over two epochs of a few steps without the first."""
    steps = 5 if options.quick else 40
    plain = [PLAIN, "--train", files["train"], "--held-out", files["held_out"], "--steps", str(steps), "--epochs", "2"]
    contenders: dict[str, Command] = {"plain, N 32": plain}
    sizes = {"plain, N 32": 32}
    for rows in (32, 256):
        for precision in ("32-true", "bf16-mixed"):
            name = f"lightlab, N {rows}, {precision}"
            cut = max(3, steps * 32 // rows)
            limits = [f"trainer.limit_train_batches={cut}", "trainer.limit_val_batches=0", "trainer.max_epochs=2"]
            others = [f"data.batch_size={rows}", f"trainer.precision={precision}", "monitor.name=loss/train"]
            contenders[name] = _ours(
                options, "task=poetry_rnn_course", "callbacks=none", "~callbacks.samples", *limits, *others
            )
            sizes[name] = rows
    results = alternate(contenders, options.rounds_or(3), options.threads)
    best = {name: _rate(runs, sizes[name], max(3, steps * 32 // sizes[name])) for name, runs in results.items()}
    against = best["plain, N 32"]
    return table(
        ["", "tokens a second, best of its rounds", "÷ plain"],
        [[name, f"{rate:,.0f}", f"{rate / against:.2f}"] for name, rate in best.items()],
    )


def _rate(runs: list[Finished], rows: int, steps: int) -> float:
    seconds = [each.numbers(r"^epoch 2 .*\bseconds ([\d.]+)")[0][1] for each in runs]
    return rows * WINDOW * steps / min(seconds)


def _memory(options: Options, files: dict[str, Path]) -> str:
    plain = run([PLAIN, "--train", files["all"], "--held-out", files["held_out"], "--load-only"], options.threads)
    ours = run(["-m", "benchmarks.loading", "task=poetry_rnn", f"data.corpus={files['all']}"], options.threads)
    taken = {"plain": plain.numbers(r"loading took ([\d.]+)"), "ours": ours.numbers(r"^first start .* memory ([\d.]+)")}
    memory = {name: lines[0][1] for name, lines in taken.items()}
    rows = [[name, f"{value:,.0f}", f"{value / memory['plain']:.3f}"] for name, value in memory.items()]
    return table(["", "MiB to load 50,691 poems", "÷ plain"], rows)


def _reached(options: Options, files: dict[str, Path]) -> str:
    """Compares the seconds from a command's start to the plain loop's perplexity, loading and evaluation included."""
    plain = run([PLAIN, "--train", files["train"], "--held-out", files["held_out"], "--epochs", "1"], options.threads)
    seconds, goal = plain.numbers(r"perplexity/val ([\d.]+)")[-1]
    recipe = ["task=poetry_rnn", "data.rules.min_length=28", "data.rules.max_length=28", "data.rules.form_token=false"]
    recipe += ["data.rules.min_count=1", "trainer.max_epochs=4", "~callbacks.samples"]
    ours = run(_ours(options, *recipe), options.threads)
    reached = [(at, value) for at, value in ours.numbers(r"^epoch .*perplexity/val ([\d.]+)") if value <= goal]
    rows = [["plain, one epoch", f"{goal:.0f}", f"{seconds:.0f}", ""]]
    if reached:
        at, value = reached[0]
        rows.append(["lightlab", f"{value:.0f}", f"{at:.0f}", f"{seconds / at:.1f}"])
    return table(["", "held-out perplexity", "s", "times sooner"], rows)
