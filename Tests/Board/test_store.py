"""What the board keeps across starts: the number of the boot, also when the power goes at any moment."""

from conftest import IMAGE
from harness.mles_server import MlesServer
from rig.image import Image

# Instructions into the first write of a value after which the power goes. All of a write is about 3,000.
POWER_CUTS = [0, 50, 200, 400, 700, 1000, 1400, 1800, 2300, 2800]


def boot_number(board):
    return int(board.out.wait_for(r"boot (\d+): a reading every").group(1))


def test_each_start_has_a_number_of_its_own(authorities, start_board, tmp_path):
    with MlesServer(authorities.server) as server:
        for expected in (1, 2, 3):
            board = start_board(server.port, {"limit": 1}, store=tmp_path / "store")
            assert boot_number(board) == expected
            board.out.wait_for("finished: 1 published")
            board.kill()
        assert [visit.readings()[0]["boot"] for visit in server.visits] == [1, 2, 3]


def test_a_board_with_a_new_store_begins_at_one(start_board, tmp_path):
    assert boot_number(start_board(1, store=tmp_path / "one")) == 1
    assert boot_number(start_board(1, store=tmp_path / "two")) == 1


def test_a_power_cut_in_the_middle_of_a_write_repeats_no_number(start_board, tmp_path):
    """At whatever instruction: the next start has a new number, and no number is lost but the one that was cut off."""
    store, write = tmp_path / "store", Image(IMAGE).symbols["board_value_write"]
    board = start_board(1, store=store)
    last = boot_number(board)
    board.kill()
    for instructions in POWER_CUTS:
        board = start_board(1, store=store, is_stopped=True)
        with board.debugger() as debugger:
            debugger.run_to(write)
            debugger.step(instructions)
            board.kill()
        assert not [line for line in board.out.lines if "boot " in line]
        board = start_board(1, store=store)
        number = boot_number(board)
        board.kill()
        assert number in (last + 1, last + 2)
        last = number
