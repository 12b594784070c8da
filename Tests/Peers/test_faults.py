"""Faults on purpose: `run --faults`, over TLS, with the relay and members that were not written here."""

import contextlib
import json
import re
import resource
import threading

import pytest
from harness import program
from harness.program import Stopwatch
from harness.readings import check_across_faults, check_sequence, readings
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.tls

# What a busy machine may add to a wait.
BUSY_SECONDS = 2


def report(run):
    return json.loads(run.out.lines[-1])


class Subscriber:
    """Collects readings in a thread of its own, until it is told to stop or the relay ends."""

    def __init__(self, relay) -> None:
        self.found = []
        self._member = relay.member("bob")
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Subscriber":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._member.__exit__()
        self._thread.join(program.PATIENCE)

    def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                message = self._member.receive(None)
                with self._changed:
                    self.found += readings([message])
                    self._changed.notify_all()

    def wait_for(self, number: int, timeout: float = program.PATIENCE) -> None:
        """Waits for the reading with this number, or a later one."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.found and self.found[-1]["seq"] >= number, timeout), self.found[-1:]


@pytest.mark.seconds_max(150)
def test_what_tcp_hides_costs_no_reading(start_relay):
    """Delay, loss and short outages: all arrives, once and in order."""
    relay = start_relay()
    with Subscriber(relay) as bob, relay.client(
            "run", "--faults", "latency=60±40ms loss=5% down=2s/5s", "--interval", "150ms", "--count", "60",
            "--report", "json", "--verbose") as run:
        assert run.wait(120) == 0, run.err.lines
        bob.wait_for(59)
    figures = report(run)
    check_sequence(bob.found, 60)
    assert (figures["published"], figures["lost"], figures["duplicates"]) == (60, 0, 0), run.err.lines
    assert figures["faults"]["losses"] > 0
    assert (figures["faults"]["resets"], figures["faults"]["cuts"]) == (0, 0)


def test_each_round_trip_of_a_join_takes_the_latency_twice(relay):
    watch = Stopwatch()
    with relay.client("run", "--faults", "latency=400ms", "--verbose") as run:
        run.err.wait_for("join sent")
        # TCP, TLS (1.3: one round trip, 1.2: two) and the upgrade.
        assert watch.seconds() >= 3 * 2 * 0.4
        joined = Stopwatch()
        run.err.wait_for("joined channel")
        assert joined.seconds() < program.PATIENCE
        run.interrupt()
        assert run.wait() == 0, run.err.lines


@pytest.mark.seconds_max(150)
def test_resets_are_seen_by_both_sides_and_survived(start_relay):
    relay = start_relay("--verbose")
    with Subscriber(relay) as bob, relay.client(
            # This seed resets after 6.8, 11.1 and 15.2 s, and then not before 107 s.
            "run", "--faults", "latency=20±20ms reset=1/10s", "--seed", "33716", "--interval", "2s", "--verbose",
            "--report", "json") as run:
        for count in range(1, 4):
            run.err.wait_for("board: fault: connection reset", 60, count=count)
            run.err.wait_for("warning: connection failed: connection reset; next try in", count=count)
            relay.err.wait_for(r"^mles-sim relay: \d+: connection failed: connection reset", count=count)
            run.err.wait_for("joined channel", count=count + 1)
        # With a reading in doubt, nothing is sent before the replay is known to be over.
        bob.wait_for(bob.found[-1]["seq"] + 2, 60)
        run.interrupt()
        run.wait()
    figures = report(run)
    assert (figures["faults"]["resets"], figures["faults"]["cuts"], figures["reconnects"]) == (3, 0, 3)
    check_across_faults(bob.found, figures)


@pytest.mark.seconds_max(200)
def test_a_cut_is_noticed_by_silence_and_its_ghost_outlived(start_relay):
    """The relay still holds the connection that has gone dead when the node comes back: it is the node's own ghost."""
    # The relay forgets a silent member after four of these, 80 s: later than the node, which gives up after 60 s.
    relay = start_relay("--ping-interval", "20s", "--verbose")
    watch = Stopwatch()
    with Subscriber(relay) as bob, relay.client(
            # This seed cuts after 5.5 s, and then not before 110 s.
            "run", "--faults", "latency=20±20ms cut=1/20s", "--seed", "1", "--interval", "1s", "--verbose",
            "--report", "json") as run:
        run.err.wait_for("joined channel")
        run.err.wait_for("fault: connection cut, nothing passes any more", 60)
        before = bob.found[-1]["seq"]
        run.err.wait_for("nothing came from the server, not even its ping, within 60 s", 80)
        # Only the relay's pings could have come since it joined, none of them in this time. The clock was started before:
        # when the line about the join is read, the node's own has run for some milliseconds.
        assert watch.seconds() >= 60
        # Nobody has told the relay.
        assert not any(re.search(r"2: (connection|closed|nothing heard|ended)", line) for line in relay.err.lines)
        run.err.wait_for("join refused at once: this uid is on the channel already")
        relay.err.wait_for("^mles-sim relay: 2: nothing heard", 60)
        assert watch.seconds() >= 80, "the relay let go of it too soon"
        ghost = Stopwatch()
        relay.err.wait_for("board in example joined", 60, count=2)
        assert ghost.seconds() < 5 + BUSY_SECONDS
        run.err.wait_for("joined channel", 60, count=2)
        bob.wait_for(before + 60)
        run.interrupt()
        run.wait()
    figures = report(run)
    assert (figures["faults"]["cuts"], figures["faults"]["resets"]) == (1, 0)
    assert figures["reconnects"] == 1
    check_across_faults(bob.found, figures)


@pytest.mark.seconds_max(200)
def test_what_the_outbox_had_no_room_for_is_counted_and_told_by_the_subscriber(tmp_path):
    """Cut off for 60 s, and then for what is left of its ghost's 96 s, at a reading every 500 ms."""
    # This seed cuts after 5.5 s, and then not before 110 s, when the node is back.
    with program.mles_sim("run", "--state", str(tmp_path / "state"), "--faults", "latency=20±20ms cut=1/20s", "--seed", "1",
                          "--interval", "500ms", "--report", "json") as run:
        first, last = map(int, run.err.wait_for(r"board, boot 1: (\d+) to (\d+) are missing", 180).groups())
        run.interrupt()
        run.wait()
    figures = report(run)
    assert last - first + 1 == figures["lost"] <= figures["dropped"] + figures["unconfirmed"]
    assert figures["lost"] > 60


def test_many_boards_share_the_faults_of_one_run(tmp_path):
    done = program.run(["run", "--state", str(tmp_path), "--boards", "20", "--interval", "200ms", "--seconds", "10",
                        "--faults", "latency=40±40ms loss=2% reset=1/10s cut=1/min"], timeout=60)
    # Whether readings were lost is said by the status, as without faults.
    assert done.returncode in (0, 1), done.stderr
    summary = re.search(r"faults: (\d+) resets, (\d+) cuts, (\d+) losses", done.stdout.splitlines()[-1])
    resets, _, losses = map(int, summary.groups())
    # 20 boards, 10 s, one reset in 10 s each: fewer than 5 of 20 are one in 60,000 seeds, and this is one seed.
    assert resets >= 5 and losses > 0


def test_waiting_for_delayed_bytes_takes_no_time_of_the_processor(tmp_path):
    def processor_seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = processor_seconds()
    done = program.run(["run", "--state", str(tmp_path), "--interval", "200ms", "--seconds", "10", "--faults",
                        "latency=200±100ms loss=10% cut=1/5s"], timeout=60)
    assert done.returncode in (0, 1), done.stderr
    assert re.search("faults: 0 resets, 1 cuts", done.stdout.splitlines()[-1]), done.stdout.splitlines()[-1]
    # A loop that turns while it waits takes all of these 10 s.
    assert processor_seconds() - before < 3


def test_a_run_without_faults_says_nothing_of_them(relay):
    with relay.client("run", "--count", "1", "--interval", "20ms") as run:
        assert run.wait() == 0, run.err.lines
        assert "faults" not in run.out.lines[-1]


@pytest.mark.parametrize("faults, words", [
    ("lag=1s", "--faults: expected latency, loss, reset, cut or down, got 'lag'"),
    ("cut=1/fortnight", "--faults: cut: expected a time from 100ms to 24h, such as 500ms, 2s or 1m, got 'fortnight'"),
])
def test_a_list_that_makes_no_sense_is_refused(faults, words):
    done = program.run(["run", "--faults", faults])
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"mles-sim run: {words}\n")
