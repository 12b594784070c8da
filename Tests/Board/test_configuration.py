"""Values of the configuration that are missing or cannot be read: one line for each, red, another look after 10 s."""

import re

import pytest
from harness.mles_server import MlesServer
from rig.leds import LEDS
from rig.machine import CONFIGURATION, archive

WRONG = [
    ("host", None, "a DNS name or an IPv4 address, got nothing"),
    ("host", "https://relay.test", 'a DNS name or an IPv4 address, got "https://relay.test"'),
    ("host", "x" * 254, "a DNS name or an IPv4 address, got 254 bytes"),
    ("port", "0", '1 to 65535, got "0"'),
    ("port", "65536", '1 to 65535, got "65536"'),
    ("port", "https", '1 to 65535, got "https"'),
    ("path", "no-slash", 'a path that begins with /, at most 128 bytes, got "no-slash"'),
    ("path", "/a b", 'a path that begins with /, at most 128 bytes, got "/a b"'),
    ("ca", None, "certificates in PEM or one in DER, at most 8192 bytes, got nothing"),
    ("ca", b"no certificate", "certificates in PEM or one in DER, at most 8192 bytes, got 14 bytes"),
    ("channel", None, "1 to 64 ASCII characters, got nothing"),
    ("channel", "x" * 65, "1 to 64 ASCII characters, got 65 bytes"),
    ("uid", None, "1 to 64 ASCII characters, got nothing"),
    ("uid", b"\xc3\xa4", '1 to 64 ASCII characters, got "??"'),
    ("key", "x" * 257, "at most 256 bytes, got 257 bytes"),
    ("interval", "0", '1 to 4294967295 milliseconds, got "0"'),
    ("interval", "4294967296", '1 to 4294967295 milliseconds, got "4294967296"'),
    ("limit", "-1", '1 to 4294967295 readings, got "-1"'),
]


@pytest.mark.parametrize("key, value, expected", WRONG, ids=[f"{key}-{str(value)[:12]}" for key, value, _ in WRONG])
def test_a_value_that_cannot_be_used_is_named(start_board, key, value, expected):
    board = start_board(1, {key: value}, is_lapsed=True)
    text = f"error configuration: {key}: expected {expected}; trying again in 10 s"
    first = board.seconds(re.escape(text))
    board.out.wait_for(f"led: {LEDS['stopped']}")
    assert 9.5 < board.seconds(re.escape(text), count=2) - first < 11.5
    assert not [line for line in board.out.lines if "configuration: " in line and text not in line]


def test_every_wrong_value_is_named_in_the_same_look(start_board):
    board = start_board(0, {"host": None, "uid": None, "limit": "many"})
    for key in ("host", "port", "uid", "limit"):
        board.out.wait_for(f"configuration: {key}: ")


def test_nothing_configured_is_no_dead_board(start_board):
    """It waits for a configuration far longer than the watchdog would let a board hang."""
    nothing = dict.fromkeys(("host", "port", "ca", "channel", "uid", "interval"))
    board = start_board(1, nothing, is_lapsed=True)
    assert board.seconds("configuration: host", count=6) > 45
    assert not [line for line in board.out.lines if "watchdog" in line]


def test_a_value_that_comes_later_is_found_at_the_next_look(authorities, start_board, settings_for):
    with MlesServer(authorities.server) as server:
        board = start_board(server.port, {"uid": None}, is_lapsed=True)
        board.out.wait_for("configuration: uid: expected .*, got nothing; trying again in 10 s")
        with board.debugger() as debugger:
            debugger.write_memory(CONFIGURATION, archive(settings_for(server.port, {"limit": 1})))
        board.out.wait_for("finished: 1 published")
        assert server.visits[0].header["uid"] == "board"


def test_a_line_end_behind_a_value_is_no_part_of_it(authorities, start_board):
    with MlesServer(authorities.server) as server:
        board = start_board(server.port, {"uid": b"alice\n", "channel": b"garden\r\n", "limit": 1})
        board.out.wait_for("finished: 1 published")
        assert (server.visits[0].header["uid"], server.visits[0].header["channel"]) == ("alice", "garden")


def test_defaults_are_used_for_what_is_left_out(start_board):
    board = start_board(1, {"port": None, "path": None, "interval": None})
    board.out.wait_for(r"a reading every 10000 ms, for channel example as board, server relay\.test:443/$")
