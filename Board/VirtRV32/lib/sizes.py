"""The sizes of an image's parts, from the linker's map.

usage: sizes.py MAP [--json]
"""

import json
import re
import sys

# A part and the files that belong to it; the first that fits. Everything else is of the C library and the compiler's.
PARTS = [
    ("lwIP", r"/\.build-virtrv32/lwip/"),
    ("mbedTLS", r"/\.build-virtrv32/[^/]+/mbedtls/"),
    ("TLS shim (C)", r"/board/CTLS-"),
    ("board (C)", r"/board/"),
    ("Swift", r"/\.build-riscv32/"),
]
OTHERS = "C library"
# What the linker puts in between: alignment, the table of addresses that Swift uses.
LINKER = "linker"
COLUMNS = ["text", "rodata", "data", "bss"]
# Sections of the image that are RAM for a use of their own.
STACKS = {".stack": "stack", ".trap_stack": "trap stack", ".noinit": "bss"}


def column_of(section: str) -> "str | None":
    name = section.lstrip(".").split(".")[0]
    return {"tdata": "data", "tbss": "bss", "noinit": "bss"}.get(name, name if name in COLUMNS else None)


def part_of(file: str) -> str:
    for part, pattern in PARTS:
        if re.search(pattern, file):
            return part
    return OTHERS


def read_map(text: str) -> "tuple[dict[str, dict[str, int]], dict[str, int]]":
    """Bytes for each part and column, and for each output section. Lines: VMA LMA Size Align, then the output section
    with no indentation, an input section with eight blanks, a symbol with sixteen."""
    parts = {name: dict.fromkeys(COLUMNS, 0) for name in [part for part, _ in PARTS] + [OTHERS, LINKER]}
    sections: "dict[str, int]" = {}
    column = None
    placed = 0
    for line in text.splitlines()[1:]:
        match = re.match(r"\s*[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+ (\s*)(\S.*)", line)
        if not match:
            continue
        size, indentation, name = int(match.group(1), 16), len(match.group(2)), match.group(3)
        if indentation == 0:
            column = column_of(name) if re.fullmatch(r"\.[\w.]+", name) else None
            if column:
                sections[name] = size
                parts[LINKER][column] += size
        elif indentation == 8 and column and ":(" in name:
            file = name.split(":(")[0]
            part = LINKER if file == "<internal>" else part_of(file)
            parts[part][column] += size
            parts[LINKER][column] -= size
    return parts, sections


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        parts, _ = read_map(file.read())
    total = {column: sum(sizes[column] for sizes in parts.values()) for column in COLUMNS}
    if sys.argv[2:] == ["--json"]:
        print(json.dumps({"parts": parts, "total": total}))
        return
    row = "{:<14}" + "{:>10}" * 5
    print(row.format("bytes", *COLUMNS, "flash"))
    for name, sizes in [*parts.items(), ("total", total)]:
        print(row.format(name, *sizes.values(), sizes["text"] + sizes["rodata"] + sizes["data"]))


if __name__ == "__main__":
    main()
