"""What is allowed, without end: a client takes it in bounded memory and goes on."""

import json
import threading
from typing import Dict, NamedTuple

import pytest
from harness import PATIENCE, program
from harness.hostile import HostileServer, Peer
from harness.memory import Growth
from harness.wire import BINARY, CLOSE, PING, PONG, TEXT, decode_all, encode

CONTINUATION = 0


def frame(opcode: int, payload: bytes = b"", *, is_final: bool = True) -> bytes:
    return encode(opcode, payload, is_final=is_final, is_masked=False)


class Flood(NamedTuple):
    """What comes first, then again so many times, and how many Pongs each of these asks for."""
    again: bytes
    rounds: int
    start: bytes = b""
    pongs: int = 0


HEADER = json.dumps({"uid": "somebody", "channel": "example"}).encode()
FRAGMENT = frame(TEXT, b"a", is_final=False)
FLOODS: Dict[str, Flood] = {
    "pongs": Flood(frame(PONG, bytes(125)) * 500, 40),
    "pings": Flood(frame(PING, bytes(125)) * 100, 100, pongs=100),
    "pings-in-a-message": Flood(frame(PING) * 100, 100, FRAGMENT, pongs=100),
    "empty-fragments": Flood(frame(CONTINUATION, is_final=False) * 5_000, 40, FRAGMENT),
}
FLOODS_OF_MESSAGES: Dict[str, Flood] = {
    "empty-messages": Flood((frame(TEXT) + frame(BINARY)) * 500, 40),
    "small-messages": Flood(frame(TEXT, b"reading") * 1_000, 40),
    "join-headers": Flood(frame(TEXT, HEADER) * 1_000, 40),
    "large-messages": Flood(frame(BINARY, bytes(3 << 20)), 8),
    "one-message": Flood(frame(CONTINUATION, bytes(60_000), is_final=False), 400, frame(BINARY, is_final=False)),
}
ALL = {**FLOODS, **FLOODS_OF_MESSAGES}


class Measured:
    """A script that floods a client, and looks at the client's memory after the first part and at the end."""

    def __init__(self, flood: Flood) -> None:
        self.flood = flood
        self.growth = Growth()
        self.is_done = threading.Event()

    def __call__(self, peer: Peer) -> None:
        peer.upgrade()
        peer.send(self.flood.start)
        for number in range(self.flood.rounds):
            peer.send(self.flood.again)
            self.take_pongs(peer)
            if number in (self.flood.rounds // 4, self.flood.rounds - 1):
                self.growth.look()
        peer.send(frame(CLOSE, b"\x03\xe8"))
        self.is_done.set()

    def take_pongs(self, peer: Peer) -> None:
        """One for each Ping: all come, as long as the server waits for them."""
        missing = self.flood.pongs
        while missing > 0:
            data = peer.socket.recv(65536)
            if not data:
                raise ConnectionError("the client left")
            frames, peer.received = decode_all(peer.received + data)
            missing -= sum(one.opcode == PONG for one in frames)

    def check(self) -> None:
        assert self.is_done.wait(PATIENCE), f"the client did not take it all: {self.growth.mib}"
        self.growth.check()


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_probe_bears_it(flood):
    script = Measured(flood)
    with HostileServer(script) as server, program.mles_sim(
            "probe", server.url, "--timeout", "60s", "--json") as client:
        script.growth.start(client)
        script.check()
        assert client.wait() == 0, client.out.lines


@pytest.mark.parametrize("flood", ALL.values(), ids=ALL.keys())
def test_the_node_bears_it(flood, authorities, node):
    script = Measured(flood)
    with HostileServer(script, authorities.server) as server, node(server) as client:
        script.growth.start(client)
        script.check()
        # A Close before anything has confirmed the join is taken for a refusal.
        client.err.wait_for("the server closed the connection, code 1000|join refused at once")
