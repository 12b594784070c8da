"""Other members' messages, silence, and broken ways while the board sends."""

import json

import pytest
from harness import PATIENCE
from harness.mles_server import MlesServer
from rig.leds import LEDS
from rig.machine import FAST, NORMAL

COUNT = 100


def numbers(visit):
    return [reading["seq"] for reading in visit.readings()]


def test_a_flood_of_messages_takes_nothing_away(authorities, start_board):
    """A flood on each of three connections: every reading arrives, every message is counted, the stack does not grow."""
    messages = [f"{index:06d}" + "x" * (index * 37 % 900) for index in range(3_000)]
    # As many readings as the outbox holds take longer than the board is away between two connections.
    count, interval = 90, 100

    def script(visit):
        visit.read_header()
        visit.replay()
        visit.confirm()
        with visit.reading_aside():
            for message in messages:
                visit.connection.send(message)
            if visit.number < 3:
                visit.wait_for(count // 3)
                visit.close()

    # Closing in good order means to wait for what the board has sent until it has read all that came before the Close.
    with MlesServer(authorities.server, script, close_timeout=PATIENCE) as server:
        board = start_board(server.port, {"limit": count, "interval": interval})
        summary = board.out.wait_for(rf"finished: {count} published, 0 refused, .* (\d+) received, "
                                     "3 joins, 2 resumed, 2 lost, 0 dropped, 0 unconfirmed", 60)
        server.check()
        first, second, third = (numbers(visit) for visit in server.visits)
        assert first + second + third == list(range(count))
        assert int(summary[1]) == 3 * len(messages) + len(first) + len(first + second), "flood and replays"
        assert board.memory(3).stack_peak == board.memory(1).stack_peak


def test_messages_larger_than_the_buffer_pass_by(authorities, start_board):
    def script(visit):
        header = visit.read_header()
        visit.connection.send(json.dumps({"uid": "bob", "channel": "example"}))
        visit.connection.send(bytes(100_000))
        visit.connection.send(json.dumps(header))
        visit.connection.send("x" * 1024)
        visit.connection.send("x" * 1025)
        visit.connection.send("☃" * 5000)
        visit.connection.send(["in ", "pieces ", "y" * 3000])
        visit.confirm()
        visit.read_until_closed()

    with MlesServer(authorities.server, script) as server:
        board = start_board(server.port, {"limit": COUNT})
        board.out.wait_for(rf"finished: {COUNT} published, 0 refused, .* 0 sensor errors, 7 received, 1 joins")
        assert numbers(server.visits[0]) == list(range(COUNT))


def test_a_peer_that_stops_reading_is_noticed_within_30_s(authorities, start_board):
    """Its window is shut; the server goes on speaking, so that nothing else can tell."""
    def script(visit):
        visit.read_header()
        visit.confirm()
        if visit.number > 1:
            return visit.read_until_closed()
        while True:
            visit.read(1)
            visit.connection.ping()

    with MlesServer(authorities.server, script) as server:
        board = start_board(server.port, {"interval": 1_000}, is_lapsed=True)
        board.out.wait_for("joined channel")
        server.wait_for(lambda: len(server.visits[0].messages) >= 3)
        board.switch.has_window = False
        board.set_lapse(FAST)
        shut = board.seconds("joined channel")
        end = board.seconds(r"the network took no bytes within 30 s; next try in \d+\.\d s, \d+ readings kept")
        board.set_lapse(NORMAL)
        assert 30 <= end - shut < 60
        board.out.wait_for(f"led: {LEDS['retrying']}")
        board.switch.has_window = True
        board.out.wait_for("joined channel", count=2)
        server.wait_for(lambda: len(server.visits[-1].messages) >= 3)
        after = numbers(server.visits[-1])
        assert after == list(range(after[0], after[0] + len(after)))
        assert after[0] > numbers(server.visits[0])[-1]


def test_readings_are_kept_while_the_link_is_down(authorities, start_board):
    with MlesServer(authorities.server) as server:
        board = start_board(server.port, {"interval": 400, "limit": 20})
        board.out.wait_for("joined channel")
        server.wait_for(lambda: len(server.visits[0].messages) >= 3)
        board.set_link(False)
        board.out.wait_for("no network link; going on as soon as there is one", count=2)
        board.out.wait_for(f"led: {LEDS['waiting for network']}", count=2)
        board.out.wait_for(r"server or network unreachable.*; next try in \d+\.\d s, \d+ readings kept")
        taken = len(server.visits[0].messages)
        with pytest.raises(AssertionError, match="not reached"):
            server.wait_for(lambda: len(server.visits) > 1 or len(server.visits[0].messages) > taken, timeout=2)
        board.set_link(True)
        board.out.wait_for("joined channel", count=2)
        board.out.wait_for("finished: 20 published, .* 0 dropped")
        assert numbers(server.visits[0]) + numbers(server.visits[1]) == list(range(20))


def test_a_way_that_is_silently_dead_is_noticed_within_60_s(authorities, start_board):
    """Nothing comes any more, though the link is up; the server's own ping comes every 24 s."""
    with MlesServer(authorities.server) as server:
        board = start_board(server.port, {"interval": 20_000}, is_lapsed=True)
        board.out.wait_for("joined channel")
        server.wait_for(lambda: len(server.visits[0].messages) >= 1)
        board.switch.is_cut = True
        board.set_lapse(FAST)
        end = board.seconds(r"(?:nothing came from the server, not even its ping, within 60 s|"
                            r"the network took no bytes within 30 s|did not answer|connection reset).*; next try in")
        board.set_lapse(NORMAL)
        assert end - board.seconds("joined channel") < 90
        board.switch.is_cut = False
        board.out.wait_for("joined channel", count=2)
