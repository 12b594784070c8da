"""The sizes of an image's parts, from the linker's map.

usage: sizes.py MAP SHIM [--json]

MAP is what ld.lld writes with -Map, SHIM a file with the names of the functions of the TLS shim, which is in one object
with mbedTLS. Texts that the linker has merged are shared out by what each object brought along.
"""

import json
import re
import struct
import sys
from pathlib import Path

# A part and the files that belong to it; the first that fits.
PARTS = [
    ("start, drivers, network", r"/board/[^/]+\.o$"),
    ("lwIP", r"/lwip/[^/]+\.o$"),
    ("mbedTLS", r"/tls\.o$"),
    ("TLS shim", None),
    ("Swift", r"/swift\.o$"),
    ("C library", r"\.a$"),
    # What is in another program than the firmware.
    ("others", r""),
    # Alignment, the table of addresses that Swift uses.
    ("linker", None),
]
COLUMNS = ["text", "rodata", "data", "bss"]
SECTIONS = {".tdata": "data", ".tbss": "bss", ".noinit": "bss", **{f".{name}": name for name in COLUMNS}}
SHF_MERGE_STRINGS = 0x30


def part_of(file: str, section: str, shim: "set[str]") -> str:
    # A member of an archive: ARCHIVE(MEMBER).
    file = re.sub(r"(\.a)\(.*\)$", r"\1", file)
    part = next(part for part, pattern in PARTS if pattern is not None and re.search(pattern, file))
    return "TLS shim" if part == "mbedTLS" and section.removeprefix(".text.") in shim else part


def merged_bytes(file: str) -> int:
    """Bytes of texts that the linker may merge, in an ELF32 object."""
    path = Path(file)
    if path.suffix != ".o" or not path.is_file():
        return 0
    content = path.read_bytes()
    offset, = struct.unpack_from("<I", content, 0x20)
    entry_size, count = struct.unpack_from("<HH", content, 0x2E)
    total = 0
    for index in range(count):
        _, _, flags, _, _, size = struct.unpack_from("<6I", content, offset + index * entry_size)
        total += size if flags & SHF_MERGE_STRINGS == SHF_MERGE_STRINGS and flags & 2 else 0
    return total


def read_map(text: str, shim: "set[str]") -> "dict[str, dict[str, int]]":
    """Bytes for each part and column. Lines: VMA LMA Size Align, then an output section without indentation, or with
    eight blanks an input section, FILE:(SECTION)."""
    parts = {part: dict.fromkeys(COLUMNS, 0) for part, _ in PARTS}
    files: "set[str]" = set()
    merged = 0
    column = None
    for line in text.splitlines()[1:]:
        match = re.match(r"\s*[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+ (\s*)(\S.*)", line)
        if not match:
            continue
        size, indentation, name = int(match.group(1), 16), len(match.group(2)), match.group(3)
        if indentation == 0:
            column = SECTIONS.get(name)
            if column:
                parts["linker"][column] += size
            continue
        section = re.fullmatch(r"(.+):\((.+)\)", name)
        if indentation != 8 or not column or not section:
            continue
        if section.group(1) == "<internal>":
            merged += size if column == "rodata" and "rodata" in section.group(2) else 0
            continue
        files.add(section.group(1))
        parts[part_of(section.group(1), section.group(2), shim)][column] += size
        parts["linker"][column] -= size
    share_out(merged, files, parts)
    return parts


def share_out(merged: int, files: "set[str]", parts: "dict[str, dict[str, int]]") -> None:
    brought = {file: merged_bytes(file) for file in files}
    total = sum(brought.values())
    for file, count in brought.items():
        share = merged * count // total if total else 0
        parts[part_of(file, "", set())]["rodata"] += share
        parts["linker"]["rodata"] -= share


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--json"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    shim = set(Path(arguments[1]).read_text(encoding="utf-8").split())
    parts = read_map(Path(arguments[0]).read_text(encoding="utf-8"), shim)
    total = {column: sum(sizes[column] for sizes in parts.values()) for column in COLUMNS}
    if "--json" in sys.argv:
        print(json.dumps({"parts": parts, "total": total}))
        return
    row = "{:<24}" + "{:>9}" * 5
    print(row.format("bytes", *COLUMNS, "flash"))
    for name, sizes in [*parts.items(), ("total", total)]:
        if any(sizes.values()):
            print(row.format(name, *sizes.values(), sizes["text"] + sizes["rodata"] + sizes["data"]))


if __name__ == "__main__":
    main()
