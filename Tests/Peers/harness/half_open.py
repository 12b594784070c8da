"""A network between a client and a server that goes dead: connections that stay open at both ends and carry nothing."""

import socket
import threading
from typing import List, Optional

from . import PATIENCE


class HalfOpenProxy:
    """Passes everything on to `port` until `cut`. From then on nothing of the connections there are passes, in either
    direction, not even their ends. Later ones are as good as the first was.

    With `server_bytes`, the first connection is cut by itself when so many bytes have come from the server, which still
    reach the client.
    """

    def __init__(self, port: int, *, server_bytes: Optional[int] = None) -> None:
        self._target = port
        self._server_bytes = server_bytes
        self._links: List[_Link] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        # As on an Ethernet: with loopback's segments of 64 KiB, a sender's kernel takes megabytes that nobody reads.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        self.port = self._listener.getsockname()[1]
        self.url = f"wss://localhost:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "HalfOpenProxy":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        # Wakes accept(2).
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)
        for link in self._links:
            link.close()

    def cut(self) -> None:
        """When it returns, the last byte has passed."""
        for link in list(self._links):
            link.cut()

    @property
    def cut_count(self) -> int:
        return sum(link.is_cut for link in self._links)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target), PATIENCE)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                end.settimeout(None)
            self._links.append(_Link(client, server, None if self._links else self._server_bytes))


class _Link:
    """One connection through the proxy: two threads, one for each direction."""

    def __init__(self, client: socket.socket, server: socket.socket, server_bytes: Optional[int]) -> None:
        self.is_cut = server_bytes == 0
        self._ends = (client, server)
        self._budget = server_bytes
        self._passing = threading.Lock()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._pump, args=(client, server, False), daemon=True),
                         threading.Thread(target=self._pump, args=(server, client, True), daemon=True)]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        with self._passing:
            self.is_cut = True

    def close(self) -> None:
        self._closing.set()
        for end in self._ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(PATIENCE)
        for end in self._ends:
            end.close()

    def _pump(self, source: socket.socket, sink: socket.socket, is_from_server: bool) -> None:
        try:
            while self._pass(source.recv(4096), source, sink, is_from_server):
                pass
        except OSError:
            # The other direction has noticed it, or will.
            pass
        if self.is_cut:
            # Nothing is read any more, so that the sender's network soon takes nothing more.
            self._closing.wait()

    def _pass(self, data: bytes, source: socket.socket, sink: socket.socket, is_from_server: bool) -> bool:
        """Passes data on, or an end; whether to go on."""
        with self._passing:
            if self.is_cut:
                return False
            if is_from_server and self._budget is not None:
                data, self._budget = data[:self._budget], self._budget - len(data[:self._budget])
                self.is_cut = self._budget == 0
            if data:
                sink.sendall(data)
            else:
                sink.shutdown(socket.SHUT_WR)
            return bool(data)
