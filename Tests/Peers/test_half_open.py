"""The node on a network that goes dead without a word: no byte, no FIN, no RST, and a server that is not told either.

Each step has its own limit in the README's table of timeouts. The node may notice later where the machine is busy, but
never earlier; then it connects again, over a network that is well.
"""

import time
from typing import Callable, NamedTuple, Optional

import pytest
from harness import program
from harness.half_open import HalfOpenProxy
from harness.mles_server import MlesServer, Visit

# The node's clock counts whole milliseconds.
TICK_SECONDS = 0.001
# What a busy machine may add to a limit.
BUSY_SECONDS = 5
# The way to the next joined connection.
RETURN_SECONDS = 20


class Stage(NamedTuple):
    """How far the first connection gets, what the node then says, and the limit: seconds from when on."""
    words: str
    seconds: int
    since: str = "start"
    # The network goes dead when so many bytes of the server have reached the node, or when the server is so far.
    server_bytes: Optional[int] = None
    cut_at: Optional[str] = None
    interval: str = "2s"
    # What goes on before the limit begins to run.
    before_seconds: int = 0


STAGES = {
    "before-the-tls-handshake": Stage("TLS handshake did not finish within 15 s", 15, server_bytes=0),
    "in-the-tls-handshake": Stage("TLS handshake did not finish within 15 s", 15, server_bytes=300),
    "before-the-answer-to-the-upgrade": Stage("did not answer the upgrade within 10 s", 10, cut_at="request"),
    "joined": Stage("nothing came from the server, not even its ping, within 60 s", 60, "confirmation", cut_at="joined"),
    # A reading each millisecond fills within a few seconds what the kernel takes, long before the 60 s are over.
    "joined-and-sending": Stage("the network took no bytes within 30 s", 30, "joined", cut_at="joined", interval="1ms",
                                before_seconds=15),
}
UNCONFIRMED = Stage("nothing confirmed the join within 100 s", 100, cut_at="header")


class DyingNetwork:
    """A server behind a network that goes dead, once, at a stage of the first connection."""

    def __init__(self, certificate, stage: Stage) -> None:
        self._cut_at = stage.cut_at
        # When the first connection was how far.
        self.times = {"start": time.monotonic()}
        self.server = MlesServer(certificate, self._script, on_request=lambda: self._reach("request"))
        self.proxy = HalfOpenProxy(self.server.port, server_bytes=stage.server_bytes)

    def __enter__(self) -> "DyingNetwork":
        self.server.__enter__()
        self.proxy.__enter__()
        return self

    def __exit__(self, *_) -> None:
        self.proxy.__exit__()
        self.server.__exit__()

    def _reach(self, point: str) -> None:
        if point not in self.times:
            if point == self._cut_at:
                self.proxy.cut()
            self.times[point] = time.monotonic()

    def _script(self, visit: Visit) -> None:
        visit.read_header()
        self._reach("header")
        self._reach("confirmation")
        answered = visit.connection.ping(b"")
        while not answered.is_set():
            visit.read(1)
        self._reach("joined")
        visit.read_until_closed()


def check_noticed(stage: Stage, authorities, start: Callable[..., program.Program]) -> None:
    with DyingNetwork(authorities.server, stage) as network, \
            start(network.proxy, "--interval", stage.interval) as node:
        node.err.wait_for(stage.words, stage.before_seconds + stage.seconds + RETURN_SECONDS)
        noticed = time.monotonic() - network.times[stage.since]
        assert stage.seconds - TICK_SECONDS <= noticed < stage.before_seconds + stage.seconds + BUSY_SECONDS
        assert network.proxy.cut_count == 1
        # Back by itself.
        node.err.wait_for("joined channel", RETURN_SECONDS, count=2 if stage.cut_at == "joined" else 1)
        assert network.server.visits[-1].header["uid"] == "board"
        node.interrupt()
        node.wait()


@pytest.fixture
def start(trust, tmp_path):
    def start(server, *options) -> program.Program:
        return program.mles_sim("run", "--server", server.url, *trust, "--verbose", "--state",
                                str(tmp_path / "state"), *options)
    return start


@pytest.mark.tls
@pytest.mark.seconds_max(150)
@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES.keys())
def test_a_dead_network_is_noticed_within_the_limit_and_left(stage, authorities, start):
    check_noticed(stage, authorities, start)


@pytest.mark.seconds_max(200)
def test_a_join_that_nothing_confirms_is_given_up_after_the_server_must_have_spoken(authorities, start):
    check_noticed(UNCONFIRMED, authorities, start)
