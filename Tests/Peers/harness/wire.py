"""A WebSocket client that works on raw frames: what the libraries hide is what these tests are about."""

import base64
import os
import socket
import ssl
import struct
from typing import List, NamedTuple, Optional, Tuple

from . import PATIENCE
from .protocol import SUBPROTOCOL, join_header

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    is_final: bool = True
    is_masked: bool = False
    is_minimal: bool = True


EMPTY_CLOSE = Frame(CLOSE, b"")


class Ended(Exception):
    """The peer ended the connection (FIN or RST) where more was expected."""


class RawClient:
    """TLS, then an opening handshake with exactly the header lines given, then frames."""

    def __init__(self, port: int, authority: str, *, host: str = "localhost", path: str = "/",
                 subprotocols: Tuple[str, ...] = (SUBPROTOCOL,), extra: Tuple[str, ...] = (),
                 request: Optional[bytes] = None, upgrade: bool = True) -> None:
        context = ssl.create_default_context(cafile=authority)
        context.suppress_ragged_eofs = True
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname=host)
        self._received = b""
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Protocol: {name}" for name in subprotocols] + list(extra)
        if upgrade:
            self.send_bytes(request if request is not None else ("\r\n".join(lines) + "\r\n\r\n").encode())
            self.head = self._read_head()
            self.status = int(self.head[0].split(" ")[1])

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send(self, opcode: int, payload: bytes = b"", *, is_final: bool = True, is_masked: bool = True) -> None:
        self.send_bytes(encode(opcode, payload, is_final=is_final, is_masked=is_masked))

    def join(self, uid: str, channel: str = "example", auth: Optional[str] = None) -> "RawClient":
        self.send(TEXT, join_header(uid, channel, auth).encode())
        return self

    def header(self, name: str) -> List[str]:
        pairs = [line.split(":", 1) for line in self.head[1:]]
        return [value.strip() for key, value in pairs if key.lower() == name.lower()]

    def read(self, timeout: float = PATIENCE) -> Frame:
        """The next frame; raises Ended at FIN."""
        self.socket.settimeout(timeout)
        first, second = self._take(2)
        length = second & 0x7F
        minimal = True
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
            minimal = length > 125
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
            minimal = length > 0xFFFF
        mask = self._take(4) if second & 0x80 else b""
        payload = self._take(length)
        if mask:
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        return Frame(first & 0x0F, payload, bool(first & 0x80), bool(mask), minimal)

    def read_end(self, timeout: float = PATIENCE) -> None:
        """Passes when the next thing is the end of the connection."""
        self.socket.settimeout(timeout)
        try:
            rest = self._received or self.socket.recv(4096)
        except (ConnectionResetError, ssl.SSLEOFError):
            return
        assert rest == b"", f"expected the end, got {rest[:40]!r}"

    def messages(self, count: int, timeout: float = PATIENCE) -> List[Frame]:
        """The next data frames; pings between them are answered."""
        found: List[Frame] = []
        while len(found) < count:
            frame = self.read(timeout)
            if frame.opcode == PING:
                self.send(PONG, frame.payload)
            else:
                found.append(frame)
        return found

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            try:
                data = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLEOFError):
                data = b""
            if not data:
                raise Ended(f"connection ended; {self._received!r} was left")
            self._received += data
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def _read_head(self) -> List[str]:
        self.socket.settimeout(PATIENCE)
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += self._take(1)
        return data.decode("latin-1").rstrip().split("\r\n")


def encode(opcode: int, payload: bytes = b"", *, is_final: bool = True, is_masked: bool = True) -> bytes:
    head = bytes([(0x80 if is_final else 0) | opcode])
    mask_bit = 0x80 if is_masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 0x10000:
        head += bytes([mask_bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", len(payload))
    if not is_masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (len(payload) // 4 + 1))[:len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + mask + masked.to_bytes(len(payload), "big")


def confirmed(client: RawClient, uid: str, **options) -> RawClient:
    """Joins, and waits for the first ping: the join is confirmed."""
    client.join(uid, **options)
    while client.read().opcode != PING:
        pass
    client.send(PONG)
    return client


def until(client: RawClient, payload: bytes) -> None:
    """Reads messages up to this one."""
    while client.messages(1)[0].payload != payload:
        pass


def decode_all(data: bytes) -> Tuple[List[Frame], bytes]:
    """The whole frames at the start of `data`, and what is left of it."""
    frames: List[Frame] = []
    while len(data) >= 2:
        length, start = data[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        mask = data[start:start + 4] if data[1] & 0x80 else b""
        start += len(mask)
        if len(data) < start + length or (data[1] & 0x80 and len(mask) < 4):
            break
        payload = bytes(byte ^ (mask[at % 4] if mask else 0) for at, byte in enumerate(data[start:start + length]))
        frames.append(Frame(data[0] & 0x0F, payload, bool(data[0] & 0x80), bool(mask)))
        data = data[start + length:]
    return frames, data
