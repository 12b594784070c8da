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


def until(member, found, condition, timeout=PATIENCE):
    while not condition():
        found += readings([member.receive(timeout)])


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
    with MlesServer(context, port=server.port, history=server.history) as server:
        board.out.wait_for(f"joined channel example at {NAME}:{server.port} as board, TLS {version[4:]} \\(resumed\\)")
        board.out.wait_for(f"finished: {COUNT} published, .* 2 joins, 1 resumed, 1 lost, 0 dropped, 0 unconfirmed")
        after = server.visits[0]
        assert after.is_resumed and not before.is_resumed
        assert numbers(before.readings() + after.readings()) == list(range(COUNT))


def test_only_what_the_server_has_not_got_is_sent_again(authorities, start_board):
    """The connection is cut under the readings; the server's first Ping, 24 s later, ends the replay of what arrived."""
    def script(visit):
        visit.read_header()
        visit.replay()
        if visit.number == 1:
            visit.read(3)
            return visit.drop()
        with visit.reading_aside():
            while not visit.wait(lambda: visit.messages or visit.close_code is not None, 1):
                visit.confirm()

    with MlesServer(authorities.server, script) as server:
        board = start_board(server.port, {"limit": 10, "interval": 50})
        board.out.wait_for("finished: 10 published, .* 0 dropped, 0 unconfirmed", 60)
        first, second = (numbers(visit.readings()) for visit in server.visits)
    assert first == [0, 1, 2]
    assert second == list(range(3, 10))


def test_the_relay_is_killed_and_started_again(start_relay, start_board):
    """Its history is gone, so that what may have arrived is sent again: a subscriber knows it by its number."""
    relay = start_relay()
    before, after = [], []
    with relay.member("bob") as bob:
        # Slower than the outbox can fill while the board waits for its next tries and the end of the replay.
        board = start_board(relay.port, {"interval": 2_000})
        board.out.wait_for("joined channel")
        until(bob, before, lambda: len(before) >= 3)
        relay.process.kill()
        relay.wait()
    board.out.wait_for(r"; next try in \d+\.\d s, \d+ readings kept")
    again = start_relay(port=relay.port)
    with again.member("bob") as bob:
        until(bob, after, lambda: numbers(after)[-1:] > [14], 45)
    assert numbers(before) == list(range(len(before)))
    assert numbers(after) == list(range(numbers(after)[-1] + 1)), "each once, from the first that may not have arrived"
