"""`python -m fl_wizard_runtime VERB --config FILE`, and `probe` and `judge`, which need none."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import traceback
from dataclasses import replace
from pathlib import Path

from . import config as configuration
from .faults import Exit, Fault

END_PATIENCE = 30.0
"""Seconds between the end of a run and the end of its process."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fl_wizard_runtime", description="What fl-wizard runs on a host.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in (
        ("run", "run the server or the client in the foreground"),
        ("supervise", "run it in the background and start it again when it ends"),
        ("stop", "end what is supervised"),
        ("status", "print one line of JSON on what is supervised"),
        ("whoami", "ask a server who it sees"),
    ):
        one = verbs.add_parser(verb, help=text)
        one.add_argument("--config", type=Path, required=True, metavar="FILE")
        if verb == "run":
            one.add_argument("--log", action="store_true", help="print into the log file instead of the terminal")
            one.add_argument("--resume", action="store_true", help="go on with a run that failed, as launch --resume")
            one.add_argument(
                "--unit", action="store_true", help="a unit of systemd runs it: tell what of it does not hold"
            )
        if verb == "whoami":
            one.add_argument("--address", required=True, metavar="HOST:PORT")
            one.add_argument("--no-certificate", action="store_true", help="show none")
            one.add_argument("--target-name", metavar="NAME", help="the name that the server's certificate must hold")
    for verb, text in (
        ("probe", "try the training port with this host's own pair, without a configuration"),
        ("judge", "tell whom this host's gRPC takes for the server; the others are offered over standard input"),
    ):
        one = verbs.add_parser(verb, help=text)
        one.add_argument(
            "--certificates", type=Path, required=True, metavar="DIR", help="of ca.crt, NAME.crt and NAME.key"
        )
        one.add_argument("--name", required=True, help="whose pair it is")
        one.add_argument("--host", required=True)
        one.add_argument("--port", type=int, required=True)
        one.add_argument("--target-name", required=True, metavar="NAME", help="that the server's certificate must hold")
        one.add_argument("--seconds", type=float, required=True, help="after which nothing is proved")
        if verb == "judge":
            one.add_argument("--other-name", required=True, metavar="NAME", help="that it does not hold")
            one.add_argument("--offers", type=int, required=True, metavar="N", help="how many others there are")
    return parser.parse_args()


def _probe(asked: argparse.Namespace) -> int:
    folder, name = asked.certificates, asked.name
    paths = configuration.Certificates(folder / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key")
    if asked.verb == "judge":
        from . import judge

        names = (asked.target_name, asked.other_name)
        return judge.main(paths, (asked.host, asked.port), names, asked.offers, asked.seconds)
    from . import probe

    return probe.main(paths, asked.host, asked.port, asked.target_name, asked.seconds)


def _run(config: configuration.Config, *, log: bool) -> int:
    from . import disk, logs, script
    from .state import State

    logs.tolerate()
    try:
        if log:
            logs.keep(config.log)
        script.prepare(config)
        if config.role == "server":
            from .server import serve

            return serve(config)
        from .client import join

        return join(config)
    except Fault as fault:
        print(f"fl-wizard: {fault.sentence}", file=sys.stderr, flush=True)  # noqa: T201
        end = fault
    except Exception as error:
        traceback.print_exc()  # a bug of ours: the trace goes to the log
        full = disk.full_folder(error, config.home)
        end = disk.DiskFull(full) if full else Fault(Exit.BUG, f"{type(error).__name__}: {error}")
    State(config.state, config.settings).end(config.role, end)
    if isinstance(end, disk.DiskFull):
        disk.outlast()
    return end.code


def main() -> int:
    """Runs the verb.

    Returns:
        The exit code.
    """
    os.umask(0o077)
    asked = _arguments()
    try:
        if asked.verb in {"probe", "judge"}:
            return _probe(asked)
        config = configuration.load(asked.config)
        if asked.verb == "run":
            if asked.resume:
                config = replace(config, resume=True)
            if asked.unit:
                from . import sandbox
                from .state import State

                State.common["lacking"] = sandbox.lacking() or None
            code = _run(config, log=asked.log)
            # What the script registered for its end still runs; a thread that it left keeps nothing for ever.
            watch = threading.Timer(END_PATIENCE, os._exit, [code])
            watch.daemon = True
            watch.start()
            return code
        if asked.verb == "whoami":
            from . import whoami

            return whoami.main(config, asked.address, present=not asked.no_certificate, name=asked.target_name)
        from . import supervisor

        verbs = {"supervise": supervisor.supervise, "stop": supervisor.stop, "status": supervisor.status}
        return verbs[asked.verb](config)
    except Fault as fault:
        print(f"fl-wizard: {fault.sentence}", file=sys.stderr, flush=True)  # noqa: T201
        return fault.code


if __name__ == "__main__":
    sys.exit(main())
