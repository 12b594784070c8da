"""Where things are in the image under test."""

import subprocess
from functools import cached_property
from pathlib import Path
from typing import Dict


class Image:
    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def symbols(self) -> Dict[str, int]:
        """Names and addresses."""
        done = subprocess.run(["riscv64-unknown-elf-nm", str(self.path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        rows = (line.split() for line in done.stdout.splitlines())
        return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}
