"""Keeps tokenised texts beside a fingerprint of their files, and maps them into memory instead of reading them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lightlab.data.cache import fingerprint, load_arrays, store, store_arrays
from lightlab.data.tokens import Tokens

FORMAT = "2"  # of what is kept, and of the rules by which it is made


def cached_tokens(files: Sequence[Path], cache_dir: Path, rules: str, make: Callable[[], Tokens]) -> Tokens:
    """Returns what `make` returns for the content of `files` under `rules`.

    A cache that cannot be written never stops a run, and a damaged entry is made anew.
    """
    entry = cache_dir / f"{fingerprint(files, f'tokens {FORMAT} {rules}')}.npz"
    found = _load(entry)
    if found is not None:
        return found
    tokens = make()
    try:
        # The flat array first: the entry counts as written when the other arrays are there.
        store(entry.with_suffix(".npy"), lambda file: np.save(file, tokens.ids))
        store_arrays(entry, tokens.arrays())
    except OSError as error:
        reason = error.strerror or error
        print(f"warning: the cache {cache_dir} cannot be written ({reason}); going on without", file=sys.stderr)
    return tokens


def _load(entry: Path) -> Tokens | None:
    arrays = load_arrays(entry)
    if arrays is None:
        return None
    try:
        ids = np.load(entry.with_suffix(".npy"), mmap_mode="c", allow_pickle=False)  # copy on write: torch wants it so
        starts, splits = arrays["starts"], arrays["splits"]
        vocabulary = tuple(arrays["vocabulary"].tolist())
        whole = len(ids) == starts[-1] and len(splits) == len(starts) - 1
    except Exception:  # a damaged entry shows itself as any of a dozen kinds
        return None
    return Tokens(ids, starts, splits, vocabulary) if whole else None
