"""Members of a channel that were not written here: the `websockets` library and the `websocat` program."""

import base64
import ssl
import sys
from pathlib import Path
from typing import List, Optional, Tuple, Union

from websockets.sync.client import ClientConnection, connect

from . import PATIENCE
from .program import Program
from .protocol import SUBPROTOCOL, join_header

Message = Union[str, bytes]


class WebsocketsMember:
    """A member by the `websockets` library; it has joined when it is made (silently, as Mles does it)."""

    def __init__(self, url: str, authority: str, uid: str, channel: str = "example", auth: Optional[str] = None) -> None:
        self.connection: ClientConnection = connect(
            url, ssl=ssl.create_default_context(cafile=authority), subprotocols=[SUBPROTOCOL], compression=None,
            open_timeout=PATIENCE, close_timeout=1, ping_interval=None, max_size=64 << 20)
        self.header = join_header(uid, channel, auth)
        self.connection.send(self.header)

    def __enter__(self) -> "WebsocketsMember":
        return self

    def __exit__(self, *_) -> None:
        self.connection.close()

    def send(self, message: Message) -> Message:
        """Sends, and returns what a receiver should get."""
        self.connection.send(message)
        return message

    def receive(self, timeout: float = PATIENCE) -> Message:
        return self.connection.recv(timeout)

    def receive_all(self, count: int, timeout: float = PATIENCE) -> List[Message]:
        return [self.receive(timeout) for _ in range(count)]


class Websocat(Program):
    """A member by the `websocat` program: text messages are lines `T…`, binary ones `B` and base64."""

    def __init__(self, url: str, authority: str, uid: str, channel: str = "example") -> None:
        program = Path(sys.executable).with_name("websocat")
        super().__init__(
            [str(program), "-v", "--protocol", SUBPROTOCOL, "--text", "--base64", "--binary-prefix=B", "--text-prefix=T",
             "-B", "4194304", url], env={"SSL_CERT_FILE": authority})
        self.send(join_header(uid, channel))

    def send(self, message: Message) -> Message:
        """Sends, and returns what a receiver should get: websocat sends a line of text with its end."""
        if isinstance(message, str):
            self.write("T" + message + "\n")
            return message + "\n"
        self.write("B" + base64.b64encode(message).decode() + "\n")
        return message

    def receive_all(self, count: int, timeout: float = PATIENCE) -> List[Message]:
        self.out.wait_for("^[TB]", timeout, count)
        return [decode(line) for line in self.out.lines if line][:count]


def decode(line: str) -> Message:
    return line[1:] if line.startswith("T") else base64.b64decode(line[1:])


def is_header(message: Message) -> bool:
    return isinstance(message, str) and message.startswith('{"uid": ')


def split(messages: List[Message]) -> Tuple[List[Message], List[Message]]:
    """Join headers of these tests, and everything else."""
    return [m for m in messages if is_header(m)], [m for m in messages if not is_header(m)]
