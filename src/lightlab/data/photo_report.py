"""What is wrong with a folder of photos, said once: refused, or left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lightlab.errors import DataError
from lightlab.files import whole_file

SHOWN = 3  # names of each kind


@dataclass
class Report:
    """Problems by kind, each kind with the names that it concerns.

    Attributes:
        folder: that is reported on.
        kinds: what is wrong → names, each perhaps with a reason.
    """

    folder: Path
    kinds: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, names: Sequence[str]) -> None:
        if names:
            self.kinds.setdefault(kind, []).extend(names)

    @property
    def summary(self) -> str:
        return "; ".join(f"{kind}: {len(names):,}" for kind, names in self.kinds.items())

    def settle(self, choice: str, listing: Path) -> None:
        """Says what there is to say; the whole of it in the file `listing` where it is more than a line should hold.

        Args:
            choice: ``refuse`` or ``skip``.

        Raises:
            DataError: the choice is to refuse.
        """
        if not self.kinds:
            return
        kinds = [f"{kind}: {len(names):,} ({_some(names)})" for kind, names in self.kinds.items()]
        words = f"{self.folder}: {'; '.join(kinds)}{self._whole(listing)}"
        if choice == "refuse":
            raise DataError(f"{words}. Mend them, or leave them out with data.bad_photos=skip")
        print(f"! Left out: {words}", file=sys.stderr)

    def _whole(self, listing: Path) -> str:
        if all(len(names) <= SHOWN for names in self.kinds.values()):
            return ""
        try:
            with whole_file(listing) as unfinished:
                lines = (f"{kind}: {name}\n" for kind, names in self.kinds.items() for name in names)
                unfinished.write_text("".join(lines), encoding="utf-8", errors="replace")
        except OSError:  # the names that are shown have to do
            return ""
        return f"; all of them: {listing}"


def _some(names: Sequence[str]) -> str:
    more = f", and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
