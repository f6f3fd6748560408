"""Puts the runtime and the helpers on the path, and gives tests a network that is taken down whatever happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "templates" / "runtime")]

from network import Network  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Names the marker of what is the same with any Flower: `npm test` tries it with the newest alone."""
    config.addinivalue_line("markers", "any_flower: Flower's version makes no difference to it")


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """A network of a server and two clients, none of them running yet."""
    made = Network(tmp_path / "network")
    yield made
    made.close()


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[Callable[..., Network]]:
    """Makes networks with other clients."""
    made: list[Network] = []

    def make(*clients: str) -> Network:
        made.append(Network(tmp_path / f"network{len(made)}", clients))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network whose server serves and waits; shared by the tests of a file, which start no clients.

    It has weights to begin with, so that it asks nothing of who joins.
    """
    made = Network(tmp_path_factory.mktemp("serving") / "network")
    np.savez(made.folder / "first.npz", np.zeros(3))
    made.server.more["initialWeights"] = str(made.folder / "first.npz")
    made.server.run()
    made.serving()
    yield made
    made.close()
