"""Fixtures of the peer tests. MLES_SIM is the program under test, MLES_MBEDTLS the mbedTLS series it is linked with."""

import os
import sys
from pathlib import Path
from typing import Callable, Iterator, List, Optional

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import fixtures, program  # noqa: E402
from harness.fixtures import VERSIONS, authorities, self_signed, time_limit  # noqa: E402, F401
from harness.relay import Relay  # noqa: E402
from harness.watched import Watched  # noqa: E402

PROJECT = Path(__file__).resolve().parent.parent.parent
MBEDTLS = os.environ.get("MLES_MBEDTLS", "2.28")
HAS_TLS13 = MBEDTLS != "2.28"
# What the program under test speaks.
TLS_VERSIONS = ["TLSv1.2"] + (["TLSv1.3"] if HAS_TLS13 else [])


def pytest_configure(config) -> None:
    fixtures.configure(config)


@pytest.fixture
def trust(authorities) -> List[str]:
    """The options that make a client trust the servers of `authorities`."""
    return ["--ca", str(authorities.trusted.certificate)]


@pytest.fixture
def node(trust, tmp_path) -> Callable[..., program.Program]:
    """Starts a node (`run`) for a server. It says what happens, and is killed at the end of its `with` block."""
    def start(server, *options):
        return program.mles_sim("run", "--server", server.url, *trust, "--interval", "100ms", "--verbose", "--state",
                                str(tmp_path / "state"), *options)
    return start


@pytest.fixture(scope="session")
def relay_state(tmp_path_factory) -> Path:
    """One state folder for all relays: the development certificate is made once."""
    return tmp_path_factory.mktemp("relay") / "state"


@pytest.fixture
def start_relay(relay_state) -> Iterator[Callable[..., Relay]]:
    started = []

    def start(*options: str, key: Optional[str] = None) -> Relay:
        started.append(Relay(relay_state, *options, key=key))
        return started[-1]

    yield start
    for one in started:
        one.__exit__()


@pytest.fixture
def relay(start_relay) -> Relay:
    """A relay whose pings come every second instead of every 24 s, so that joins are confirmed soon; four of them, 4 s, are
    its 96 s."""
    return start_relay("--ping-interval", "1s")


@pytest.fixture(scope="session")
def watched(relay_state) -> Iterator[Watched]:
    """One relay for all hostile clients of a process, with two members that notice what should not happen."""
    # No history, so that a message is seen once; pings so far apart that nothing ends by their time, nor do the two members,
    # who do not answer them.
    with Relay(relay_state, "--verbose", "--history", "0", "--ping-interval", "1h") as relay:
        yield Watched(relay)
