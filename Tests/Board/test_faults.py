"""What can be missing around a board. Each is one line with the cause and what comes next, a colour of the lamp and a
wait with a limit; and the board goes on as soon as the cause is gone."""

import re
import socket

import pytest
from conftest import NAME
from harness.mles_server import MlesServer
from rig.leds import LEDS
from rig.switch import HOST

NEW_YEAR_2026 = 1767225600000
NEXT_TRY = r"; next try in \d+\.\d s, \d+ readings kept$"


@pytest.fixture
def server(authorities):
    with MlesServer(authorities.server) as server:
        yield server


def readings_after(board, server):
    """The numbers of the readings that came once the cause was gone."""
    board.out.wait_for("joined channel")
    board.out.wait_for(f"led: {LEDS['joined']}")
    server.wait_for(lambda: server.visits and server.visits[-1].messages)
    return [reading["seq"] for reading in server.visits[-1].readings()]


def lines(board, pattern):
    return [line for line in board.out.lines if re.search(pattern, line)]


def test_no_link(server, start_board):
    board = start_board(server.port, {"interval": 500}, has_link=False)
    board.out.wait_for("no network link; going on as soon as there is one")
    board.out.wait_for(f"led: {LEDS['waiting for network']}")
    assert not server.requests
    board.set_link(True)
    assert readings_after(board, server)[0] == 0
    assert len(lines(board, "no network link; going on as soon as there is one")) == 1


def test_no_dhcp_answer(server, start_board):
    board = start_board(server.port, {"interval": 500}, has_dhcp=False)
    board.out.wait_for("no address from DHCP; going on as soon as there is one")
    board.out.wait_for(f"led: {LEDS['waiting for network']}")
    # It goes on asking.
    board.switch.wait_for(lambda: board.switch.dhcp_requests >= 2)
    board.switch.has_dhcp = True
    assert readings_after(board, server)[0] == 0


def test_a_name_that_does_not_exist(server, start_board):
    board = start_board(server.port, {"interval": 500}, addresses={})
    board.out.wait_for("server name not found.*" + NEXT_TRY)
    board.out.wait_for(f"led: {LEDS['retrying']}")
    board.switch.addresses[NAME] = HOST
    assert readings_after(board, server)[0] == 0


def test_a_name_server_that_does_not_answer(server, start_board):
    board = start_board(server.port, {"interval": 5_000}, is_lapsed=True, has_name_server=False)
    end = board.seconds(f"(?:server name not found|was not resolved within 10 s).*{NEXT_TRY}")
    assert end - board.seconds("connecting to") < 11
    board.out.wait_for(f"led: {LEDS['retrying']}")
    board.switch.has_name_server = True
    assert readings_after(board, server)[0] == 0


def test_a_port_where_nothing_listens(authorities, start_board):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    board = start_board(port, {"interval": 500})
    board.out.wait_for("connection refused: nothing listens there" + NEXT_TRY)
    board.out.wait_for(f"led: {LEDS['retrying']}")
    with MlesServer(authorities.server, port=port) as server:
        assert readings_after(board, server)[0] == 0


def test_an_address_where_nobody_answers(server, start_board):
    board = start_board(server.port, {"interval": 5_000}, is_lapsed=True, addresses={NAME: "10.0.2.99"})
    end = board.seconds(f"(?:unreachable|did not answer|did not accept the connection within 10 s).*{NEXT_TRY}")
    assert end - board.seconds("connecting to") < 20
    board.switch.addresses[NAME] = HOST
    # Asked for again after a minute, although the answer was good for an hour.
    board.skip_waits("joined channel")


def test_a_server_that_accepts_and_says_nothing(start_board):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        board = start_board(listener.getsockname()[1], {"interval": 5_000}, is_lapsed=True)
        end = board.seconds("the TLS handshake did not finish within 15 s" + NEXT_TRY)
        assert 15 <= end - board.seconds("connecting to") < 25
        board.out.wait_for(f"led: {LEDS['retrying']}")


def test_a_server_that_does_not_answer_the_upgrade(authorities, start_board):
    with MlesServer(authorities.server, is_silent=True) as server:
        board = start_board(server.port, {"interval": 5_000}, is_lapsed=True)
        board.out.wait_for("did not answer the upgrade within 10 s" + NEXT_TRY)


def test_a_server_that_does_not_speak_tls(start_board):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        board = start_board(listener.getsockname()[1])
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            board.out.wait_for(r"(warn|error) .*; next try in \d+\.\d s")


def test_no_time_yet(server, start_board):
    """The clock of a board that was never told the time stands before 2026; no certificate is judged by it."""
    board = start_board(server.port, {"interval": 500}, start="2025-12-31T23:59:57")
    board.out.wait_for("the time is not known, certificates cannot be checked; going on as soon as it is")
    board.out.wait_for(f"led: {LEDS['waiting for network']}")
    assert not lines(board, "connecting to")
    assert readings_after(board, server)[0] == 0
    # Readings from before have no time, rather than a wrong one.
    server.wait_for(lambda: server.visits[0].readings()[-1]["time"])
    assert server.visits[0].readings()[0]["time"] is None
    assert server.visits[0].readings()[-1]["time"] > NEW_YEAR_2026


@pytest.mark.parametrize("fault, cause", [("absent:3", "acknowledge|answer"), ("crc:3", "(?i)crc|checksum")])
def test_a_sensor_that_fails_and_recovers(server, start_board, fault, cause):
    board = start_board(server.port, {"interval": 100, "sensor-fault": fault, "limit": 3})
    line = board.out.wait_for("sensor: (.*); trying again at the next reading")
    assert re.search(cause, line.group(1)), line.group(1)
    board.out.wait_for("finished: 3 published")
    assert len(lines(board, "sensor: ")) == 1


def test_a_sensor_that_stays_away(server, start_board):
    board = start_board(server.port, {"interval": 100, "sensor-fault": "absent:1000000"})
    board.out.wait_for("sensor: .*; trying again at the next reading")
    board.out.wait_for("joined channel")
    board.out.wait_for(f"led: {LEDS['sensor fault']}")
    assert server.visits[0].messages == []
