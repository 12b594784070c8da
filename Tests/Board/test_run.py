"""Board/VirtRV32/run: the command for people who want to see the board run."""

import signal
import subprocess

import pytest
from conftest import IMAGE, PROJECT
from harness.program import MLES_SIM, Program

RUN = str(PROJECT / "Board/VirtRV32/run")


def start(*arguments, env=None):
    """In a session of its own: a terminal's Ctrl-C goes to all that run in it."""
    return Program([RUN, "--image", str(IMAGE.resolve()), *arguments], {"MLES_SIM": MLES_SIM, **(env or {})},
                   start_new_session=True)


def test_it_shows_the_console_and_what_arrives(tmp_path):
    with start("--interval", "100", "--limit", "3") as run:
        run.out.wait_for("finished: 3 published")
        run.out.wait_for(r'"uid":"virtrv32","boot":1,"seq":2,')
        run.interrupt()
        assert run.wait() in (0, 130)


def test_a_flash_file_keeps_the_boards_values(tmp_path):
    for boot in (1, 2):
        with start("--interval", "100", "--limit", "1", "--flash", str(tmp_path / "flash")) as run:
            run.out.wait_for(f"boot {boot}: a reading every 100 ms")
            run.out.wait_for("finished: 1 published")
            run.interrupt()
            run.wait()


def test_it_ends_what_it_started():
    with start("--interval", "100") as run:
        run.out.wait_for('"temperature"')
        group = run.process.pid
        run.process.send_signal(signal.SIGTERM)
        assert run.wait() in (0, 143)
    left = subprocess.run(["ps", "-o", "pid=,args=", "-s", str(group)], capture_output=True, text=True).stdout
    assert left == ""


def test_a_channels_key_is_in_nobodys_arguments_and_no_line(tmp_path):
    key = tmp_path / "key"
    key.touch(0o600)
    key.write_text("sekrit-of-this-test")
    with start("--interval", "100", "--limit", "1", "--key-file", str(key)) as run:
        run.out.wait_for("finished: 1 published")
        running = subprocess.run(["ps", "-o", "args=", "-s", str(run.process.pid)], capture_output=True, text=True).stdout
        run.interrupt()
        run.wait()
    assert "qemu" in running and "relay" in running and "tail" in running
    assert not [text for text in (running, *run.out.lines, *run.err.lines) if "sekrit" in text]


def test_bug_a_key_in_the_environment_was_the_relays_and_not_the_boards():
    with start("--interval", "100", "--limit", "1", env={"MLES_KEY": "sekrit-of-this-test"}) as run:
        run.out.wait_for("finished: 1 published")
        run.out.wait_for(r'"uid":"virtrv32","boot":1,"seq":0,')
        run.interrupt()
        run.wait()
    assert not [text for text in (*run.out.lines, *run.err.lines) if "sekrit" in text]


def test_a_key_that_others_can_get_at_is_refused(tmp_path):
    (tmp_path / "key").write_text("sekrit")
    (tmp_path / "key").chmod(0o644)
    with start("--key-file", str(tmp_path / "key")) as run:
        assert run.wait() == 2
        assert "other users can get at" in run.err.finish() and "sekrit" not in run.err.finish()


@pytest.mark.parametrize("arguments, text", [
    (["--nonsense", "1"], "--nonsense"), (["--server"], "--server"), (["--server", "relay.test"], "--ca"),
    (["--ca", "no-such-file"], "no-such-file")])
def test_bad_usage_is_told(arguments, text):
    with start(*arguments) as run:
        assert run.wait() == 2
        assert text in run.err.finish()


def test_help_lists_the_options():
    done = subprocess.run([RUN, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for option in ("--server", "--ca", "--key-file", "--interval", "--weather", "--sensor-fault", "--flash"):
        assert option in done.stdout
