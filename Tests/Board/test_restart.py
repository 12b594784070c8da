"""The server goes away and comes back: what was promised about readings, and TLS sessions that are resumed."""

import threading

import pytest
from conftest import NAME
from harness import PATIENCE
from harness.fixtures import VERSIONS
from harness.mles_server import MlesServer, server_context
from harness.readings import readings

COUNT = 100


def numbers(found):
    return [reading["seq"] for reading in found]


def until(member, found, condition):
    while not condition():
        found += readings([member.receive()])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_is_restarted_in_good_order_loses_nothing_and_resumes(authorities, start_board, version):
    """It reads what is under way to its end, as a server does that closes its channels, and keeps its tickets' keys."""
    context = server_context(authorities.server, VERSIONS[version])
    ending = threading.Event()

    def first(visit):
        visit.read_header()
        visit.confirm()
        visit.read(COUNT // 2)
        ending.set()
        visit.close()
        visit.read_until_closed()

    with MlesServer(context, first, close_timeout=PATIENCE) as server:
        board = start_board(server.port, {"limit": COUNT, "interval": 80})
        assert ending.wait(60)
        server.wait_for(lambda: server.visits[0].close_code is not None)
        board.out.wait_for(r"the server closed the connection.*; next try in \d+\.\d s, \d+ readings kept")
        before = server.visits[0]
    with MlesServer(context, port=server.port) as server:
        board.out.wait_for(f"joined channel example at {NAME}:{server.port} as board, TLS {version[4:]} \\(resumed\\)")
        board.out.wait_for(f"finished: {COUNT} published, .* 2 joins, 1 resumed, 1 lost, 0 dropped, 0 unconfirmed")
        after = server.visits[0]
        assert after.is_resumed and not before.is_resumed
        assert numbers(before.readings() + after.readings()) == list(range(COUNT))


def test_what_was_sent_before_the_join_was_confirmed_is_sent_again(authorities, start_board):
    """Nothing is lost; what came twice is what the README says can: readings of a join that nothing had confirmed."""
    def script(visit):
        visit.read_header()
        if visit.number == 1:
            visit.read(3)
            visit.drop()
        else:
            visit.confirm()
            visit.read_until_closed()

    with MlesServer(authorities.server, script) as server:
        board = start_board(server.port, {"limit": 10, "interval": 50})
        board.out.wait_for("finished: 10 published")
        first, second = (numbers(visit.readings()) for visit in server.visits)
    assert first == [0, 1, 2]
    assert second == list(range(10))


def test_the_relay_is_killed_and_started_again(start_relay, start_board):
    """Readings that were handed to TCP at that moment can be lost: the protocol has no acknowledgement. They are few,
    they are in one place, and nothing comes twice or out of order."""
    relay = start_relay()
    found = []
    with relay.member("bob") as bob:
        # Slower than the outbox can fill while the board waits for its next tries.
        board = start_board(relay.port, {"interval": 400})
        board.out.wait_for("joined channel")
        until(bob, found, lambda: len(found) >= 3)
        relay.process.kill()
        relay.wait()
    board.out.wait_for(r"; next try in \d+\.\d s, \d+ readings kept")
    again = start_relay(port=relay.port)
    with again.member("bob") as bob:
        end = len(found) + 4
        until(bob, found, lambda: len(found) >= end)
    seen = numbers(found)
    assert seen == sorted(set(seen))
    missing = set(range(seen[-1] + 1)) - set(seen)
    assert len(missing) <= 2 and missing == set(range(min(missing, default=0), max(missing, default=-1) + 1))
