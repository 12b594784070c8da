"""The load that one process has to carry: nothing lost, nothing twice, in a release build."""

import json

import pytest
from harness import program


def report(*arguments: str, timeout: int) -> dict:
    done = program.run(["run", "--report", "json", *arguments], timeout=timeout)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.seconds_max(200)
def test_a_thousand_readings_a_second_for_a_minute(tmp_path):
    figures = report("--state", str(tmp_path / "state"), "--interval", "1ms", "--seconds", "60", timeout=150)
    assert figures["published"] > 10_000  # a busy machine may miss some, which are never made
    assert figures["delivered"] == figures["published"]
    assert (figures["lost"], figures["duplicates"], figures["refused"], figures["reconnects"]) == (0, 0, 0, 0)


@pytest.mark.seconds_max(200)
def test_two_hundred_boards_in_one_process(tmp_path):
    figures = report(
        "--state", str(tmp_path / "state"), "--boards", "200", "--interval", "1s", "--seconds", "60", timeout=150)
    assert figures["published"] > 200 * 20
    assert figures["delivered"] == figures["published"]
    assert (figures["lost"], figures["duplicates"], figures["refused"], figures["reconnects"]) == (0, 0, 0, 0)
