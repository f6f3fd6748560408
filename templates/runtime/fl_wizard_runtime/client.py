"""The client's process: Flower's start_client with this host's certificate, as patient as a training is long."""

from __future__ import annotations

import functools
import random
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from . import explain, files, limit, script, text
from .config import Config
from .faults import Exit, Fault, unprotected
from .state import State

FIRST_PAUSE = 0.5
"""Seconds before the first new try: a server that restarts is back within a few."""
LONGEST_PAUSE = 30.0
"""Seconds between tries at most: a server that is back after a night is joined within half a minute."""
GROWTH = 1.6
LEFT = "left"
"""The state of a client that the server has told to leave."""


def pauses() -> Iterator[float]:
    """Seconds to wait before each new try: they grow, and jitter keeps many clients from coming at once."""
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.75, 1.25)  # noqa: S311 - not a secret
        pause = min(pause * GROWTH, LONGEST_PAUSE / 1.25)


class ClientProcess:
    """Takes the place of flwr.client.start_client.

    Args:
        config: The client's configuration.
    """

    def __init__(self, config: Config) -> None:
        from . import credentials
        from .calls import watched

        self.config, self.state = config, State(config.state, config.settings)
        self.begun = False
        self.fault: Fault | None = None
        self._failing: str | None = None
        self._original: Any = None
        self._shown = b""  # the certificate of the connection that is there, or was
        self._left = threading.Event()
        self._in = threading.Event()
        options = [
            *credentials.channel_options(config.flower.keepalive),
            ("grpc.use_local_subchannel_pool", 1),  # a new try is a new connection, without an old one's backoff
            ("grpc.primary_user_agent", f"fl-wizard-{random.getrandbits(64):016x}"),
        ]
        around = functools.partial(watched, let_in=self._let_in, leaving=self._left.set)
        credentials.protect_client(config.certificates, options, around, self._shows)

    def install(self) -> None:
        """Replaces start_client wherever a script, or Flower's start_numpy_client, finds it."""
        import flwr.client

        self._original = flwr.client.start_client
        sys.modules[self._original.__module__].start_client = self.start_client  # type: ignore[attr-defined]
        flwr.client.start_client = self.start_client

    def start_client(
        self,
        *,
        server_address: str | None = None,
        client_fn: Any = None,
        client: Any = None,
        root_certificates: Any = None,
        insecure: bool | None = None,
        **others: Any,
    ) -> None:
        """Takes part until the server says that the run is over; arguments as Flower's.

        Raises:
            Fault: With exit code 77, where the server refuses this client.
        """
        from . import pair
        from .steady import steady, steady_function

        self.begun = True
        if insecure:
            raise unprotected("the script asked for a connection without TLS: this runtime makes none")
        address = self._address(server_address)
        most = limit.limit_of(others)
        if client is not None:
            others["client"] = steady(client, self, most)
        if client_fn is not None:
            others["client_fn"] = steady_function(client_fn, self, most)
        for retries in ("max_retries", "max_wait_time"):
            others.pop(retries, None)  # the runtime tries again for as long as it takes
        others["root_certificates"] = pair.load(self.config.certificates).ca
        waits = pauses()
        self._left.clear()
        while not self._left.is_set():
            self._in.clear()
            reason = self._once(address, others)
            if self._left.is_set():
                break
            if self._in.is_set():
                waits = pauses()
            pause = next(waits)
            self._log(f"{reason} (trying again in {pause:.1f} s)")
            self.state.change("retrying", reason)
            time.sleep(pause)
        self.state.tell(run=self.config.run)
        self.state.change(LEFT, "told to leave after the last round")

    def _once(self, address: str, arguments: dict[str, Any]) -> str:
        """One connection from its beginning to its end.

        Returns:
            Why it ended.

        Raises:
            Fault: Where another try would be no use.
        """
        import grpc

        if self.state.is_new():
            self.state.change("connecting", f"dials {address}")
        try:
            self._original(server_address=address, **arguments)
        except grpc.RpcError as error:
            code, detail = error.code(), error.details() or ""
            if code == grpc.StatusCode.PERMISSION_DENIED:
                if self._is_renewed():
                    return text.clean(f"the certificate of before is refused, and a new one is here: {detail}")
                refusal = f"the server refused this client: {explain.refusal(detail)}"
                self.fault = Fault(Exit.REFUSED, text.clean(refusal))
                raise self.fault from None
            if too_large := limit.explained(detail):
                raise Fault(Exit.SCRIPT, text.clean(too_large)) from None
            return explain.cause(detail, address)
        except StopIteration:
            return "the server ended the connection"
        except ValueError as error:
            # Certificate files of two generations, met while they are renewed: the next try reads them again.
            if not isinstance(error.__cause__, Fault):
                raise
            return error.__cause__.sentence
        except SystemExit as end:
            raise Fault(Exit.SCRIPT, text.clean(f"Flower ended with {end.code}")) from None
        return "the server ended the connection"

    def _shows(self, certificate: bytes) -> None:
        self._shown = certificate

    def _is_renewed(self) -> bool:
        """Whether another certificate lies here than the one that was refused: the server has not judged that one."""
        try:
            return self.config.certificates.certificate.read_bytes() != self._shown
        except OSError:
            return False

    def _let_in(self) -> None:
        self._in.set()
        self.state.change("connected")

    def doing(self, state: str) -> None:
        """Tells what the user's client does now."""
        self.state.soon(state=state, detail=None, since=text.stamp())

    def ended(self, call: str, error: BaseException | None) -> None:
        """Keeps where in the user's code a call failed, until one of the same kind goes well."""
        if error is not None:
            self._failing = call
            self.state.tell(trace=text.trace(error))
        elif self._failing == call:
            self._failing = None
            self.state.tell(trace=None)

    def _address(self, said: str | None) -> str:
        wanted = self.config.flower.dial
        address = wanted or said or self.config.defaults.dial
        if not address:
            raise Fault(Exit.SCRIPT, "neither the script nor the configuration says which server to dial")
        if wanted and said and wanted != said:
            self._log(f"the client dials {wanted}, by its dial in fl-network.yaml; its script's {said} is not used")
        return address

    def _log(self, sentence: str) -> None:
        print(f"fl-wizard: {sentence}", file=sys.stderr, flush=True)  # noqa: T201


def join(config: Config) -> int:
    """Runs the client to its end.

    Returns:
        0 when the server has told it to leave.

    Raises:
        Fault: With the exit code and the reason, where it can't go on.
    """
    told = files.read_json(config.state) or {}
    if (told.get("state"), told.get("run")) == (LEFT, config.run):  # a restart of the host is no new run
        print(f"fl-wizard: the run {config.run} is finished", file=sys.stderr, flush=True)  # noqa: T201
        return Exit.ENDED
    process = ClientProcess(config)
    process.install()
    try:
        script.run(config)
    finally:
        process.state.close()
    if process.fault is not None:  # a script that catches every exception does not hide a refusal
        raise process.fault
    if not process.begun:
        raise Fault(Exit.SCRIPT, f"{config.script} ended without starting a client (flwr.client.start_client)")
    return Exit.ENDED
