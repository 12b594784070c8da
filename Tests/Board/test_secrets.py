"""The channel's key is used once, when the board starts, and is then nowhere in its memory."""

import secrets

import pytest
from conftest import IMAGE
from harness.memory import pieces
from rig.image import Image
from rig.machine import CONFIGURATION

RAM, RAM_BYTES = 0x8040_0000, 400 * 1024
CONFIGURATION_BYTES = 16 * 1024


@pytest.fixture(scope="session")
def symbols():
    return Image(IMAGE).symbols


def left_of(key, board):
    """The parts of the key, 8 bytes long, that are somewhere in RAM."""
    ram = board.physical_memory(RAM, RAM_BYTES)
    return [piece for piece in pieces(key.encode()) if piece in ram]


@pytest.mark.parametrize("length", [24, 256], ids=["usual", "longest"])
def test_the_key_is_gone_as_soon_as_the_identity_is_made_of_it(start_board, symbols, length):
    key = secrets.token_urlsafe(length)[:length]
    board = start_board(1, {"key": key}, is_stopped=True)
    with board.debugger() as debugger:
        debugger.run_to(symbols["board_value_read"])
        while board.physical_memory(debugger.read_register("a0"), 4) != b"key\0":
            debugger.step(1)
            debugger.run_to(symbols["board_value_read"])
        debugger.run_to(debugger.read_register("ra"))
        assert left_of(key, board) == pieces(key.encode())
        # The first that is called of the board behind it.
        debugger.run_to(symbols["board_sensor_is_simulated"])
        assert left_of(key, board) == []


def test_a_key_that_was_refused_is_nowhere_in_ram_and_not_in_the_log(start_relay, start_board):
    key = secrets.token_urlsafe(24)
    board = start_board(start_relay(key="another").port, {"key": key, "uid": "board-of-this-test"})
    board.out.wait_for("join refused.*next try in ")
    # It stays where it was configured, which is flash on a real board: the search finds what is there.
    assert key.encode() in board.physical_memory(CONFIGURATION, CONFIGURATION_BYTES)
    assert b"board-of-this-test" in board.physical_memory(RAM, RAM_BYTES)
    assert left_of(key, board) == []
    assert key not in "\n".join(board.out.lines)
