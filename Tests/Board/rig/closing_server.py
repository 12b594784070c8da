"""A server that lets the board join, confirms that with a ping, and closes: connection by connection."""

import base64
import hashlib
import socket
import ssl
import threading

from harness import PATIENCE
from harness.protocol import SUBPROTOCOL
from harness.wire import CLOSE, PING, encode

_GOING_AWAY = b"\x03\xe9"
# More than a board has to send between our Close and its own.
_FRAMES_MAX = 64
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class ClosingServer:
    """Listens on a free port of 127.0.0.1 from `with` to its end."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        # Connections that joined, those of them whose TLS session was resumed, and those that ended before.
        self.joined = self.resumed = self.failed = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "ClosingServer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        # Wakes `accept`, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            try:
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    self._visit(secure)
            except OSError:
                self.failed += 1

    def _visit(self, connection: ssl.SSLSocket) -> None:
        connection.sendall(_upgrade_response(_read_head(connection)))
        _read_frame(connection)
        connection.sendall(encode(PING, is_masked=False) + encode(CLOSE, _GOING_AWAY, is_masked=False))
        _read_close(connection)
        self.joined += 1
        self.resumed += connection.session_reused


def _read_head(connection: ssl.SSLSocket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = connection.recv(4096)
        if not received:
            raise ConnectionResetError
        head += received
    return head


def _read_close(connection: ssl.SSLSocket) -> None:
    for _ in range(_FRAMES_MAX):
        if _read_frame(connection) == CLOSE:
            return


def _read_frame(connection: ssl.SSLSocket) -> int:
    """Passes over a client's frame, and returns its opcode."""
    first, second = _read(connection, 2)
    count = second & 0x7F
    if count == 126:
        count = int.from_bytes(_read(connection, 2), "big")
    _read(connection, 4 + count)
    return first & 0x0F


def _read(connection: ssl.SSLSocket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        received = connection.recv(count - len(data))
        if not received:
            raise ConnectionResetError
        data += received
    return data


def _upgrade_response(head: bytes) -> bytes:
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    accept = base64.b64encode(hashlib.sha1(fields[b"Sec-WebSocket-Key"] + _ACCEPT_SUFFIX).digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + accept + b"\r\nSec-WebSocket-Protocol: " + SUBPROTOCOL.encode() + b"\r\n\r\n")
