"""The processes that train one run together: which of them this is, and the folder that they share.

torchrun and srun start the command once for each process; Lightning's own launcher starts it again from the first.
Nothing here imports torch before a folder is shared.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep

from lightlab.config.grammar import quote
from lightlab.errors import LightlabError, UsageError
from lightlab.runs.folder import named_run, new_run

_FOLDER = "LIGHTLAB_RUN_FOLDER"  # tells the processes that Lightning starts where their run is
_OF_LIGHTNING = r"hydra\.(run\.dir|job\.name|output_subdir)="  # what its launcher appends to the command
# What gloo and NCCL raise where another process has ended.
_LOST = re.compile("onnection (closed|reset|refused)|peer|NCCL|gloo|remote process|Broken pipe", re.IGNORECASE)


@dataclass(frozen=True)
class Launch:
    """How this process was started.

    Attributes:
        by: ``torchrun``, ``srun``, ``lightning``, or empty for one that was started by itself.
        rank: this process's number among all; 0 prints and writes.
        per_node: processes on this machine; 0 where this process starts the others itself.
        nodes: machines.
        job: a name that all processes of a job share, and no other job has.
    """

    by: str = ""
    rank: int = 0
    per_node: int = 0
    nodes: int = 1
    job: str = ""

    @property
    def size(self) -> int:
        """The number of processes that were started; 0 where this process starts the others itself."""
        return self.per_node * self.nodes


def launch(environment: Mapping[str, str] = os.environ) -> Launch:
    """Returns how this process was started, by the variables that torchrun, Slurm and Lightning set.

    Raises:
        UsageError: a job of several Slurm tasks whose command was not started by srun.
    """
    if "TORCHELASTIC_RUN_ID" in environment:
        size, local = int(environment["WORLD_SIZE"]), int(environment["LOCAL_WORLD_SIZE"])
        job = f"{environment['TORCHELASTIC_RUN_ID']}-{environment.get('TORCHELASTIC_RESTART_COUNT', '0')}"
        started = Launch("torchrun", int(environment["RANK"]), local, size // local, job)
    elif "SLURM_NTASKS" in environment and environment.get("SLURM_JOB_NAME") not in ("bash", "interactive"):
        started = _by_srun(environment)
    elif _FOLDER in environment:
        return Launch("lightning", int(environment.get("NODE_RANK", 0)) or int(environment.get("LOCAL_RANK", 0)))
    elif environment.get("NODE_RANK", "0") != "0":
        raise UsageError("NODE_RANK is set: start each machine's processes by torchrun or srun; see docs/devices.md")
    else:
        return Launch()
    return started if started.size > 1 else Launch()


def _by_srun(environment: Mapping[str, str]) -> Launch:
    tasks, nodes = int(environment["SLURM_NTASKS"]), int(environment.get("SLURM_NNODES", "1"))
    if tasks > 1 and "SLURM_STEP_ID" not in environment:
        raise UsageError(f"SLURM_NTASKS={tasks}, but srun did not start this process; write: srun python train.py …")
    if tasks > 1 and "SLURM_NTASKS_PER_NODE" not in environment:
        raise UsageError(f"SLURM_NTASKS={tasks}: give --ntasks-per-node, as Lightning wants it; see docs/devices.md")
    job = f"slurm-{environment.get('SLURM_JOB_ID', '0')}-{environment.get('SLURM_STEP_ID', '0')}"
    return Launch("srun", int(environment.get("SLURM_PROCID", "0")), tasks // nodes, nodes, job)


def shared_run(root: str, task: str, overrides: Sequence[str]) -> Path:
    """Returns the folder of a new run, the same for all of its processes; the first makes it.

    Under Slurm it is named for the job and its step. torchrun has no such name that is never used again, so the first
    process chooses one and tells the others through torchrun's own store.
    """
    started = launch()
    if started.by == "srun":
        return named_run(root, task, started.job, overrides)
    if started.by != "torchrun":
        return new_run(root, task, overrides)
    from torch.distributed import TCPStore

    store = TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)
    key = f"lightlab/{started.job}"
    if started.rank == 0:
        store.set(key, str(new_run(root, task, overrides).absolute()))
    return Path(store.get(key).decode())


def typed_arguments(argv: Sequence[str], started: Launch) -> list[str]:
    """Returns the command line's arguments; in a process that Lightning started, with the run's folder in them."""
    if started.by != "lightning":
        return list(argv)
    folder, kept = os.environ[_FOLDER], [argument for argument in argv if not re.match(_OF_LIGHTNING, argument)]
    resumed = [argument for argument in kept if re.match(r"\+*resume=(?!null$)", argument)]
    place = "resume" if resumed else "hydra.run.dir"
    return [*(argument for argument in kept if argument not in resumed), f"{place}={quote(folder)}"]


@contextmanager
def followed_by(folder: Path) -> Iterator[None]:
    """Tells the processes that Lightning starts meanwhile where their run is."""
    os.environ[_FOLDER] = str(folder.absolute())
    try:
        yield
    finally:
        del os.environ[_FOLDER]


@contextmanager
def quiet_unless_first(started: Launch) -> Iterator[None]:
    """Drops what a process other than the first prints; its errors name it, unless the first process has them too."""
    if started.rank == 0:
        yield
        return
    if started.by == "lightning":
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        with (
            open(os.devnull, "w", encoding="utf-8") as nothing,
            redirect_stdout(nothing),
            redirect_stderr(nothing),
        ):
            yield
    except LightlabError as error:
        if isinstance(error, UsageError) or error.exit_code >= 128:
            raise SystemExit(error.exit_code) from None
        raise type(error)(f"process {started.rank}: {error}") from error
    except Exception as error:
        if _LOST.search(str(error)):
            raise SystemExit(1) from None
        raise


def _end_with(parent: int) -> None:
    """Ends this process when the one that started it has ended: it would wait for it in vain."""
    while os.getppid() == parent:
        sleep(0.5)
    os._exit(1)
