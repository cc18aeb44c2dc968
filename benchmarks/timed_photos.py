"""python -m benchmarks.timed_photos FOLDER WORKERS: sets up data=photos on a new cache, and again."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import sklearn.model_selection  # noqa: F401  # which the first start would import, and the second not

from lightlab.config.composition import Groups, composed
from lightlab.training.building import build_data

CONF = Path(__file__).parent.parent / "conf"


def main() -> None:
    folder, workers = sys.argv[1:]
    with tempfile.TemporaryDirectory() as cache:
        overrides = ["task=face_score", "data=photos", f"data.folder={folder}", f"data.workers={workers}"]
        config = composed([*overrides, f"cache_dir={cache}"], Groups([CONF]))
        build_data(config)  # imports
        for start in ("first", "second"):
            wall, cpu = time.perf_counter(), time.process_time()
            build_data(config).setup()
            print(
                f"{start} start seconds {time.perf_counter() - wall:.3f}  cpu {time.process_time() - cpu:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
