"""The README's tables about the emulated board: made from linker maps and runs, and compared with what stands there."""

import json
import re
from pathlib import Path
from typing import Dict, List, NamedTuple

PROJECT = Path(__file__).resolve().parent.parent.parent
README = PROJECT / "README.md"
# How far a number in the README may be from what was found.
TOLERANCE = 0.02
SECTIONS = ["text", "rodata", "data", "bss"]
PARTS_HEAD = "| Part | " + " | ".join(f"`{section}`" for section in SECTIONS) + " | Flash |"


class Peaks(NamedTuple):
    """The most that was used in any of several runs, in bytes."""
    stack: int
    stack_size: int
    tls: int
    tls_size: int


class Variant(NamedTuple):
    """An image with record buffers of one size."""
    records: str
    parts: Dict[str, Dict[str, int]]
    peaks: Peaks

    def total(self, *sections: str) -> int:
        return sum(sizes[section] for sizes in self.parts.values() for section in sections)

    @property
    def flash(self) -> int:
        return self.total("text", "rodata", "data")

    @property
    def ram(self) -> int:
        """Static memory, which the TLS pool is part of, and the stack's peak."""
        return self.total("data", "bss") + self.peaks.stack


def parts_of(image: Path) -> Dict[str, Dict[str, int]]:
    """What the build has found in its linker map."""
    parts = json.loads(Path(f"{image}.sizes").read_text(encoding="utf-8"))["parts"]
    return {part: sizes for part, sizes in parts.items() if any(sizes.values())}


def _row(name: str, values: List[object]) -> str:
    return f"| {name} | " + " | ".join(str(value) for value in values) + " |"


def parts_table(variant: Variant) -> List[str]:
    rows = [PARTS_HEAD, "| --- |" + " ---: |" * (len(SECTIONS) + 1)]
    for part, sizes in variant.parts.items():
        flash = sizes["text"] + sizes["rodata"] + sizes["data"]
        rows.append(_row(part, [sizes[section] for section in SECTIONS] + [flash]))
    return rows + [_row("**Image**", [variant.total(section) for section in SECTIONS] + [variant.flash])]


def peaks_table(variants: List[Variant]) -> List[str]:
    return [
        _row("TLS record buffers, in and out", [variant.records for variant in variants]),
        "| --- |" + " ---: |" * len(variants),
        _row("Flash: `text`, `rodata`, `data`", [variant.flash for variant in variants]),
        _row("Static RAM: `data`, `bss`, the TLS pool in it", [variant.total("data", "bss") for variant in variants]),
        _row("TLS pool", [variant.peaks.tls_size for variant in variants]),
        _row("TLS pool, peak", [variant.peaks.tls for variant in variants]),
        _row("Stack, peak", [variant.peaks.stack for variant in variants]),
        _row("**RAM in use**: static and the stack's peak", [variant.ram for variant in variants]),
    ]


def differences(rows: List[str]) -> List[str]:
    """Rows of this table that the README lacks, or has with other numbers."""
    text = README.read_text(encoding="utf-8").splitlines()
    shown = {_name(line): line for line in _lines_of_table(text, rows[0])}
    found = []
    for row in rows:
        line = shown.get(_name(row))
        if line is None or not _is_close(_numbers(line), _numbers(row)):
            found.append(f"{row}   README: {line}")
    return found


def write(rows: List[str]) -> None:
    """Puts the table in the place of the README's."""
    text = README.read_text(encoding="utf-8").splitlines()
    old = _lines_of_table(text, rows[0])
    assert old, f"the README has no table that begins with {rows[0]}"
    start = text.index(old[0])
    text[start:start + len(old)] = rows
    README.write_text("\n".join(text) + "\n", encoding="utf-8")


def _lines_of_table(text: List[str], head: str) -> List[str]:
    if head not in text:
        return []
    start = text.index(head)
    end = next((at for at in range(start, len(text)) if not text[at].startswith("|")), len(text))
    return text[start:end]


def _name(row: str) -> str:
    return row.split("|")[1].strip()


def _numbers(row: str) -> List[int]:
    return [int(number) for number in re.findall(r"(?<= )\d+(?= \|)", row)]


def _is_close(shown: List[int], found: List[int]) -> bool:
    # Small numbers may differ by what an alignment costs.
    return len(shown) == len(found) and all(abs(a - b) <= max(TOLERANCE * b, 64) for a, b in zip(shown, found))
