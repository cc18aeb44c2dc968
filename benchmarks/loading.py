"""Time and memory that a task's data takes to load, with an empty cache and again from the cache.

python -m benchmarks.loading task=poetry_rnn data.corpus=large.txt
"""

import resource
import sys
import time
from tempfile import TemporaryDirectory

import sklearn.model_selection  # noqa: F401  # else the first start alone would pay for the import

from benchmarks.measuring import compose
from lightlab.training.building import build_data


def main() -> None:
    with TemporaryDirectory() as cache:
        config = compose([*sys.argv[1:], f"cache_dir={cache}"])
        build_data(config)  # the imports
        before = peak()
        for start in ("first", "second"):
            wall, cpu = time.perf_counter(), time.process_time()
            build_data(config).setup()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            memory = f"memory {peak() - before:.1f} MiB, {peak():.0f} in all"
            print(f"{start} start  seconds {wall:.3f}  cpu {cpu:.3f}  {memory}", flush=True)


def peak() -> float:
    """Returns the highest resident memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
