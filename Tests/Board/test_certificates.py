"""Servers that are not to be trusted: refused with the cause, nothing sent, and another try when there is hope."""

import re

import pytest
from conftest import NAME
from harness.fixtures import VERSIONS
from harness.mles_server import MlesServer
from rig.leds import LEDS

CAUSES = {
    "wrong-name": f'"elsewhere.example", not for "{NAME}"',
    "unknown-ca": "(?i)trusted CA.*Other Root",
    "expired": "(?i)expired.* 2024-02-01",
    "not-yet-valid": "(?i)not valid before 2048-01-01",
}


@pytest.fixture(scope="module")
def bad(authorities):
    names, issue = f"DNS:{NAME}", authorities.trusted.issue
    return {
        "wrong-name": issue("wrong-name", "DNS:elsewhere.example"),
        "unknown-ca": authorities.other.issue("unknown", names),
        "expired": issue("expired", names, start="20240101000000Z", end="20240201000000Z"),
        "not-yet-valid": issue("future", names, start="20480101000000Z", end="20490101000000Z"),
    }


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("version", VERSIONS)
def test_refused_with_the_cause_then_tried_again_and_trusted(authorities, bad, start_board, cause, version):
    with MlesServer(bad[cause], version=VERSIONS[version]) as server:
        board = start_board(server.port, {"limit": 1, "interval": 60_000}, is_lapsed=True)
        line = board.out.wait_for(r"error (.*); next try in 300\.0 s, \d readings kept")
        assert re.search(CAUSES[cause], line.group(1)), line.group(1)
        board.out.wait_for(f"led: {LEDS['stopped']}")
        assert server.requests == 0 and server.visits == []
    with MlesServer(authorities.server, version=VERSIONS[version], port=server.port) as server:
        board.skip_waits("finished: 1 published")
        assert [reading["seq"] for reading in server.visits[0].readings()] == [0]
