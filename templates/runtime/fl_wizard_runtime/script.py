"""Runs the user's script as `python script.py` in its folder would, or the app that pyproject.toml names."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from . import component, disk, text
from .config import Config
from .faults import Exit, Fault


def prepare(config: Config) -> None:
    """Sets what the script finds: its environment, PATH, and Flower's and gRPC's settings.

    It has to happen before grpc or flwr is imported.
    """
    os.environ.update(config.env)
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"  # nothing calls home
    # Flower keeps a folder of its own in the user's home otherwise, which `down --purge` could not tell from theirs.
    os.environ.setdefault("FLWR_HOME", str(config.home / "state" / "flwr"))
    # Under systemd nothing but our own folder can be written to: what libraries download has to have a place there.
    os.environ.setdefault("XDG_CACHE_HOME", str(config.home / "cache"))
    os.environ.setdefault("GRPC_VERBOSITY", "error")
    # The programs of an environment that is not on PATH are found beside its Python.
    beside = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])


def run(config: Config) -> None:
    """Runs the script to its end.

    Raises:
        Fault: With exit code 79 where the script fails, or the fault that the runtime raised in it.
    """
    path, app = config.app / config.script, component.reference(config)
    if app is None and not path.is_file():
        raise Fault(Exit.SCRIPT, f"{path} does not exist")
    name = app or config.script
    os.chdir(config.app)
    sys.path.insert(0, str(path.parent))
    sys.argv = [str(path), *config.args]
    try:
        if app is None:
            runpy.run_path(str(path), run_name="__main__")
        else:
            component.run(config, app)
    except Fault:
        raise
    except SystemExit as end:
        if end.code not in (None, 0):
            raise Fault(Exit.SCRIPT, text.clean(f"{name} ended with {end.code}")) from None
    except BaseException as error:
        fault = _explained(error)
        if fault is not None:
            raise fault from None
        traceback.print_exc()
        sentence = text.clean(f"{name} failed: {type(error).__name__}: {error}")
        written = (config.home, config.app)
        full = next((folder for each in _chain(error) if (folder := disk.full_folder(each, *written))), None)
        if full is not None:  # no fault of the script's, which goes on where there is room again
            raise disk.DiskFull(full, sentence) from None
        raise Fault(Exit.SCRIPT, sentence, text.trace(error)) from None


def _explained(error: BaseException) -> Fault | None:
    """The fault of ours behind an error that the script or Flower made of it."""
    return next((each for each in _chain(error) if isinstance(each, Fault)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
