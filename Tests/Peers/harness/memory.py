"""The memory of a running process, searched and measured from outside."""

import re
import threading
from typing import Dict, Iterable, List

from . import PATIENCE, program

GROWTH_MIB_MAX = 2

# The kernel's own pages, which cannot be read or hold no data of the process.
_KERNEL = ("[vvar", "[vdso", "[vsyscall")


def find(process: int, needles: Iterable[bytes]) -> Dict[bytes, List[str]]:
    """Where in the readable memory of the process each of these byte strings is, those that are nowhere left out."""
    found: Dict[bytes, List[str]] = {}
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in maps:
            start, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+\s*(.*)", line).groups()
            if rights[0] != "r" or name.startswith(_KERNEL):
                continue
            try:
                memory.seek(int(start, 16))
                content = memory.read(int(end, 16) - int(start, 16))
            except OSError as error:
                # A file that is shorter than its mapping, or memory that was given back meanwhile.
                assert rights[1] != "w", f"{line}: {error}"
                continue
            for needle in needles:
                for hit in re.finditer(re.escape(needle), content):
                    found.setdefault(needle, []).append(f"{int(start, 16) + hit.start():x} {name or 'anonymous'}")
    return found


def pieces(secret: bytes, byte_count: int = 8) -> List[bytes]:
    """All runs of so many bytes in a secret: what is left of a copy that was written over in part is found by them."""
    return [secret[at:at + byte_count] for at in range(len(secret) - byte_count + 1)]


class Growth:
    """How much memory a client needs, as the script of its server sees it: the script runs before the test knows the
    client, so it waits for its process id."""

    def __init__(self) -> None:
        self._process = 0
        self._has_process = threading.Event()
        self.mib: List[float] = []

    def start(self, client: program.Program) -> None:
        self._process = client.process.pid
        self._has_process.set()

    def look(self) -> None:
        """Raises OSError when the client has ended."""
        assert self._has_process.wait(PATIENCE)
        self.mib.append(program.memory_mib(self._process))

    def check(self) -> None:
        assert len(self.mib) >= 2, "the client ended before its memory was seen twice"
        assert max(self.mib) - self.mib[0] < GROWTH_MIB_MAX, f"{self.mib} MiB"
