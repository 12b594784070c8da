"""The bytes of code in an ELF, by the module whose function it is. What was put into a function of another module counts
there.

usage: text_sizes.py NM ELF LIMIT MODULE...

Prints a line; the exit status is 1 when Swift's functions together are more than 2 % above LIMIT, in bytes.
"""

import re
import subprocess
import sys

SWIFT = "Swift"


def module_of(symbol: str, modules: "list[str]") -> str:
    """Mangled names carry a module's as its length and itself; the first is the function's own."""
    if not symbol.startswith(("$e", "$s")):
        return "shared tails" if symbol.startswith("OUTLINED_") else "C"
    places = {module: symbol.find(f"{len(module)}{module}") for module in modules}
    found = {module: place for module, place in places.items() if place >= 0}
    return min(found, key=found.get) if found else SWIFT


def main() -> int:
    tool, elf, limit, modules = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    sizes: "dict[str, int]" = {}
    lines = subprocess.run([tool, "--print-size", elf], capture_output=True, text=True, check=True).stdout
    for match in re.finditer(r"^[0-9a-f]+ ([0-9a-f]+) [tT] (.*)$", lines, re.M):
        module = module_of(match[2], modules)
        # The entry is Swift's, under a C name.
        if match[2] in ("main", "firmware_main"):
            module = SWIFT
        sizes[module] = sizes.get(module, 0) + int(match[1], 16)
    total = sum(size for module, size in sizes.items() if module != "C")
    parts = ", ".join(f"{module} {size}" for module, size in sorted(sizes.items(), key=lambda item: -item[1]))
    print(f"info  code: {total} bytes of Swift, limit {limit} + 2 %; {parts}")
    return int(total > limit * 1.02)


if __name__ == "__main__":
    sys.exit(main())
