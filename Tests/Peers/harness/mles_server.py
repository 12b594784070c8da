"""A server by the `websockets` library that plays the Mles server's part, following a script for each connection."""

import json
import ssl
import threading
from contextlib import contextmanager
from http import HTTPStatus
from typing import Callable, Iterator, List, Optional, Union

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from . import PATIENCE
from .certificates import Certificate
from .members import Message
from .protocol import SUBPROTOCOL


class Visit:
    """One connection of the node: what it asked for and what it sent."""

    def __init__(self, number: int, connection: ServerConnection, changed: threading.Condition,
                 history: List[Message]) -> None:
        self.number = number
        self._history = history
        self._changed = changed
        self.connection = connection
        self.tls = connection.socket.version()
        self.is_resumed = connection.socket.session_reused
        self.request = connection.request
        self.header: Optional[dict] = None
        self.header_text: Optional[Message] = None
        self.messages: List[Message] = []
        self.close_code: Optional[int] = None

    def read_header(self) -> dict:
        self.header_text = self.connection.recv(PATIENCE)
        self.header = json.loads(self.header_text)
        return self.header

    def replay(self) -> None:
        """Sends what earlier connections have sent, join headers left out, as Mles does after each join."""
        for message in list(self._history):
            self.connection.send(message)

    def confirm(self) -> None:
        """The first frame that the node gets: what tells it that it has joined. Mles sends it 24 s after the upgrade."""
        self.connection.ping(b"")

    def read(self, count: int) -> List[Message]:
        for _ in range(count):
            self._take()
        return self.messages

    def read_until_closed(self) -> None:
        try:
            while True:
                self._take(None)
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else None

    def _take(self, timeout: Optional[float] = PATIENCE) -> None:
        message = self.connection.recv(timeout)
        with self._changed:
            self.messages.append(message)
            self._history.append(message)
            self._changed.notify_all()

    @contextmanager
    def reading_aside(self) -> Iterator[None]:
        """Reads what comes in a thread of its own, meanwhile and until the connection is closed."""
        reader = threading.Thread(target=self.read_until_closed, daemon=True)
        reader.start()
        yield
        reader.join(PATIENCE)

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Waits for a condition about what is read aside; whether it holds."""
        with self._changed:
            return bool(self._changed.wait_for(condition, timeout))

    def wait_for(self, count: int) -> None:
        """Waits until so many messages have come, which are read aside."""
        assert self.wait(lambda: len(self.messages) >= count, PATIENCE)

    def close(self) -> None:
        """A Close in good order, "going away"; what is under way can still be read.

        `connection.close` also sets the socket's timeout, at which a read of TLS in another thread fails at once.
        """
        with self.connection.protocol_mutex:
            self.connection.protocol.send_close(1001)
            for data in self.connection.protocol.data_to_send():
                self.connection.socket.sendall(data)

    def refuse(self) -> None:
        """An empty Close and FIN, as Mles refuses."""
        self.connection.close(None)

    def drop(self) -> None:
        """FIN without Close or close_notify, as after a restart of the server."""
        self.connection.close_socket()

    def readings(self) -> List[dict]:
        return [json.loads(message) for message in self.messages]


Script = Callable[[Visit], None]


def relay_and_confirm(visit: Visit) -> None:
    """The ordinary case."""
    visit.read_header()
    visit.replay()
    visit.confirm()
    visit.read_until_closed()


def server_context(certificate: Certificate, version: Optional[ssl.TLSVersion] = None) -> ssl.SSLContext:
    """What a server's TLS is made of, the keys of its session tickets included."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # As servers are by default: the client's order of preference counts (Python's own default is the server's).
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_cert_chain(certificate.certificate, certificate.key)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class MlesServer:
    """Listens on a port of 127.0.0.1 from `with` to its end. `visits` are the upgraded connections so far.

    `on_request` is called before a request is answered. In place of a certificate it takes a context, so that a server after it knows its session tickets.
    """

    def __init__(self, certificate: Union[Certificate, ssl.SSLContext], script: Script = relay_and_confirm, *,
                 version: Optional[ssl.TLSVersion] = None, status: Optional[HTTPStatus] = None,
                 is_silent: bool = False, subprotocols: Optional[List[str]] = None,
                 client_authority: Optional[str] = None, port: int = 0, close_timeout: float = 1,
                 history: Optional[List[Message]] = None, on_request: Callable[[], None] = lambda: None) -> None:
        is_context = isinstance(certificate, ssl.SSLContext)
        context = certificate if is_context else server_context(certificate, version)
        if client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_authority)
        self.visits: List[Visit] = []
        # What a server after this one can be given.
        self.history: List[Message] = [] if history is None else history
        self.requests = 0
        self.errors: List[BaseException] = []
        self._script = script
        self._status = status
        self._is_silent = is_silent
        self._on_request = on_request
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._server = serve(self._handle, "127.0.0.1", port, ssl=context, compression=None, ping_interval=None,
                             subprotocols=[SUBPROTOCOL] if subprotocols is None else subprotocols,
                             process_request=self._process_request, max_size=64 << 20, close_timeout=close_timeout)
        self.port = self._server.socket.getsockname()[1]
        self.url = f"wss://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "MlesServer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ending.set()
        self._server.shutdown()
        self._thread.join(PATIENCE)
        for visit in self.visits:
            visit.connection.close_socket()

    def wait_for(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, timeout), f"not reached; errors: {self.errors}"

    def check(self) -> None:
        """Fails with the first error that a script had."""
        if self.errors:
            raise self.errors[0]

    def _process_request(self, connection: ServerConnection, _request):
        with self._changed:
            self.requests += 1
            self._changed.notify_all()
        self._on_request()
        if self._is_silent:
            self._ending.wait(PATIENCE)
        if self._status:
            return connection.respond(self._status, "not today\n")
        return None

    def _handle(self, connection: ServerConnection) -> None:
        with self._changed:
            visit = Visit(len(self.visits) + 1, connection, self._changed, self.history)
            self.visits.append(visit)
            self._changed.notify_all()
        try:
            self._script(visit)
        except BaseException as error:  # noqa: B036 - reported by `check`
            self.errors.append(error)
        with self._changed:
            self._changed.notify_all()
