"""What the board keeps across starts: the number of the boot, also when the power goes at any moment."""

import random

from conftest import IMAGE
from harness.mles_server import MlesServer
from rig.image import Image

POWER_CUTS = 24


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
