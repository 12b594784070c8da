"""Reads the ESP32-C3 project's Kconfig as ESP-IDF would, and writes sdkconfig.h for each kind of board.

usage: configuration.py FOLDER: FOLDER/NAME/sdkconfig.h for each board; the last line is `N passed, N failed`.
"""

import os
import re
import sys
from pathlib import Path

import kconfiglib

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent.parent / "Board" / "ESP32C3"

# What the project's Kconfig and C name of ESP-IDF's own options.
ROOT = f"""
config ETH_USE_OPENETH
    bool
config MBEDTLS_CERTIFICATE_BUNDLE
    bool "ESP-IDF's"
config ESP_MAIN_TASK_STACK_SIZE
    int "ESP-IDF's"
    default 3584
config LOG_DEFAULT_LEVEL
    int
    default 3
source "{PROJECT}/main/Kconfig.projbuild"
"""

# Boards: files as in SDKCONFIG_DEFAULTS, and what somebody chose in menuconfig.
BOARDS = {
    "rust-1": (["sdkconfig.defaults"], {}),
    "rust-1-plain-led": (["sdkconfig.defaults"], {"MLES_LED_PLAIN": "y", "MLES_CA_STORED": "y"}),
    "devkit": (["sdkconfig.defaults"], {"MLES_BOARD_DEVKIT": "y", "MLES_CA_EMBEDDED": "y"}),
    "qemu": (["sdkconfig.defaults", "sdkconfig.qemu"], {}),
}

# What must come out.
EXPECTED = {
    "rust-1": {"MLES_SENSOR_SHTC3": "y", "MLES_I2C_SDA_GPIO": "10", "MLES_I2C_SCL_GPIO": "8", "MLES_LED_GPIO": "2",
               "MLES_NETWORK_WIFI": "y", "MLES_CA_BUNDLE": "y", "MLES_SENSOR_MODEL": "n", "ETH_USE_OPENETH": "n"},
    "rust-1-plain-led": {"MLES_LED_GPIO": "7", "MLES_LED_WS2812": "n", "MLES_CA_BUNDLE": "n"},
    "devkit": {"MLES_SENSOR_CHIP": "y", "MLES_SENSOR_SHTC3": "n", "MLES_LED_GPIO": "8", "MLES_CA_PATH": "ca.pem"},
    "qemu": {"MLES_NETWORK_OPENETH": "y", "ETH_USE_OPENETH": "y", "MLES_NETWORK_WIFI": "n", "MLES_LED_NONE": "y",
             "MLES_SENSOR_MODEL": "y", "MLES_SENSOR_SHTC3": "y"},
}

failures = 0
successes = 0


def check(text: str, problems: "list[str]") -> None:
    global failures, successes
    if problems:
        failures += 1
        print(f"FAIL {text}", *(f"  {problem}" for problem in problems), sep="\n")
    else:
        successes += 1
        print(f"ok {text}")


def load(folder: Path) -> kconfiglib.Kconfig:
    root = folder / "Kconfig"
    root.write_text(ROOT, encoding="utf-8")
    return kconfiglib.Kconfig(str(root), warn_to_stderr=False)


def own(name: str) -> bool:
    return name.startswith("MLES_")


def configure(folder: Path, name: str) -> None:
    files, choices = BOARDS[name]
    configuration = load(folder)
    for file in files:
        configuration.load_config(str(PROJECT / file), replace=False)
    for option, value in choices.items():
        configuration.syms[option].set_value(value)
    # Options of ESP-IDF's that ROOT leaves out are no fault.
    unknown = [line for line in configuration.warnings if "undefined symbol" not in line or "MLES_" in line]
    check(f"{name}: its files set only what there is", unknown)
    wrong = [f"{option} is {configuration.syms[option].str_value}, expected {value}"
             for option, value in EXPECTED[name].items() if configuration.syms[option].str_value != value]
    check(f"{name}: pins, sensor, LED and network are as they should be", wrong)
    (folder / name).mkdir(exist_ok=True)
    configuration.write_autoconf(str(folder / name / "sdkconfig.h"))


def check_use(configuration: kconfiglib.Kconfig) -> None:
    """Every option that the project's code names exists, and every option is named somewhere."""
    texts = [path.read_text(encoding="utf-8")
             for path in [*PROJECT.glob("main/*.[ch]"), PROJECT / "main/CMakeLists.txt", PROJECT / "CMakeLists.txt"]]
    there = {symbol.name for symbol in configuration.unique_defined_syms if own(symbol.name)}
    named = {option for text in texts for option in re.findall(r"CONFIG_(MLES_\w+)", text)}
    check("options that C and CMake name are in Kconfig", sorted(named - there))
    # One of a choice is used where the others are asked for.
    idle = [name for name in there - named
            if configuration.syms[name].choice is None]
    check("options in Kconfig are used", sorted(idle))


def number(text: str) -> int:
    return int(text.strip(), 0)


def check_partitions() -> None:
    rows = [[field.strip() for field in line.split(",")]
            for line in (PROJECT / "partitions.csv").read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]
    table = {row[0]: (row[1], number(row[3]), number(row[4])) for row in rows}
    problems = []
    end = 0x9000
    for name, (kind, offset, size) in sorted(table.items(), key=lambda item: item[1][1]):
        if offset < end:
            problems.append(f"{name} begins inside of what is before it")
        if kind == "app" and offset % 0x10000:
            problems.append(f"{name} is an image and does not begin at a multiple of 64 KB")
        end = offset + size
    if end > 4 << 20:
        problems.append(f"the table ends at {end:#x}, behind 4 MB")
    images = [size for kind, _, size in table.values() if kind == "app"]
    if len(images) != 2 or len(set(images)) != 1 or "otadata" not in table:
        problems.append("expected otadata and two images of one size")
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    if table.get("settings", (0, 0, 0))[1:] != (0x12000, 0x6000):
        problems.append("settings is not at 0x12000 with 0x6000 bytes, as the README has it")
    for command in ["values.csv values.bin 0x6000", "--partition-name settings --input values.bin",
                    f"bs=4096 seek={0x12000 // 4096} conv=notrunc"]:
        if command not in readme:
            problems.append(f"the README does not say: {command}")
    if table.get("nvs", (0, 0, 0))[1:] != (0x9000, 0x6000):
        problems.append("nvs is not where boards in the field have it, at 0x9000 with 0x6000 bytes")
    check("the partition table fits 4 MB and has room for OTA", problems)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    # IDF's prefix, which is Kconfig's default as well.
    os.environ["CONFIG_"] = "CONFIG_"
    configuration = load(folder)
    check("Kconfig.projbuild is read without a warning", configuration.warnings)
    check_use(configuration)
    for name in BOARDS:
        configure(folder, name)
    check_partitions()
    print(f"{successes} passed, {failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
