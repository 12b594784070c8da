"""A client of QEMU's debugger stub (the GDB remote protocol): registers and memory of the stopped board."""

import re
import socket
from pathlib import Path

_REGISTERS = {"ra": 1, "sp": 2, **{f"a{index}": 10 + index for index in range(8)}, "pc": 32}


class Debugger:
    """Stops the board for as long as it is connected; `with` lets it run again."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._input = b""
        # Single registers are known only to those who asked which there are. Before the answer QEMU may say that the
        # board has stopped.
        self._send("qXfer:features:read:target.xml:0,fff")
        while self._take_packet()[0] in "ST":
            pass

    def __enter__(self) -> "Debugger":
        return self

    def __exit__(self, *_) -> None:
        try:
            self._ask("D")
        except OSError:
            pass  # QEMU was killed.
        finally:
            self._socket.close()

    def read_register(self, name: str) -> int:
        return int.from_bytes(bytes.fromhex(self._ask(f"p{_REGISTERS[name]:x}")), "little")

    def write_register(self, name: str, value: int) -> None:
        answer = self._ask(f"P{_REGISTERS[name]:x}={value.to_bytes(4, 'little').hex()}")
        assert answer == "OK", answer

    def instructions(self) -> int:
        """How many the board has executed."""
        numbers = dict(re.findall(r'name="(minstreth?)"[^>]* regnum="(\d+)"', self._description("riscv-csr.xml")))
        low, high = (self._ask(f"p{int(numbers[name]):x}") for name in ("minstret", "minstreth"))
        return int.from_bytes(bytes.fromhex(low) + bytes.fromhex(high), "little")

    def write_memory(self, address: int, data: bytes) -> None:
        for at in range(0, len(data), 1024):
            part = data[at:at + 1024]
            answer = self._ask(f"M{address + at:x},{len(part):x}:{part.hex()}")
            assert answer == "OK", answer

    def run_to(self, *addresses: int) -> int:
        """Lets the board run until it is about to execute the instruction at one of these addresses, and says which."""
        for address in addresses:
            assert self._ask(f"Z0,{address:x},2") == "OK"
        assert self._ask("c")[0] in "ST"
        for address in addresses:
            assert self._ask(f"z0,{address:x},2") == "OK"
        return self.read_register("pc")

    def step(self, count: int) -> None:
        """Executes so many instructions."""
        for _ in range(count):
            assert self._ask("s")[0] in "ST"

    def _description(self, name: str) -> str:
        """One of the files that describe the registers; it comes in parts, the last of which begins with `l`."""
        text = ""
        while not text.endswith("</feature>"):
            part = self._ask(f"qXfer:features:read:{name}:{len(text):x},ffb")
            assert part[0] in "lm", part
            text += part[1:].rstrip("\n") if part[0] == "l" else part[1:]
        return text

    def _ask(self, text: str) -> str:
        self._send(text)
        return self._take_packet()

    def _send(self, text: str) -> None:
        body = text.encode()
        self._socket.sendall(b"$" + body + b"#%02x" % (sum(body) & 0xFF))

    def _take_packet(self) -> str:
        while True:
            start = self._input.find(b"$")
            end = self._input.find(b"#", start)
            if 0 <= start < end and len(self._input) >= end + 3:
                packet, self._input = self._input[start + 1:end], self._input[end + 3:]
                self._socket.sendall(b"+")
                return packet.decode()
            received = self._socket.recv(4096)
            assert received, "QEMU ended"
            self._input += received
