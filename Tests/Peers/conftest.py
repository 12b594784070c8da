"""Fixtures of the peer tests. MLES_SIM is the program under test, MLES_MBEDTLS the mbedTLS series it is linked with."""

import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Optional

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import certificates, members, program, wire  # noqa: E402
from harness.certificates import Authority, Certificate  # noqa: E402

PROJECT = Path(__file__).resolve().parent.parent.parent
MBEDTLS = os.environ.get("MLES_MBEDTLS", "2.28")
HAS_TLS13 = MBEDTLS != "2.28"
TEST_SECONDS_MAX = 90
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def pytest_configure(config) -> None:
    config.addinivalue_line("markers", "tls: depends on the TLS library; run with every mbedTLS")
    config.addinivalue_line("markers", "seconds_max(limit): may run longer than others")
    config.addinivalue_line("markers", "hostile: peers that misbehave by script")
    if not os.access(program.MLES_SIM, os.X_OK):
        pytest.exit(f"MLES_SIM is {program.MLES_SIM!r}, not a program; Tests/run sets it", returncode=3)


@pytest.fixture(autouse=True)
def time_limit(request) -> Iterator[None]:
    """No test runs longer than this, whatever hangs."""
    marker = request.node.get_closest_marker("seconds_max")
    limit = marker.args[0] if marker else TEST_SECONDS_MAX

    def stop(*_):
        raise TimeoutError(f"the test ran longer than {limit} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class Authorities(NamedTuple):
    """A certificate authority that the tests trust, with the usual server certificates, and one that they do not."""
    trusted: Authority
    other: Authority
    server: Certificate
    server_rsa: Certificate


@pytest.fixture(scope="session")
def authorities(tmp_path_factory) -> Authorities:
    folder = tmp_path_factory.mktemp("certificates")
    trusted = Authority(folder / "trusted", "Test Root")
    other = Authority(folder / "other", "Other Root")
    names = "DNS:localhost,IP:127.0.0.1"
    return Authorities(trusted, other, trusted.issue("server", names), trusted.issue("server-rsa", names, key="rsa"))


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory) -> Certificate:
    return certificates.self_signed(tmp_path_factory.mktemp("self-signed") / "own", "DNS:localhost,IP:127.0.0.1")


@pytest.fixture
def trust(authorities) -> List[str]:
    """The options that make a client trust the servers of `authorities`."""
    return ["--ca", str(authorities.trusted.certificate)]


@pytest.fixture
def node(trust, tmp_path):
    """Starts a node (`run`) for a server. It says what happens, and is ended by the end of its `with` block."""
    def start(server, *options):
        return program.mles_sim("run", "--server", server.url, *trust, "--interval", "100ms", "--verbose", "--state",
                                str(tmp_path / "state"), *options)
    return start


class Relay(program.Program):
    """A running `mles-sim relay`, with members and raw clients for it."""

    def __init__(self, state: Path, *options: str, key: Optional[str] = None) -> None:
        super().__init__([program.MLES_SIM, "relay", "--port", "0", "--state", str(state), *options],
                         env={"MLES_KEY": key} if key else None)
        try:
            match = self.out.wait_for(r"listening on wss://(?:127\.0\.0\.1|localhost):(\d+)")
        except AssertionError:
            self.__exit__()
            raise AssertionError(f"the relay did not start: {self.err.lines}")
        self.port = int(match.group(1))
        self.url = f"wss://localhost:{self.port}"
        self.authority = str(authority_in(state))

    def member(self, uid: str, **options) -> members.WebsocketsMember:
        return members.WebsocketsMember(self.url, self.authority, uid, **options)

    def websocat(self, uid: str, **options) -> members.Websocat:
        return members.Websocat(self.url, self.authority, uid, **options)

    def raw(self, **options) -> wire.RawClient:
        return wire.RawClient(self.port, self.authority, **options)

    def client(self, command: str, *options: str, **settings) -> program.Program:
        """`mles-sim tail`, `send` or `run` as a client of this relay."""
        return program.mles_sim(command, "--server", self.url, "--ca", self.authority, *options, **settings)


def authority_in(state: Path) -> Path:
    """The development authority's certificate: the one that has CA:TRUE."""
    for path in sorted(state.rglob("*")):
        if path.is_file() and b"BEGIN CERTIFICATE" in path.read_bytes():
            text = subprocess.run(["openssl", "x509", "-in", str(path), "-noout", "-ext", "basicConstraints"],
                                  capture_output=True, text=True).stdout
            if "CA:TRUE" in text:
                return path
    raise AssertionError(f"no certificate of an authority in {[str(path) for path in state.rglob('*')]}")


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
    """A relay whose pings come every second instead of every 24 s, so that joins are confirmed soon."""
    return start_relay("--ping-interval", "1s")


@pytest.fixture
def quick(start_relay):
    """A relay with a ping every 0.3 s; four of them, 1.2 s, are its 96 s."""
    return start_relay("--ping-interval", "300ms")
