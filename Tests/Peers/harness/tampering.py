"""Somebody between a client and a good server, who changes TLS records on their way to the client."""

import contextlib
import socket
import threading
from typing import Callable, Iterator

from . import PATIENCE
from .hostile import Peer, Script

HEADER_BYTES = 5
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23


def record(kind: int, body: bytes, *, version: bytes = b"\x03\x03", length: int = -1) -> bytes:
    """A record in clear, whose header may announce another length."""
    return bytes([kind]) + version + (len(body) if length < 0 else length).to_bytes(2, "big") + body


def alert(number: int, *, is_fatal: bool = True) -> bytes:
    return record(ALERT, bytes([2 if is_fatal else 1, number]))


def flipped(data: bytes, index: int) -> bytes:
    """With the lowest bit of one byte changed."""
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


class Records:
    """The records that the server sends, one by one."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._buffer = b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        header = self._take(HEADER_BYTES)
        return header + self._take(int.from_bytes(header[3:], "big"))

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            data = self._server.recv(65536)
            if not data:
                raise StopIteration
            self._buffer += data
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


Tamper = Callable[[Records, Peer], None]


def between(port: int, tamper: Tamper) -> Script:
    """The script of a server that passes everything on, to and from `port`; what comes from there, through `tamper`."""
    def pump(peer: Peer, server: socket.socket) -> None:
        try:
            while data := peer.socket.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        # Nothing more is to come of this connection: wakes whoever waits for the server.
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def script(peer: Peer) -> None:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=pump, args=(peer, server), daemon=True)
            thread.start()
            try:
                tamper(Records(server), peer)
            finally:
                # The client decides when it is over.
                thread.join(PATIENCE)

    return script
