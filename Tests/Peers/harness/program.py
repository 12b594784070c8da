"""Programs under test: started, read line by line, ended by their own process id."""

import os
import re
import signal
import subprocess
import threading
import time
from typing import List, Mapping, Optional, Pattern, Sequence, Tuple, Union

from . import PATIENCE

MLES_SIM = os.environ.get("MLES_SIM", "")


def environment(extra: Optional[Mapping[str, str]] = None) -> dict:
    """This process's environment without what would change a test's meaning."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLES_", "SSL_CERT"))}
    kept.update(extra or {})
    return kept


def run(arguments: Sequence[str], *, input: Union[str, bytes] = "", timeout: float = PATIENCE,
        env: Optional[Mapping[str, str]] = None, **options) -> "subprocess.CompletedProcess[str]":
    """Runs `mles-sim` with these arguments to its end."""
    if isinstance(input, str):
        input = input.encode()
    done = subprocess.run([MLES_SIM, *arguments], input=input, timeout=timeout, env=environment(env),
                          stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, **options)
    return subprocess.CompletedProcess(done.args, done.returncode, (done.stdout or b"").decode(errors="replace"),
                                       done.stderr.decode(errors="replace"))


class Output:
    """The lines of one stream, as they come."""

    def __init__(self, stream) -> None:
        self.lines: List[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, pattern: Union[str, Pattern], timeout: float = PATIENCE, count: int = 1) -> "re.Match[str]":
        """The match in the `count`-th line that has one; fails when the stream ends or time is up before it comes."""
        position = 0
        for _ in range(count):
            match, position = self.next(pattern, position, timeout)
        return match

    def next(self, pattern: Union[str, Pattern], position: int,
             timeout: float = PATIENCE) -> "Tuple[re.Match[str], int]":
        """The match in the first line with one from this position on, and the position behind that line."""
        match = None

        def is_found() -> bool:
            nonlocal match, position
            while not match and position < len(self.lines):
                match = re.search(pattern, self.lines[position])
                position += 1
            return match is not None

        with self._changed:
            self._changed.wait_for(lambda: is_found() or self._ended, timeout)
            assert match, f"no line (any more) like {pattern!r} in:\n" + "\n".join(self.lines[-200:])
            return match, position

    def finish(self) -> str:
        self._thread.join(PATIENCE)
        return "\n".join(self.lines)


class Program:
    """A running program. `out` and `err` are its streams; leaving the `with` block kills it if it still runs."""

    def __init__(self, arguments: Sequence[str], env: Optional[Mapping[str, str]] = None, **options) -> None:
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment(env), **options)
        self.out = Output(self.process.stdout)
        self.err = Output(self.process.stderr)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.close_input()
        self.out.finish()
        self.err.finish()

    def write(self, text: Union[str, bytes]) -> None:
        self.process.stdin.write(text.encode() if isinstance(text, str) else text)
        self.process.stdin.flush()

    def close_input(self) -> None:
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit status, after both streams have been read to their ends."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s\nout: {self.out.lines}\nerr: {self.err.lines}")
        self.out.finish()
        self.err.finish()
        return status


def mles_sim(*arguments: str, env: Optional[Mapping[str, str]] = None, **options) -> Program:
    return Program([MLES_SIM, *arguments], env, **options)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._start


def memory_mib(process: int) -> float:
    """What a running process has in memory now; raises ProcessLookupError when it has ended."""
    with open(f"/proc/{process}/status") as status:
        resident = re.search(r"VmRSS:\s+(\d+) kB", status.read())
    if resident is None:
        raise ProcessLookupError(f"{process} has ended")
    return int(resident.group(1)) / 1024
