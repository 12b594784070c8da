"""Servers that misbehave by script, and what `mles-sim` makes of them."""

import base64
import hashlib
import json
import re
import socket
import ssl
import struct
import threading
from typing import Callable, List, NamedTuple, Optional, Tuple, Union

from . import PATIENCE, program
from .certificates import Certificate
from .protocol import SUBPROTOCOL
from .wire import CLOSE, Frame, decode_all

# The time that a client has for each step. A cause that can be seen is told before, on a busy machine too.
TIMEOUT_SECONDS = 10
VISIBLE_SECONDS_MAX = 9
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

GOOD_STATUS = "HTTP/1.1 101 Switching Protocols"


def accept_value(key: str) -> str:
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def good_lines(key: str) -> List[str]:
    """The right answer: status, Upgrade, Connection, Sec-WebSocket-Accept, Sec-WebSocket-Protocol."""
    return [GOOD_STATUS, "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept_value(key)}",
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}"]


def head(lines: List[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Peer:
    """A client's connection, as a script sees it."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.received = b""
        self.key = ""
        self.has_ended = threading.Event()
        self._has_finished = False

    def read_request(self) -> str:
        """Reads the request; returns its Sec-WebSocket-Key."""
        while b"\r\n\r\n" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the client sent no whole request")
            self.received += data
        request, self.received = self.received.split(b"\r\n\r\n", 1)
        self.key = re.search(rb"(?im)^sec-websocket-key: (\S+)", request).group(1).decode()
        return self.key

    def upgrade(self) -> None:
        """The right answer to the right request."""
        self.send(head(good_lines(self.read_request())))

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_bytewise(self, data: bytes) -> None:
        """Each byte in a segment (with TLS: in a record) of its own."""
        for index in range(len(data)):
            self.socket.sendall(data[index:index + 1])

    def send_forever(self, data: bytes) -> None:
        """Until the client has had enough."""
        try:
            while True:
                self.socket.sendall(data)
        except OSError:
            pass

    def finish(self) -> None:
        """FIN, with nothing of TLS before it; what the client sends is still taken."""
        self._has_finished = True
        self.socket.shutdown(socket.SHUT_WR)

    def finish_tls(self) -> None:
        """close_notify (RFC 8446, section 6.1), and no FIN."""
        self.socket.unwrap()

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Another thread that waits for input would keep the connection open.
        self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()

    def hold(self) -> None:
        """Says nothing more, and leaves only when the client does or has sent its Close: no end of this side's helps
        the client to its verdict."""
        try:
            while self._has_finished or not self._has_got_close():
                data = self.socket.recv(65536)
                if not data:
                    return
                self.received += data
        except OSError:
            return

    def _has_got_close(self) -> bool:
        return self.key != "" and any(frame.opcode == CLOSE for frame in self.frames())

    def frames(self) -> List[Frame]:
        """The whole frames that the client has sent since the upgrade."""
        return decode_all(self.received)[0]


Script = Callable[[Peer], None]


def server_context(certificate: Optional[Certificate] = None) -> ssl.SSLContext:
    """As servers are by default, the client's order of preference counts (Python's own default is the server's)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if certificate:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context


class HostileServer:
    """Listens on a free port of 127.0.0.1 and runs `script` for each connection, over TLS if it has a certificate or a
    context; `is_bare`: the script begins before the TLS handshake."""

    def __init__(self, script: Script, secure: Union[None, Certificate, ssl.SSLContext] = None, *,
                 is_bare: bool = False) -> None:
        self._script = script
        context = server_context(secure) if isinstance(secure, Certificate) else secure
        self._context = None if is_bare else context
        self.peers: List[Peer] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'wss' if secure else 'ws'}://localhost:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> "HostileServer":
        self._threads[0].start()
        return self

    def __exit__(self, *_) -> None:
        # Wakes accept(2).
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        peer = Peer(connection)
        self.peers.append(peer)
        try:
            if self._context:
                connection = peer.socket = self._context.wrap_socket(connection, server_side=True)
            self._script(peer)
            peer.hold()
        except OSError:
            # The client left; what it made of this is the test's to judge.
            pass
        finally:
            connection.close()
            peer.has_ended.set()


class Verdict(NamedTuple):
    """How `mles-sim probe` ended."""
    status: int
    report: dict


def probe(url: str, *options: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Verdict:
    done = program.run(["probe", url, "--json", "--timeout", f"{int(timeout_seconds * 1000)}ms", *options])
    assert done.returncode in (0, 1), f"exit status {done.returncode}: {done.stderr}"
    return Verdict(done.returncode, json.loads(done.stdout))


def check_refused(verdict: Verdict, words: str, *, opened: bool = False, code: Optional[int] = None) -> None:
    """The cause was told, and as soon as it could be seen."""
    report = verdict.report
    assert verdict.status == 1 and report["error"], report
    assert re.search(words, report["error"]), f"nothing like {words!r} in {report['error']!r}"
    assert report["opened"] is opened, report
    assert report["close_sent"] == code, report
    assert report["seconds"] < VISIBLE_SECONDS_MAX, report


def check_accepted(verdict: Verdict, *, close: Tuple[Optional[int], Optional[int]] = (1000, 1000)) -> None:
    report = verdict.report
    assert verdict.status == 0 and report["opened"] is True and report["error"] is None, report
    assert (report["close_rcvd"], report["close_sent"]) == close, report
    assert report["seconds"] < VISIBLE_SECONDS_MAX, report
