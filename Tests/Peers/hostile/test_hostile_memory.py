"""The memory of nodes that meet hostile servers only, one connection after the other."""

import itertools

from harness.hostile import HostileServer, Peer
from harness.memory import GROWTH_MIB_MAX
from harness.program import memory_mib
from test_hostile_endings import STAGES
from test_hostile_frames import HELLO, REFUSED, upgrade_and_send

BOARDS = 100
SECONDS_MAX = 60

# Without wrong answers to the upgrade: behind one of those a node waits for five minutes.
SCRIPTS = [*[upgrade_and_send(HELLO + row.data) for row in REFUSED.values()], *[stage.go for stage in STAGES.values()]]


def test_memory_does_not_grow_with_hostile_servers(authorities, node):
    scripts = itertools.cycle(SCRIPTS)

    def script(peer: Peer) -> None:
        next(scripts)(peer)
        peer.finish()

    with HostileServer(script, authorities.server) as server, node(server, "--boards", str(BOARDS)) as run:
        # Each board has been refused, and has what it needs for ever; then each three times more.
        run.err.wait_for("next try in", SECONDS_MAX, count=BOARDS)
        before = memory_mib(run.process.pid)
        run.err.wait_for("next try in", SECONDS_MAX, count=4 * BOARDS)
        assert memory_mib(run.process.pid) - before < GROWTH_MIB_MAX
