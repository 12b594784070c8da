"""The program goes wrong: what the board says, that it starts again, and that the next boot's first reading tells why.

Faults are made from outside, with the debugger: there is nothing in the image for it.
"""

import re

import pytest
from conftest import IMAGE
from harness.mles_server import MlesServer
from rig.image import Image

HANG = b"\x01\xa0"  # c.j .
FAILED_CHECK = b"\x00\x00"  # c.unimp, what Swift's failed checks are made of
ANY_ADDRESS = r"0x[0-9a-f]{8}"


@pytest.fixture(scope="session")
def symbols():
    return Image(IMAGE).symbols


@pytest.fixture
def server(authorities):
    with MlesServer(authorities.server) as server:
        yield server


def check_restart(board, server, reason):
    """The next boot: said in the log, and in the first reading only."""
    board.out.wait_for(f"Mles firmware .* reset: {reason}$")
    server.wait_for(lambda: len(server.visits) >= 2 and len(server.visits[1].messages) >= 2)
    first, second = server.visits[1].readings()[:2]
    assert (first["boot"], first["seq"], first["reset"]) == (2, 0, reason)
    assert second["boot"] == 2 and "reset" not in second
    assert all("reset" not in reading for reading in server.visits[0].readings())


@pytest.fixture
def board(server, start_board):
    """A board that has joined and sends."""
    board = start_board(server.port, {"interval": 200})
    board.out.wait_for("joined channel")
    server.wait_for(lambda: server.visits[0].messages)
    return board


def test_a_jump_to_nowhere_is_a_trap_with_cause_and_address(board, server):
    with board.debugger() as debugger:
        debugger.write_register("pc", 0)
    line = board.out.wait_for(r"error trap: (.*)").group(1)
    assert line.startswith("instruction access fault, mcause=0x00000001 mtval=0x00000000 mepc=0x00000000")
    check_restart(board, server, "trap")


def test_a_failed_check_is_a_trap_with_its_address(board, server, symbols):
    place = symbols["board_link_state"]
    with board.debugger() as debugger:
        debugger.write_memory(place, FAILED_CHECK)
    line = board.out.wait_for(r"error trap: (.*)").group(1)
    assert line.startswith("illegal instruction (a failed check), mcause=0x00000002")
    assert f"mepc={place:#010x}" in line
    check_restart(board, server, "trap")


def test_a_stack_that_is_used_up_is_recognised(board, server, symbols):
    with board.debugger() as debugger:
        debugger.run_to(symbols["board_idle"])
        debugger.write_register("sp", symbols["__stack_bottom"])
    line = board.out.wait_for(r"error trap: (.*)").group(1)
    assert re.match(rf"stack overflow: store access fault, mcause=0x00000007 mtval={ANY_ADDRESS} mepc=", line)
    check_restart(board, server, "trap")


def test_flash_cannot_be_written(board, server, symbols):
    with board.debugger() as debugger:
        debugger.run_to(symbols["board_link_state"])
        debugger.write_register("a0", symbols["__flash_start"])
        debugger.write_register("a1", 0)
        debugger.write_register("a2", 16)
        debugger.write_register("pc", symbols["memset"])
    line = board.out.wait_for(r"error trap: (.*)").group(1)
    address = int(re.search("mtval=(0x[0-9a-f]{8})", line).group(1), 16)
    assert line.startswith("store access fault")
    assert symbols["__flash_start"] <= address < symbols["__flash_start"] + 16
    check_restart(board, server, "trap")


def test_ram_cannot_be_executed(board, server, symbols):
    with board.debugger() as debugger:
        debugger.write_register("pc", symbols["__stack_bottom"])
    board.out.wait_for(rf"error trap: instruction access fault, .*mepc={symbols['__stack_bottom']:#010x}")
    check_restart(board, server, "trap")


def test_memory_beyond_the_boards_cannot_be_read(board, server, symbols):
    with board.debugger() as debugger:
        debugger.run_to(symbols["board_link_state"])
        debugger.write_register("a0", symbols["__stack_bottom"])
        debugger.write_register("a1", symbols["__ram_end"])
        debugger.write_register("a2", 16)
        debugger.write_register("pc", symbols["memcpy"])
    board.out.wait_for(rf"error trap: load access fault, .*mtval={symbols['__ram_end'] >> 8:#x}[0-9a-f]{{2}}")
    check_restart(board, server, "trap")


def test_a_program_that_hangs_is_restarted_by_the_watchdog(server, start_board, symbols):
    # A slow processor: it executes 30 s sooner.
    board = start_board(server.port, {"interval": 1_000}, is_lapsed=True, instruction=6)
    board.out.wait_for("joined channel")
    server.wait_for(lambda: server.visits[0].messages)
    with board.debugger() as debugger:
        # A place where interrupts are taken, unlike the one where the board waits for them.
        debugger.run_to(symbols["board_link_state"])
        debugger.write_memory(symbols["board_link_state"], HANG)
    place = f"{symbols['board_link_state']:#010x}"
    line = board.out.wait_for(r"error watchdog: (.*)").group(1)
    assert line.startswith("no progress for 30 s") and f"mepc={place}" in line
    check_restart(board, server, "watchdog")


def test_a_board_that_traps_again_and_again_waits_longer_each_time(server, start_board, symbols):
    board = start_board(server.port, {"interval": 1_000})
    waits = []
    for count in range(1, 5):
        board.out.wait_for("Mles firmware", count=count)
        with board.debugger() as debugger:
            debugger.write_register("pc", 0)
        board.out.wait_for("error trap: ", count=count)
    for count in (1, 2, 3):
        waits.append(int(board.out.wait_for(r"in a row soon after the start: waiting (\d+) ms", count=count).group(1)))
    assert waits == [125, 250, 500]
