"""The memory of a running process, searched from outside."""

import re
from typing import Dict, Iterable, List

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
