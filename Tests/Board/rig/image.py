"""What is in the image under test: symbols and sections of its ELF file."""

import subprocess
from functools import cached_property
from pathlib import Path
from typing import Dict, List, NamedTuple


class Section(NamedTuple):
    name: str
    size: int
    address: int


class Image:
    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def symbols(self) -> Dict[str, int]:
        """Names and addresses."""
        rows = (line.split() for line in self._tool("nm").splitlines())
        return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}

    @cached_property
    def sections(self) -> List[Section]:
        rows = (line.split() for line in self._tool("objdump", "-h", "-w").splitlines())
        return [Section(row[1], int(row[2], 16), int(row[3], 16)) for row in rows if row and row[0].isdigit()]

    def size(self, name: str) -> int:
        """Bytes of the section, or of all whose names begin like this."""
        return sum(one.size for one in self.sections if one.name == name or one.name.startswith(f"{name}."))

    def _tool(self, name: str, *options: str) -> str:
        done = subprocess.run([f"riscv64-unknown-elf-{name}", *options, str(self.path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout
