"""A relay that has to bear hostile clients, and what must not happen meanwhile."""

from typing import List

from . import wire
from .hostile import VISIBLE_SECONDS_MAX
from .relay import Relay
from .wire import PING, PONG, TEXT

# A good request.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = ["GET / HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: mles-websocket"]


def request(lines: List[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def in_bytes(data: bytes) -> List[bytes]:
    """Each byte by itself."""
    return [data[at:at + 1] for at in range(len(data))]


def joined(client: wire.RawClient, uid: str) -> wire.RawClient:
    """A member: whoever has joined gets an answer to a Ping."""
    client.join(uid)
    client.send(PING)
    while client.read().opcode != PONG:
        pass
    return client


class Watched:
    """The one relay, its log, and two members whose traffic nobody may disturb."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.alice, self.bob = (joined(relay.raw(), uid) for uid in ("alice", "bob"))
        self._sent = 0

    def client(self, **options) -> wire.RawClient:
        return self.relay.raw(upgrade=False, **options)

    def lines(self) -> int:
        return len(self.relay.err.lines)

    def check_said(self, words: str, since: int) -> int:
        """A line of the log since then says the cause; returns where the log goes on behind it."""
        return self.relay.err.next(words, since, VISIBLE_SECONDS_MAX)[1]

    def check_undisturbed(self, *relayed: bytes) -> None:
        """All that bob gets up to alice's next message is what a hostile client has rightly sent."""
        self._sent += 1
        text = f"number {self._sent}".encode()
        self.alice.send(TEXT, text)
        got = [frame.payload for frame in self.bob.messages(len(relayed) + 1)]
        assert got == [*relayed, text]

