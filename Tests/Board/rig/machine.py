"""The emulated board: a QEMU that runs the image, with its configuration, its network and its stored values."""

import ctypes
import io
import os
import shutil
import signal
import tarfile
import tempfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Union

from harness import PATIENCE
from harness.program import Program, Stopwatch

from .debugger import Debugger
from .leds import LEDS
from .monitor import Monitor
from .switch import Switch

Setting = Union[str, bytes, int]
# From linux/prctl.h.
PR_SET_PDEATHSIG = 1
# Where the image looks for its configuration (Board/VirtRV32/Drivers/configuration.h).
CONFIGURATION = 0x80800000
STORE_BYTES = 32 << 20
# Time-lapse: how far virtual time may jump in one step while the board waits, in microseconds. One step takes QEMU
# about 20 microseconds: `NORMAL` is some tens of times faster than real time, `FAST` some hundreds.
NORMAL, FAST = 1_000, 20_000


class Memory(NamedTuple):
    """In bytes."""
    stack_peak: int
    # What TLS uses now, and the most it ever did.
    tls_used: int
    tls_peak: int


class Machine(Program):
    """A board that runs from the `with` block's start to its end; `out` is its console.

    `settings` are the configuration, key by key. With `is_stopped` the board waits for its debugger before the first
    instruction. With `is_lapsed`, waiting costs (nearly) no time: the board's clock counts instructions, each 2 to the
    power of `instruction` nanoseconds, and jumps in steps when there is nothing to do.
    """

    def __init__(self, image: Path, settings: Dict[str, Setting], *, store: Optional[Path] = None,
                 start: Optional[str] = None, addresses: Optional[Dict[str, str]] = None, is_lapsed: bool = False,
                 has_link: bool = True, has_dhcp: bool = True, has_name_server: bool = True, is_stopped: bool = False,
                 instruction: int = 4) -> None:
        # Not pytest's own folder: the path of a socket has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="board-"))
        self.switch = Switch(self.folder, addresses or {})
        self.switch.has_dhcp, self.switch.has_name_server = has_dhcp, has_name_server
        self._is_lapsed = is_lapsed
        arguments = [*_machine(image), *self.switch.arguments("net"), *self._configuration(settings),
                     *_store(store or self.folder / "store"), *_time(start, is_lapsed, instruction),
                     "-qmp", f"unix:{self.folder}/qmp",
                     "-gdb", f"unix:{self.folder}/gdb,server=on,wait=off", "-S"]
        self._monitor = Monitor(self.folder / "qmp")
        super().__init__(arguments, preexec_fn=_end_with_parent)
        try:
            self.switch.connect(PATIENCE)
            self._monitor.connect(PATIENCE)
            if not has_link:
                self.set_link(False)
            if not is_stopped:
                self._monitor.command("cont")
        except (OSError, AssertionError) as error:
            self.__exit__()
            raise AssertionError(f"the board did not start: {error}; QEMU says {self.err.lines}")

    def __exit__(self, *_) -> None:
        super().__exit__()
        self.switch.close()
        self._monitor.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def set_link(self, is_up: bool) -> None:
        """Plugs the network cable in or out."""
        self._monitor.command("set_link", name="net", up=is_up)

    def set_lapse(self, microseconds: int) -> None:
        """Changes the step of a time-lapse."""
        assert self._is_lapsed
        self._monitor.command("qom-set", path="/objects/lapse", property="interval", value=microseconds)

    def skip_waits(self, pattern: str, timeout: float = PATIENCE) -> None:
        """Lets each wait for a next try pass in a moment, until the board writes a line like this."""
        watch, position = Stopwatch(), 0
        while True:
            match, position = self.out.next(f"({pattern})|(next try in)|led: {LEDS['connecting']}", position,
                                            max(0, timeout - watch.seconds()))
            if match.group(1):
                return self.set_lapse(NORMAL)
            self.set_lapse(FAST if match.group(2) else NORMAL)

    def memory(self, join: int) -> Memory:
        """What the board says after this join."""
        line = self.out.wait_for(rf"memory: stack peak (\d+) of \d+, TLS (\d+) now, (\d+) peak of .*, join {join}$")
        return Memory(*(int(number) for number in line.groups()))

    def physical_memory(self, start: int, byte_count: int) -> bytes:
        """What is in the memory of the board, which goes on running."""
        path = self.folder / "memory"
        self._monitor.command("pmemsave", val=start, size=byte_count, filename=str(path))
        return path.read_bytes()

    def debugger(self) -> Debugger:
        return Debugger(self.folder / "gdb", PATIENCE)

    def seconds(self, pattern: str, count: int = 1) -> float:
        """When the board wrote the `count`-th line like this, by its own clock."""
        line = self.out.wait_for(rf"^\[ *(\d+\.\d+)\] .*(?:{pattern})", count=count)
        return float(line.group(1))

    def kill(self) -> None:
        """A power cut."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def _configuration(self, settings: Dict[str, Setting]) -> List[str]:
        path = self.folder / "configuration.tar"
        path.write_bytes(archive(settings))
        return ["-device", f"loader,file={path},addr={CONFIGURATION:#x},force-raw=on"]


def _end_with_parent() -> None:
    """Makes Linux kill this process when the one that started it is gone, however that ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def archive(settings: Dict[str, Setting]) -> bytes:
    """The configuration as the board takes it: a tar archive with one file for each value."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key, value in settings.items():
            content = value if isinstance(value, bytes) else str(value).encode()
            entry = tarfile.TarInfo(key)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _machine(image: Path) -> List[str]:
    return ["qemu-system-riscv32", "-machine", "virt", "-cpu", "rv32,a=off,f=off,d=off,v=off,h=off,s=off,mmu=off",
            "-bios", str(image), "-display", "none", "-serial", "stdio", "-monitor", "none",
            "-global", "virtio-mmio.force-legacy=false", "-netdev", "user,id=net,ipv6=off",
            "-device", "virtio-net-device,netdev=net", "-object", "rng-builtin,id=random",
            "-device", "virtio-rng-device,rng=random"]


def _store(path: Path) -> List[str]:
    """The memory for stored values, which stays when the machine ends."""
    if not path.exists():
        path.touch()
        os.truncate(path, STORE_BYTES)
    return ["-drive", f"if=pflash,unit=1,format=raw,file={path}"]


def _time(start: Optional[str], is_lapsed: bool, instruction: int) -> List[str]:
    arguments = ["-rtc", f"base={start or 'utc'},clock={'vm' if is_lapsed else 'host'}"]
    if is_lapsed:
        # Without `sleep` the clock jumps to the next timer when the processor has nothing to do. That of the filter,
        # which filters nothing, keeps the jumps short enough for peers that live in real time.
        arguments += ["-icount", f"shift={instruction},sleep=off", "-netdev", "hubport,id=lapse-port,hubid=1",
                      "-object", f"filter-buffer,id=lapse,netdev=lapse-port,queue=rx,interval={NORMAL}"]
    return arguments
