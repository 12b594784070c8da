"""QEMU's machine protocol (QMP): a client for the few commands that the tests give."""

import json
import socket
from pathlib import Path
from typing import Optional

from .listener import listen


class Monitor:
    """Listens for QEMU, which connects when it starts, and commands it from then on."""

    def __init__(self, path: Path) -> None:
        self._listener = listen(path)
        self._socket: Optional[socket.socket] = None

    def connect(self, timeout: float) -> None:
        self._listener.settimeout(timeout)
        self._socket, _ = self._listener.accept()
        self._socket.settimeout(timeout)
        self._lines = self._socket.makefile("rb")
        assert "QMP" in json.loads(self._lines.readline())
        self.command("qmp_capabilities")

    def close(self) -> None:
        self._listener.close()
        if self._socket:
            self._lines.close()
            self._socket.close()

    def command(self, command: str, /, **arguments):
        """Gives a command, and returns its result; events that come before it are passed over."""
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while line := self._lines.readline():
            answer = json.loads(line)
            assert "error" not in answer, f"{command} {arguments}: {answer['error']}"
            if "return" in answer:
                return answer["return"]
        raise AssertionError(f"QEMU ended before it answered {command}")
