"""Each reading once: what a node sends again after a connection has died, and what it does not."""

import json
import re

import pytest
from harness import program
from harness.mles_server import MlesServer
from harness.program import Stopwatch
from harness.protocol import authentication
from harness.readings import readings

# A Ping sooner after the upgrade than this is not taken for the server's own, which comes at 24 s.
FIRST_PING_MIN = 20
# The server's first Ping, and what a busy machine adds.
REPLAY_PATIENCE = 45


@pytest.fixture
def board(trust, tmp_path):
    """Starts a board whose interval the test chooses."""
    def start(server, interval):
        return program.mles_sim("run", "--server", server.url, *trust, "--interval", interval, "--verbose", "--state",
                                str(tmp_path / "state"))
    return start


def sequences(messages):
    return [reading["seq"] for reading in readings(messages)]


class Dying:
    """A server that drops its first connection after some messages; on the second it replays `stored` of these."""

    def __init__(self, read, stored, is_confirmed=True):
        self._read, self._stored, self._is_confirmed = read, stored, is_confirmed
        self.seconds_to_first = None

    def __call__(self, visit):
        visit.read_header()
        if visit.number == 1:
            if self._is_confirmed:
                visit.confirm()
            visit.read(self._read)
            self.messages = list(visit.messages)
            self.header = visit.header_text
            return visit.drop()
        clock = Stopwatch()
        for message in [self.header] + self.messages[:self._stored]:
            visit.connection.send(message)
        with visit.reading_aside():
            if self._stored < self._read:
                is_early = visit.wait(lambda: visit.messages, FIRST_PING_MIN + 2)
                assert not is_early, f"sent before the replay was over: {visit.messages}"
                visit.confirm()
            visit.wait_for(1)
            self.seconds_to_first = clock.seconds()


@pytest.mark.seconds_max(120)
@pytest.mark.parametrize("is_confirmed", [True, False], ids=["joined", "unconfirmed"])
@pytest.mark.parametrize("stored", [0, 1, 4])
def test_only_what_the_replay_does_not_hold_is_sent_again_before_anything_newer(authorities, board, stored, is_confirmed):
    script = Dying(5, stored, is_confirmed)
    with MlesServer(authorities.server, script) as server, board(server, "3s"):
        server.wait_for(lambda: len(server.visits) == 2 and len(server.visits[1].messages) >= 6 - stored, 90)
        server.check()
        first = sequences(server.visits[0].messages)
        again = sequences(server.visits[1].messages)
    assert again == list(range(first[stored], first[stored] + len(again)))


def test_when_the_replay_holds_everything_new_readings_follow_at_once(authorities, board):
    script = Dying(5, 5)
    with MlesServer(authorities.server, script) as server, board(server, "500ms"):
        server.wait_for(lambda: len(server.visits) == 2 and len(server.visits[1].messages) >= 3)
        server.check()
        again = sequences(server.visits[1].messages)
        first = sequences(server.visits[0].messages)
    assert script.seconds_to_first < FIRST_PING_MIN
    assert again == list(range(first[-1] + 1, first[-1] + 1 + len(again)))


def summary(run):
    return json.loads(run.out.lines[-1])


@pytest.mark.seconds_max(150)
def test_a_relay_that_is_killed_costs_no_reading_and_no_subscriber_sees_one_twice(start_relay, relay_state):
    relay = start_relay()
    with relay.client("tail") as tail, relay.client("run", "--interval", "2s", "--count", "8", "--report", "json") as run:
        tail.out.wait_for('"seq"', count=3)
        relay.process.kill()
        relay.wait()
        with program.mles_sim("relay", "--port", str(relay.port), "--state", str(relay_state)) as second:
            second.out.wait_for("listening on")
            assert run.wait(90) == 0, run.err.lines
            tail.out.wait_for('"seq"', count=8)
            tail.interrupt()
            tail.wait()
    numbers = [json.loads(line.split(" ", 2)[2])["seq"] for line in tail.out.lines if '"seq"' in line]
    assert numbers == list(range(numbers[0], numbers[0] + 8))
    assert (summary(run)["published"], summary(run)["lost"], summary(run)["unconfirmed"]) == (8, 0, 0)


def test_a_node_that_has_finished_knows_by_the_servers_end_that_all_was_read(relay):
    with relay.member("bob") as bob:
        with relay.client("run", "--interval", "100ms", "--count", "40", "--report", "json") as run:
            found = []
            while len(found) < 40:
                found += readings([bob.receive()])
            assert run.wait() == 0, run.err.lines
    # More than the outbox holds: the earlier ones are proven by the later.
    assert (summary(run)["delivered"], summary(run)["unconfirmed"], summary(run)["kept"]) == (40, 0, 0)


def test_tail_says_which_readings_of_a_board_are_missing_and_leaves_out_what_comes_twice(relay):
    def reading(number):
        return json.dumps({"uid": "shed", "boot": 3, "seq": number, "time": 1000 + number, "temperature": 1.5})

    with relay.client("tail") as tail, relay.member("shed") as shed:
        for number in (7, 8, 8, 12, 10, 8, 7, 13):
            shed.send(reading(number))
        tail.out.wait_for('"seq": 13')
        tail.err.wait_for("shed, boot 3: 9 to 11 are missing")
        tail.interrupt()
        tail.wait()
    assert re.findall(r'"seq": (\d+)', "\n".join(tail.out.lines)) == ["7", "8", "12", "10", "13"]
    assert len([line for line in tail.err.lines if "missing" in line]) == 1


def test_a_board_told_to_respell_joins_at_once_beside_its_ghost(relay):
    spelling = authentication("board", "example")
    with relay.member("board", auth=spelling), relay.member("bob") as bob:
        with relay.client("run", "--ghost", "respell", "--interval", "100ms", "--count", "3", "--verbose") as run:
            header = bob.receive()
            while json.loads(header).get("uid") != "board" or "seq" not in json.loads(header):
                header = bob.receive()
            assert run.wait() == 0, run.err.lines
    with relay.member("carol") as carol:
        spellings = {json.loads(message)["auth"] for message in carol.receive_all(5)
                     if '"auth"' in message and '"board"' in message}
    assert spelling in spellings and len(spellings) == 2
    assert {text.lower() for text in spellings} == {spelling}
