"""The largest certificates that the board has memory for: what Settings.authorityBytesMax and the pool's size promise."""

import pytest
from conftest import NAME
from harness.certificates import Authority, Certificate
from harness.fixtures import VERSIONS
from harness.mles_server import MlesServer

RSA = "rsa:4096"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Two trusted roots of RSA-4096, and a server's chain of RSA-4096 with two intermediate CAs."""
    folder = tmp_path_factory.mktemp("chains")
    roots = [Authority(folder / name, f"{name} with a name as long as they are in practice", key=RSA)
             for name in ("Root One", "Root Two")]
    first = Authority(folder / "first", "First Intermediate", parent=roots[0], key=RSA)
    second = Authority(folder / "second", "Second Intermediate", parent=first, key=RSA)
    leaf = second.issue("leaf", f"DNS:{NAME}", key=RSA)
    chain = folder / "chain.pem"
    chain.write_text(leaf.certificate.read_text() + second.chain)
    return b"".join(root.certificate.read_bytes() for root in roots), Certificate(chain, leaf.key)


@pytest.mark.parametrize("version", VERSIONS)
def test_two_roots_and_a_chain_of_three_with_rsa_4096(authority, start_board, version):
    roots, certificate = authority
    with MlesServer(certificate, version=VERSIONS[version]) as server:
        board = start_board(server.port, {"limit": 3, "ca": roots})
        board.out.wait_for("finished: 3 published")
        print(*board.out.lines, sep="\n")
