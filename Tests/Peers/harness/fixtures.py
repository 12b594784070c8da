"""Fixtures that the folders of pytest tests share; a conftest.py imports the ones it wants."""

import os
import signal
import ssl
from typing import Iterator, NamedTuple

import pytest

from . import certificates, program
from .certificates import Authority, Certificate

TEST_SECONDS_MAX = 90
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def configure(config) -> None:
    """What every folder's `pytest_configure` does."""
    config.addinivalue_line("markers", "tls: depends on the TLS library; run with every mbedTLS")
    config.addinivalue_line("markers", "seconds_max(limit): may run longer than others")
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


def make_authorities(folder, names: str) -> Authorities:
    trusted = Authority(folder / "trusted", "Test Root")
    other = Authority(folder / "other", "Other Root")
    return Authorities(trusted, other, trusted.issue("server", names), trusted.issue("server-rsa", names, key="rsa"))


@pytest.fixture(scope="session")
def authorities(tmp_path_factory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("certificates"), "DNS:localhost,IP:127.0.0.1")


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory) -> Certificate:
    return certificates.self_signed(tmp_path_factory.mktemp("self-signed") / "own", "DNS:localhost,IP:127.0.0.1")
