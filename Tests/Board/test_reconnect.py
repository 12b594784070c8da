"""A thousand connections, each made and lost: memory is at the thousandth what it was at the tenth."""

import pytest
from harness.fixtures import VERSIONS
from harness.mles_server import server_context
from rig.closing_server import ClosingServer


@pytest.mark.seconds_max(170)
@pytest.mark.parametrize("version, count", [("TLSv1.2", 1000), ("TLSv1.3", 100)])
def test_reconnects_without_a_byte_of_growth(authorities, start_board, version, count):
    with ClosingServer(server_context(authorities.server, VERSIONS[version])) as server:
        board = start_board(server.port, {"interval": 600_000}, is_lapsed=True)
        board.skip_waits(f"join {count}$", 160)
        assert board.memory(count) == board.memory(10)
        assert server.resumed >= count - 1
