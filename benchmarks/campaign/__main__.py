"""Attacks lightlab's commands and judges what becomes of them; ends with code 1 if anything is bad.

python -m benchmarks.campaign --inputs 10000 --jobs 2 --keep bad
python -m benchmarks.campaign --only "tables to train on" --seed 17 --inputs 1 --keep bad       repeats one case
python -m benchmarks.campaign --kills 1000 --gadgets --disk 200 --output campaign.json
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.campaign.bases import Bases
from benchmarks.campaign.disk import disk
from benchmarks.campaign.gadgets import gadgets
from benchmarks.campaign.inputs import attacks, verdicts
from benchmarks.campaign.kills import kills
from benchmarks.campaign.mutators import mutators
from benchmarks.campaign.outcomes import BAD, Verdict, summary
from benchmarks.campaign.server import warm_up


def main() -> None:
    options = _options()
    warm_up()
    results: list[Verdict] = []
    with (
        suppress(KeyboardInterrupt),  # the table of what has been tried so far
        tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True) as folder,
    ):
        for verdict in _sections(options, Path(folder)):
            results.append(verdict)
            _show(verdict, len(results))
    print(f"\n{summary(results)}")
    if options.output:
        options.output.write_text(json.dumps([vars(each) for each in results], indent=1), encoding="utf-8")
    sys.exit(any(verdict.outcome in BAD for verdict in results))


def _show(verdict: Verdict, number: int) -> None:
    """Prints a bad case, and on a terminal how many cases there were."""
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    if verdict.outcome in BAD:
        print(f"{clear}{verdict.kind} --seed {verdict.seed}: {verdict.outcome}: {verdict.detail}", flush=True)
    elif clear:
        print(f"{clear}{number:,} {verdict.kind}", end="", file=sys.stderr, flush=True)


def _sections(options: argparse.Namespace, folder: Path) -> Iterator[Verdict]:
    bases = Bases(folder / "bases")
    if options.inputs:
        kinds = options.only or list(mutators())
        jobs = attacks(kinds, options.seed, options.inputs, bases, folder / "inputs")
        yield from verdicts(jobs, options.jobs, options.keep)
    if options.kills:
        yield from kills(options.kills, options.seed, folder / "kills", options.jobs, options.keep)
    if options.gadgets:
        yield from gadgets(bases, folder / "gadgets", options.jobs, options.gadgets)
    if options.disk:
        yield from disk(options.disk, options.seed, bases, folder / "disk", options.jobs, options.keep)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--inputs", type=int, default=0, metavar="N", help="damaged inputs, all kinds in turn")
    parser.add_argument(
        "--kills", type=int, default=0, metavar="N", help="runs, sweeps and searches that are killed and resumed"
    )
    parser.add_argument(
        "--gadgets", type=int, nargs="?", const=1, metavar="N", help="every target in every place, or one in N of these"
    )
    parser.add_argument("--disk", type=int, default=0, metavar="N", help="failing disks, wrong clocks, starts at once")
    parser.add_argument("--only", action="append", metavar="KIND", help=f"inputs of it: {', '.join(mutators())}")
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the others count on")
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the folders of bad cases go")
    parser.add_argument("--output", type=Path, metavar="FILE", help="every verdict, as JSON")
    options = parser.parse_args()
    if unknown := set(options.only or []) - mutators().keys():
        parser.error(f"--only {unknown.pop()}: no such kind; kinds: {', '.join(mutators())}")
    return options


if __name__ == "__main__":
    main()
