"""Instructions on the chip's instruction set, counted by QEMU: what the protocol's steps cost, and a TLS handshake."""

import os
import re
from pathlib import Path

import memory_table
import pytest
from conftest import HERE, IMAGE
from harness.fixtures import VERSIONS
from harness.mles_server import server_context
from rig.closing_server import ClosingServer
from rig.image import Image
from rig.machine import NORMAL, Machine

BENCH = Path(os.environ.get("MLES_BENCH", ""))
GROWTH_MAX = 1.05
HANDSHAKE_MAX = 100_000_000


def committed():
    """What instructions.txt says: a number and a step on each line."""
    lines = (HERE / "instructions.txt").read_text().splitlines()
    return {step: int(count) for count, step in (line.split(maxsplit=1) for line in lines if not line.startswith("#"))}


def test_each_step_takes_no_more_instructions_than_is_committed(report):
    with Machine(BENCH, {}, is_lapsed=True, instruction=0) as board:
        board.out.wait_for("bench: done")
        rows = [re.search(r"bench: (.*): (\d+) instructions$", line) for line in board.out.lines]
    found = {row.group(1): int(row.group(2)) for row in rows if row}
    for step in committed():
        report(f"{step}: {found.get(step)} instructions")
    assert set(found) == set(committed()) | {"nothing", "done"}
    too_many = {step: (found[step], limit) for step, limit in committed().items() if found[step] > limit * GROWTH_MAX}
    assert not too_many, f"found and committed: {too_many}"


def test_the_readme_shows_the_thresholds():
    rows = [f"| {step} | {count} |" for step, count in committed().items()]
    shown = memory_table.README.read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row not in shown] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key_kind", ["ecdsa", "rsa"])
def test_a_handshake_takes_at_most_a_hundred_million(authorities, start_board, report, version, key_kind):
    """All of its steps, without what is between them: waiting for the network. Then the same, resumed."""
    symbols = Image(IMAGE).symbols
    step, done = symbols["ctls_session_handshake"], symbols["ctls_session_information"]
    certificate = authorities.server_rsa if key_kind == "rsa" else authorities.server
    with ClosingServer(server_context(certificate, VERSIONS[version])) as server:
        board = start_board(server.port, {"interval": 3_600_000}, is_lapsed=True, instruction=0, is_stopped=True)
        counts = []
        with board.debugger() as debugger:
            for _ in ("full", "resumed"):
                debugger.run_to(symbols["ctls_session_create_client"])
                # QEMU's count goes on to the clock's next step when the debugger stops the board: steps of 1 us are a
                # thousand instructions.
                board.set_lapse(1)
                counts.append(0)
                while debugger.run_to(step, done) == step:
                    start = debugger.instructions()
                    debugger.run_to(debugger.read_register("ra"))
                    counts[-1] += debugger.instructions() - start
                debugger.run_to(symbols["board_tcp_close"])
                board.set_lapse(NORMAL)
    full, resumed = counts
    report(f"handshake, {version}, {key_kind}: {full / 1e6:.1f} million instructions, resumed {resumed / 1e6:.1f}")
    assert full <= HANDSHAKE_MAX
    assert resumed < 0.6 * full
