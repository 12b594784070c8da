"""Checks of the emulated board's image as a file: no heap, the chip's instruction set, sizes. Prints one line a check; the
last line is `N passed, N failed`.

usage: image_check.py IMAGE... | --self-test
With --self-test each check is tried on a program that breaks it and on one that does not.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable, Dict, List

TOOLS = "riscv64-unknown-elf-"
# What a program has in it that can reach a heap, reference counting, or would be given one by the C library.
HEAP = re.compile(r"(posix_memalign|aligned_alloc|memalign|malloc|calloc|realloc|free|_?sbrk|_(malloc|free)_r|_Zn[wa].*|"
                  r"swift_(alloc|slowAlloc|dealloc|slowDealloc|retain|release|initStackObject|initStaticObject|"
                  r"setDeallocating|isUniquely|beginAccess|once|bridgeObject)\w*)")
# Mnemonics of the extensions that the ESP32-C3 lacks: A, then F and D.
FOREIGN = re.compile(r"(amo\w+\.[wd]|lr\.[wd]|sc\.[wd])[.\w]*|(c\.)?f(?!ence)[a-z0-9]+(\.[a-z]+)*")
# 190 KB.
FLASH_MAX = 194_560
# 100 KB less 16 KB for the stack; test_image.py adds what the stack really takes.
STATIC_MAX = 86_016


def tool(name: str, *arguments: str) -> str:
    done = subprocess.run([TOOLS + name, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout


def heap_symbols(image: Path) -> List[str]:
    names = [line.split()[-1] for line in tool("nm", str(image)).splitlines()]
    return [name for name in names if HEAP.fullmatch(name)] if names else ["no symbols at all"]


def foreign_instructions(image: Path) -> List[str]:
    code = re.findall(r"^\s*([0-9a-f]+):\t[0-9a-f ]+\t(\S+)", tool("objdump", "-d", str(image)), re.MULTILINE)
    found = [f"{address}: {mnemonic}" for address, mnemonic in code if FOREIGN.fullmatch(mnemonic)]
    return found if code else ["no instructions at all"]


def float_abi(image: Path) -> List[str]:
    flags = re.findall(r"^\s*Flags:\s+(.*)", tool("readelf", "-h", str(image)), re.MULTILINE)
    return [] if flags and "soft-float ABI" in flags[0] else flags or ["no flags"]


def sizes(image: Path) -> Dict[str, int]:
    rows = [line.split() for line in tool("objdump", "-h", "-w", str(image)).splitlines()]
    return {row[1]: int(row[2], 16) for row in rows if len(row) > 2 and row[0].isdigit()}


def too_large(image: Path) -> List[str]:
    found = sizes(image)
    flash = found.get(".text", 0) + found.get(".rodata", 0)
    static = sum(found.get(name, 0) for name in (".data", ".tdata", ".tbss", ".bss", ".noinit"))
    problems = [f"text + rodata: {flash} bytes, at most {FLASH_MAX}"] if flash > FLASH_MAX else []
    problems += [f"data + bss: {static} bytes, at most {STATIC_MAX}"] if static > STATIC_MAX else []
    return problems if flash else ["no code at all"]


CHECKS: Dict[str, Callable[[Path], List[str]]] = {
    "nothing of a heap or of reference counting": heap_symbols,
    "no instructions of A, F or D": foreign_instructions,
    "soft floating point": float_abi,
    "sizes within limits": too_large,
}

KEEPS = ".globl _start\n_start: fence\n mul a0, a0, a1\n ret\n"
BREAKS = {
    "nothing of a heap or of reference counting": ["\n.globl malloc\nmalloc: ret\n", "\nswift_retain: ret\n"],
    "no instructions of A, F or D": ["\n amoadd.w a0, a1, (a2)\n", "\n fadd.s fa0, fa1, fa2\n", "\n lr.w a0, (a1)\n",
                                     "\n flw fa0, 0(a0)\n"],
    "soft floating point": ["\n nop\n"],
    "sizes within limits": [f"\n.space {FLASH_MAX}\n", f"\n.bss\n.space {STATIC_MAX + 1}\n"],
}


def assemble(folder: Path, text: str, abi: str = "ilp32") -> Path:
    source, program = folder / "program.s", folder / "program.elf"
    source.write_text(text)
    tool("gcc", "-march=rv32imafdc", f"-mabi={abi}", "-nostdlib", str(source), "-o", str(program))
    return program


def self_test(folder: Path) -> Dict[str, List[str]]:
    results = {}
    for name, check in CHECKS.items():
        hard = name == "soft floating point"
        problems = [f"found: {one}" for one in check(assemble(folder, KEEPS))]
        for text in BREAKS[name]:
            if not check(assemble(folder, KEEPS + text, "ilp32d" if hard else "ilp32")):
                problems.append(f"not found: {text.strip()}")
        results[f"finds what breaks it: {name}"] = problems
    return results


def main() -> None:
    if not sys.argv[1:]:
        sys.exit(__doc__)
    if sys.argv[1:] == ["--self-test"]:
        with tempfile.TemporaryDirectory() as folder:
            results = self_test(Path(folder))
    else:
        results = {f"{Path(image).name}: {name}": check(Path(image))
                   for image in sys.argv[1:] for name, check in CHECKS.items()}
    for name, problems in results.items():
        print(f"{'FAIL' if problems else 'ok'} {name}", *(f"  {one}" for one in problems[:20]), sep="\n")
    failed = sum(map(bool, results.values()))
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
