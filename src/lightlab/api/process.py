"""The state of the caller's process, which a run changes and gets back as it was."""

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from io import StringIO

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

_ONE_AT_A_TIME = threading.RLock()  # runs share sys.argv, Hydra's state and torch's random numbers
_LOGGERS = ("", "lightning.pytorch", "lightning.fabric")


@contextmanager
def borrowed_process(quiet: bool = False) -> Iterator[None]:
    """Runs one experiment at a time, and restores what it changes.

    Restored are Hydra's state, the arguments and environment of the process, the working directory, the filters of
    warnings, the loggers' handlers, the handlers of signals, matplotlib's settings, and whether torch is deterministic.
    The seeds stay set.

    Args:
        quiet: whether nothing is printed to stdout.
    """
    with ExitStack() as stack:
        stack.enter_context(_ONE_AT_A_TIME)
        for restored in (_arguments, _hydra, _signals, _loggers, warnings.catch_warnings):
            stack.enter_context(restored())
        if quiet:
            stack.enter_context(redirect_stdout(StringIO()))
        yield


@contextmanager
def drawing_style() -> Iterator[None]:
    """Draws with the fonts of lightlab's figures, and gives matplotlib its own settings back."""
    from matplotlib import rc_context, rcParams

    with rc_context():
        from lightlab.plots.style import families

        rcParams["font.family"] = list(families())
        yield


@contextmanager
def torch_settings() -> Iterator[None]:
    import torch

    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark, threads = torch.backends.cudnn.benchmark, torch.get_num_threads()
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.backends.cudnn.benchmark = benchmark
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


@contextmanager
def _arguments() -> Iterator[None]:
    arguments, environment, folder = list(sys.argv), dict(os.environ), os.getcwd()
    sys.argv[:] = ["lightlab"]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises its errors, which it would print with a traceback
    try:
        yield
    finally:
        sys.argv[:] = arguments
        os.chdir(folder)
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)


@contextmanager
def _hydra() -> Iterator[None]:
    hydra_before, config_before = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
    GlobalHydra.instance().clear()
    try:
        yield
    finally:
        shared = GlobalHydra.instance()  # composing puts another in its place
        shared.clear()
        if hydra_before is not None:
            shared.initialize(hydra_before)
        HydraConfig.instance().cfg = config_before


@contextmanager
def _signals() -> Iterator[None]:
    """Restores the handlers: at a second Ctrl-C Lightning makes the process ignore all further ones."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    try:
        yield
    finally:
        for logger, (level, handlers) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            for handler in logger.handlers:
                if handler not in handlers:
                    handler.close()
            logger.handlers[:] = handlers
