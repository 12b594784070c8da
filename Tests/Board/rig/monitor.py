"""QEMU's machine protocol (QMP): a client for the few commands that the tests give."""

import json
import socket
from pathlib import Path


class Monitor:
    """A connection to the QMP socket of a running QEMU."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        assert "QMP" in json.loads(self._lines.readline())
        self.command("qmp_capabilities")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def command(self, name: str, **arguments):
        """Gives a command, and returns its result; events that come before it are passed over."""
        self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while line := self._lines.readline():
            answer = json.loads(line)
            assert "error" not in answer, f"{name} {arguments}: {answer['error']}"
            if "return" in answer:
                return answer["return"]
        raise AssertionError(f"QEMU ended before it answered {name}")
