"""The configuration of one process on a host, as the wizard writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from . import wish
from .faults import unprotected
from .reader import Reader

VERSION = 1


@dataclass(frozen=True)
class Certificates:
    """Where this host's certificate files are."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Flower:
    """What the user wrote about Flower; None is left to the script."""

    port: int | None
    rounds: int | None
    min_clients: int | None
    round_timeout: float | None
    """Seconds."""
    keepalive: float
    """Seconds between pings on an idle connection."""
    linger: float
    """Seconds that the port and the monitor stay after the last round."""
    dial: str | None
    strategy: wish.Wish


@dataclass(frozen=True)
class Defaults:
    """What holds where neither the user nor the script sets anything."""

    port: int
    rounds: int
    min_clients: int
    round_timeout: float
    """Seconds."""
    dial: str | None


@dataclass(frozen=True)
class Config:
    """One process: who it is, where its files are, what it runs."""

    path: Path
    role: str
    network: str
    name: str
    home: Path
    certificates: Certificates
    app: Path
    script: str
    args: tuple[str, ...]
    env: dict[str, str]
    run: str
    settings: str | None
    app_digest: str | None
    """Of the app's files as the wizard placed them: what a script writes beside them is not its code."""
    """Digest of all that the process is started with; told again, so that the wizard knows what runs."""
    resume: bool
    flower: Flower
    defaults: Defaults
    initial_weights: Path | None
    clients: tuple[str, ...]
    node: dict[str, str | float | bool]
    """A client's place among all and what is written about it, as Flower's apps ask for it."""

    @property
    def policy(self) -> Path:
        """The folder of the allow-list and the CRL."""
        return self.home / "policy"

    @property
    def logs(self) -> Path:
        """The folder of the log files."""
        return self.home / "logs"

    @property
    def log(self) -> Path:
        """The log file of what the process and its script print."""
        return self.logs / f"{self.name}.log"

    @property
    def state(self) -> Path:
        """The file in which the runtime tells how it is doing."""
        return self.home / "state" / f"{self.name}.json"

    @property
    def process(self) -> Path:
        """The file in which the supervisor tells about its process."""
        return self.home / "state" / f"{self.name}.process.json"

    @property
    def run_folder(self) -> Path:
        """The folder of the run's journal and weights."""
        return self.home / "runs" / self.run


def parse(content: str | bytes, path: Path) -> Config:
    """Reads a configuration from its JSON.

    Args:
        content: The JSON.
        path: The file that it is from.

    Raises:
        Fault: With exit code 78, where it is not one that this runtime understands.
    """
    try:
        top = Reader(json.loads(content), "")
    except ValueError as error:
        raise unprotected(f"the configuration {path} is no JSON: {error}") from error
    if top.value.get("version") != VERSION:
        raise unprotected(f"the configuration {path} has a version that this runtime does not know")
    role = top.text("role")
    if role not in {"server", "client"}:
        raise unprotected("the configuration's role is neither server nor client")
    files, flower, defaults = top.part("certificates"), top.part("flower"), top.part("defaults")
    expected = top.value.get("clients") or []
    if not isinstance(expected, list):
        raise unprotected("the configuration's clients is no list")
    return Config(
        path=path,
        role=role,
        network=top.text("network"),
        name=top.name("name"),
        home=top.absolute("home"),
        certificates=Certificates(files.absolute("ca"), files.absolute("certificate"), files.absolute("key")),
        app=top.absolute("app"),
        script=top.text("script"),
        args=top.texts("args"),
        env=top.words("env"),
        run=top.name("run"),
        settings=top.maybe_text("settings"),
        app_digest=top.maybe_text("appDigest"),
        resume=top.value.get("resume") is True,
        flower=Flower(
            port=flower.maybe_whole("port"),
            rounds=flower.maybe_whole("rounds"),
            min_clients=flower.maybe_whole("minClients"),
            round_timeout=flower.maybe_number("roundTimeout", 1),
            keepalive=flower.number("keepalive", 1),
            linger=flower.number("linger"),
            dial=flower.maybe_text("dial"),
            strategy=wish.read(flower.value.get("strategy")),
        ),
        defaults=Defaults(
            port=defaults.whole("port"),
            rounds=defaults.whole("rounds"),
            min_clients=defaults.whole("minClients"),
            round_timeout=defaults.number("roundTimeout", 1),
            dial=defaults.maybe_text("dial"),
        ),
        initial_weights=top.maybe_absolute("initialWeights"),
        node=top.scalars("node"),
        clients=tuple(Reader(client, f"clients[{at}].").name("name") for at, client in enumerate(expected)),
    )


def load(path: Path) -> Config:
    """Reads a configuration file.

    Raises:
        Fault: With exit code 78, where it can't be read or understood.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unprotected(f"the configuration {path} can't be read: {error.strerror}") from error
    return parse(content, path.absolute())
