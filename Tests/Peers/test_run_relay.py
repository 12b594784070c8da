"""The main job: boards that publish to the relay, members that were not written here as subscribers."""

import json
import re

import pytest
from harness import program
from harness.members import is_header
from harness.protocol import authentication
from harness.readings import check_sequence, readings

REPORT = {"published", "delivered", "lost", "duplicates", "reconnects"}


def report(done_or_lines):
    lines = done_or_lines if isinstance(done_or_lines, list) else done_or_lines.stdout.splitlines()
    return json.loads(lines[-1])


@pytest.mark.parametrize("kind", ["member", "websocat"])
def test_readings_arrive_in_sequence_as_json(relay, kind):
    with getattr(relay, kind)("bob") as bob:
        with relay.client("run", "--count", "10", "--interval", "20ms", "--report", "json") as run:
            found = []
            seen = 0
            while len(found) < 10:
                seen += 1
                found = readings(bob.receive_all(seen)) if kind == "websocat" else found + readings([bob.receive()])
            assert run.wait() == 0, run.err.lines
            check_sequence(found, 10)
            summary = report(run.out.lines)
            assert REPORT <= set(summary)
            assert (summary["published"], summary["lost"], summary["duplicates"], summary["reconnects"]) == (10, 0, 0, 0)


def test_numbers_are_fixed_point_decimals(relay):
    with relay.member("bob") as bob:
        with relay.client("run", "--count", "1", "--interval", "20ms"):
            while is_header(message := bob.receive()) or '"channel"' in message:
                pass
    assert re.search(r'"temperature":-?\d+\.\d+[,}]', message) and re.search(r'"humidity":\d+\.\d+[,}]', message)


def test_several_boards_have_identities_of_their_own(relay):
    with relay.member("bob") as bob:
        with relay.client("run", "--boards", "5", "--count", "4", "--interval", "20ms", "--report", "json") as run:
            found = []
            while len(found) < 20:
                found += readings([bob.receive()])
            assert run.wait() == 0, run.err.lines
            assert report(run.out.lines)["published"] == 20
    uids = {reading["uid"] for reading in found}
    assert len(uids) == 5
    for uid in uids:
        check_sequence([reading for reading in found if reading["uid"] == uid], 4, uid)


def test_csv_readings_arrive_with_the_files_values(relay, tmp_path):
    file = tmp_path / "weather.csv"
    file.write_text("month,day,hour,temperature_c,relative_humidity_pct\n1,1,1,-12.5,40\n1,1,2,30.25,80\n")
    with relay.member("bob") as bob:
        with relay.client("run", "--sensor", f"csv:{file}", "--count", "2", "--interval", "20ms"):
            found = []
            while len(found) < 2:
                found += readings([bob.receive()])
    for reading, temperature, humidity in zip(found, (-12.5, 30.25), (40, 80)):
        assert abs(reading["temperature"] - temperature) <= 0.02
        assert abs(reading["humidity"] - humidity) <= 0.02


def test_numbers_of_standard_input_arrive(relay):
    with relay.member("bob") as bob, relay.client("run", "--sensor", "stdin", "--interval", "20ms") as run:
        for number in (1, -2.5, 20):
            run.write(f"{number}\n")
        run.close_input()
        found = []
        while len(found) < 3:
            found += readings([bob.receive()])
        assert [round(reading["temperature"], 1) for reading in found] == [1, -2.5, 20]
        assert run.wait() == 0, run.err.lines


def test_a_duplicate_identity_is_said_and_not_retried_in_a_storm(relay):
    with relay.member("board", auth=authentication("board", "example")), relay.client("run", "--interval", "50ms", "--seconds", "3") as run:
        run.err.wait_for("(?i)refused|duplicate|identity")
        run.wait()
        assert sum(bool(re.search("(?i)refused", line)) for line in run.err.lines) < 10


def test_without_a_server_it_starts_a_relay_and_prints_what_arrives(relay_state):
    arguments = ["run", "--state", str(relay_state), "--count", "5", "--interval", "20ms"]
    done = program.run(arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"temperature"') == 5
    assert re.search("5 published, 5 delivered, 0 lost, 0 duplicates", done.stdout.splitlines()[-1])


def test_the_report_is_one_line_and_has_the_counts(relay_state):
    done = program.run(["run", "--state", str(relay_state), "--count", "5", "--interval", "20ms", "--report", "json"])
    assert done.returncode == 0, done.stderr
    summary = report(done)
    assert REPORT | {"tls"} <= set(summary)
    assert (summary["published"], summary["delivered"], summary["lost"], summary["duplicates"]) == (5, 5, 0, 0)


def test_interrupted_it_ends_with_a_summary(relay_state):
    with program.mles_sim("run", "--state", str(relay_state), "--interval", "20ms") as run:
        run.out.wait_for('"temperature"')
        run.interrupt()
        assert run.wait() in (0, 130), run.err.lines
        match = re.match(r"(\d+) published, (\d+) delivered, 0 lost, 0 duplicates", run.out.lines[-1])
        assert match and match.group(1) == match.group(2) != "0"


def test_the_relays_end_mid_way_is_survived(start_relay, relay_state):
    relay = start_relay("--ping-interval", "1s")
    with relay.client("run", "--interval", "50ms", "--verbose") as run, relay.member("bob") as bob:
        while not readings([bob.receive()]):
            pass
        relay.interrupt()
        relay.wait()
        run.err.wait_for("(?i)next try")
        with program.mles_sim("relay", "--port", str(relay.port), "--ping-interval", "1s",
                              "--state", str(relay_state)) as second:
            second.out.wait_for("listening on")
            with relay.member("carol") as carol:
                found = []
                while len(found) < 5:
                    found += readings([carol.receive()])
            numbers = [reading["seq"] for reading in found]
            assert numbers == list(range(numbers[0], numbers[0] + 5))
            run.interrupt()
            assert run.wait() in (0, 1, 130)
