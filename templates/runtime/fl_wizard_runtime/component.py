"""A Flower app folder whose pyproject.toml names a ServerApp and a ClientApp, run with start_server and start_client.

That works for apps that are made with server_fn and client_fn. What is written for the message API (`@app.train()`,
`@app.main()`) has nobody to talk to here, and is refused.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .config import Config
from .faults import Exit, Fault

SCRIPTS = ("server.py", "client.py")
KINDS = {"server": "serverapp", "client": "clientapp"}


def _project(folder: Path) -> dict[str, Any]:
    """What pyproject.toml says of Flower: [tool.flwr.app]."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        return {}
    # Python 3.10 has none of its own, and Flower brings one there.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        found: Any = toml.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fault(Exit.SCRIPT, f"{path} can't be read: {error}") from None
    for key in ("tool", "flwr", "app"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def reference(config: Config) -> str | None:
    """What this process is to run, as `package.module:name`; None where it is a script.

    A server.py and a client.py go before pyproject.toml, unless they are what it names.
    """
    components = _project(config.app).get("components")
    named = [components.get(kind) for kind in KINDS.values()] if isinstance(components, dict) else []
    whole = [name for name in named if isinstance(name, str) and ":" in name]
    if len(whole) < len(KINDS):
        return None
    files = {name.partition(":")[0].replace(".", "/") + ".py" for name in whole}
    if all((config.app / script).is_file() for script in SCRIPTS) and not files & set(SCRIPTS):
        return None
    return whole[list(KINDS).index(config.role)]


def _flat(table: dict[str, Any], before: str = "") -> dict[str, Any]:
    """The keys of nested tables joined by dots, as Flower hands them over."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found.update(_flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value})
    return found


def _remembering(kind: Any, made: dict[int, dict[str, Any]]) -> None:
    """Has each app of a kind remember what it was made with: Flower keeps that to itself."""
    original = kind.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **named: Any) -> None:
        # Flower makes an app of its own around the function that it is given: with the mods that belong to it.
        function = named.get("client_fn", args[0] if args else None)
        if (mods := getattr(function, "mods_of_app", None)) is not None:
            named["mods"] = mods
        original(self, *args, **named)
        made[id(self)] = {**dict(zip(original.__code__.co_varnames[1:], args, strict=False)), **named}

    kind.__init__ = init


def run(config: Config, name: str) -> None:
    """Loads the app and starts the server or the client that it describes.

    Raises:
        Fault: With exit code 79, where it is none that start_server and start_client can run.
    """
    from flwr.client import ClientApp
    from flwr.common import Context, RecordDict
    from flwr.server import ServerApp

    kind = ServerApp if config.role == "server" else ClientApp
    made: dict[int, dict[str, Any]] = {}
    _remembering(kind, made)
    module, _, attributes = name.partition(":")
    app: Any = importlib.import_module(module)
    for attribute in attributes.split("."):
        app = getattr(app, attribute)
    if not isinstance(app, kind):
        raise Fault(Exit.SCRIPT, f"{name} is no {kind.__name__}, but a {type(app).__name__}")
    said = made.get(id(app), {})
    run_config = _flat(_project(config.app).get("config") or {})
    number = int(config.run) if config.run.isdecimal() else 0
    context = Context(number, 0, dict(config.node), RecordDict(), run_config)
    start = _serve if config.role == "server" else _join
    start(name, app, said, context)


def _refused(name: str, what: str, instead: str) -> Fault:
    return Fault(
        Exit.SCRIPT,
        f"{name} is written for Flower's message API ({what}), which start_server and start_client don't speak: "
        f"make it with {instead}",
    )


def _lifespan(app: Any, context: Any) -> Any:
    """What the app does before and after; older Flower has no such thing."""
    return getattr(app, "_lifespan", contextlib.nullcontext)(context)


def _serve(name: str, app: Any, said: dict[str, Any], context: Any) -> None:
    import flwr.server

    if getattr(app, "_main", None) is not None:
        raise _refused(name, "@app.main()", "ServerApp(server_fn=...)")
    with _lifespan(app, context):
        if said.get("server_fn") is not None:
            components = said["server_fn"](context)
            said = {key: getattr(components, key) for key in ("server", "config", "strategy", "client_manager")}
        flwr.server.start_server(**{key: value for key, value in said.items() if value is not None})


def _join(name: str, app: Any, said: dict[str, Any], context: Any) -> None:
    import flwr.client

    client_fn = said.get("client_fn")
    if client_fn is None:
        raise _refused(name, "@app.train()", "ClientApp(client_fn=...)")

    def around(message: Any, _: Any, call_next: Callable[[Any, Any], Any]) -> Any:
        # Ours has the configurations, and keeps its state when the connection is made anew.
        with _lifespan(app, context):
            return call_next(message, context)

    @functools.wraps(client_fn)
    def named(*args: Any, **others: Any) -> Any:
        return client_fn(*args, **others)

    named.mods_of_app = [around, *(said.get("mods") or [])]  # type: ignore[attr-defined]
    flwr.client.start_client(client_fn=named)
