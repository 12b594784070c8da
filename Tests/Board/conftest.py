"""Fixtures of the board tests. MLES_BOARD is the image under test, MLES_BOARD_SMALL the one with small record buffers,
MLES_BENCH the one of Bench/, MLES_SIM the program whose relay serves them."""

import os
import sys
from pathlib import Path
from typing import Callable, Iterator, Optional

import pytest

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "Peers"), str(HERE)]

from harness import fixtures  # noqa: E402
from harness.fixtures import Authorities, make_authorities, time_limit  # noqa: E402, F401
from harness.relay import Relay  # noqa: E402
from rig.machine import Machine  # noqa: E402
from rig.switch import HOST  # noqa: E402

IMAGE = Path(os.environ.get("MLES_BOARD", ""))
NAME = "relay.test"


def pytest_configure(config) -> None:
    fixtures.configure(config)
    if not IMAGE.is_file():
        pytest.exit(f"MLES_BOARD is {str(IMAGE)!r}, not an image; Tests/run sets it", returncode=3)


def pytest_collection_modifyitems(items) -> None:
    """Those that take longest begin, so that none of them is left at the end."""
    items.sort(key=lambda item: item.get_closest_marker("seconds_max") is None)


def pytest_terminal_summary(terminalreporter) -> None:
    """Figures that tests have found, for the log of the run."""
    for one in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in one.user_properties:
            if name == "figure" and one.when == "call":
                terminalreporter.write_line(f"info  {value}")


@pytest.fixture
def report(record_property) -> Callable[[str], None]:
    """Adds a line to the log of the run."""
    return lambda line: record_property("figure", line)


@pytest.fixture(scope="session")
def authorities(tmp_path_factory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("certificates"),
                            f"DNS:{NAME},DNS:localhost,IP:{HOST},IP:127.0.0.1")


@pytest.fixture
def start_relay(authorities, tmp_path) -> Iterator[Callable[..., Relay]]:
    """Starts relays that confirm a join within half a second instead of 24 s."""
    started = []

    def start(*options: str, key: Optional[str] = None, port: int = 0) -> Relay:
        started.append(Relay(tmp_path / "relay", "--ping-interval", "500ms", *options, key=key, port=port,
                             certificate=authorities.server, authority=authorities.trusted.certificate))
        return started[-1]

    yield start
    for one in started:
        one.__exit__()


@pytest.fixture
def relay(start_relay) -> Relay:
    return start_relay()


@pytest.fixture(scope="session")
def settings_for(authorities) -> Callable[..., dict]:
    """The configuration for the server on a port of this computer: name, trusted CA, names of channel and board.
    `changes` are made to it; None leaves a value out."""
    def settings(port: int, changes: Optional[dict] = None) -> dict:
        values = {"host": NAME, "port": port, "ca": authorities.trusted.certificate.read_bytes(), "channel": "example",
                  "uid": "board", "interval": 20, **(changes or {})}
        return {key: value for key, value in values.items() if value is not None}

    return settings


@pytest.fixture
def start_board(settings_for) -> Iterator[Callable[..., Machine]]:
    """Starts boards with such a configuration."""
    started = []

    def start(port: int, changes: Optional[dict] = None, **options) -> Machine:
        options.setdefault("addresses", {NAME: HOST})
        started.append(Machine(options.pop("image", IMAGE), settings_for(port, changes), **options))
        return started[-1]

    yield start
    for one in started:
        one.__exit__()
        # pytest shows it when the test has failed.
        print("console:", *one.out.lines[-80:], *one.err.lines, sep="\n")
