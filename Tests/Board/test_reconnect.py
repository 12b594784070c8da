"""A thousand connections, each made and lost: memory is at the thousandth what it was at the tenth."""

import pytest
from harness.fixtures import VERSIONS
from harness.mles_server import server_context
from rig.closing_server import ClosingServer
from rig.leds import LEDS


# A resumed handshake of TLS 1.3 has fresh keys for ECDHE, whose numbers are of random lengths, and so is what the
# pool's blocks have left over: its peak moves by some bytes. One of TLS 1.2 has none, and is the same each time.
LEFT_OVER_BYTES_MAX = 256


@pytest.mark.seconds_max(300)
@pytest.mark.parametrize("version, count, slack", [("TLSv1.2", 1000, 0), ("TLSv1.3", 200, LEFT_OVER_BYTES_MAX)])
def test_reconnects_without_a_byte_of_growth(authorities, start_board, version, count, slack):
    """The board need not wait between two tries: a link that comes back ends the wait, so the cable is pulled for a
    moment each time."""
    with ClosingServer(server_context(authorities.server, VERSIONS[version])) as server:
        board = start_board(server.port, {"interval": 3_600_000})
        position = 0
        while server.joined < count:
            _, position = board.out.next("next try in", position)
            board.set_link(False)
            _, position = board.out.next(f"led: {LEDS['waiting for network']}", position)
            board.set_link(True)
        early, late = board.memory(10), board.memory(count)
        assert late.stack_peak == early.stack_peak
        assert late.tls_peak - early.tls_peak <= slack
        # All but the first; a handshake that was cut off takes its ticket with it.
        assert server.resumed >= count - 1 - server.failed
