"""What a person meets at the command line: help, bad usage, bad files, full disks, interrupts."""

import json
import os
import pty
import re
import socket
import stat
import subprocess

import pytest
from conftest import PROJECT
from harness import program
from harness.program import MLES_SIM
from harness.relay import authority_in

COMMANDS = ["run", "relay", "tail", "send", "probe", "simulate", "bench"]


def test_help_lists_every_command():
    done = program.run(["--help"])
    assert done.returncode == 0 and done.stderr == ""
    for command in COMMANDS:
        assert re.search(rf"^\s*{command}\b", done.stdout, re.MULTILINE), f"{command} is not in\n{done.stdout}"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_its_options(command):
    done = program.run([command, "--help"])
    assert done.returncode == 0 and done.stderr == ""
    assert f"mles-sim {command}" in done.stdout and "--help" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 120


BAD_USAGE = [
    [], ["no-such-command"], ["--no-such-option"], ["run", "--no-such-option"], ["run", "--boards"],
    ["run", "--boards", "0"], ["run", "--boards", "x"], ["run", "--interval", "-1"], ["run", "--interval", "soon"],
    ["run", "--server", "http://localhost"], ["run", "--server", "wss://"], ["run", "--server", "localhost"],
    ["run", "--server", "wss://localhost:99999"], ["run", "--report", "xml"], ["run", "--sensor", "wind"],
    ["run", "--uid", ""], ["run", "--channel", "käse"], ["run", "operand"], ["run", "--pin", "zz"],
    ["relay", "--port", "70000"], ["relay", "--history", "-1"], ["relay", "--ping-interval", "0"],
    ["relay", "--host", "not an address"], ["tail"], ["send"], ["probe"], ["probe", "ftp://localhost"],
    ["probe", "wss://a", "wss://b"], ["probe", "wss://a", "--connect", "nowhere"], ["bench", "--count"],
    ["relay", "--cert", "only-one.pem"], ["probe", "wss://localhost", "--key-pem", "only-one.pem"],
    ["relay", "--key", "sekrit"],
    ["tail", "--server", "wss://localhost/" + 128 * "a"], ["run", "--boards", "2", "--uid", 64 * "a"],
    ["tail", "--server", "wss://localhost", *(word for digit in "12345" for word in ("--pin", 64 * digit))],
]


@pytest.mark.parametrize("arguments", BAD_USAGE, ids=[" ".join(each)[:80] or "nothing" for each in BAD_USAGE])
def test_bad_usage_is_one_line_and_status_2(arguments):
    done = program.run(arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("mles-sim")
    assert done.stdout == ""


def fails(done, *words):
    """Status 1, and a last line on standard error with these words in it; what was done before may be told before."""
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("mles-sim")
    for word in words:
        assert re.search(word, last, re.IGNORECASE), f"no {word!r} in {last!r}"


def test_a_missing_ca_file_is_named():
    fails(program.run(["run", "--server", "wss://localhost:1", "--ca", "no/such/file.pem"]), r"no/such/file\.pem",
          "no such file|cannot")


def test_an_authority_that_is_no_certificate_is_named(tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("this is no certificate\n")
    fails(program.run(["tail", "--server", "wss://localhost:1", "--ca", str(file)]), r"ca\.pem", "certificate")


def test_a_missing_key_file_is_named():
    fails(program.run(["send", "--server", "wss://localhost:1", "--key-file", "no/such/key"]), "no/such/key")


def test_an_empty_key_file_is_named(tmp_path):
    (tmp_path / "key").touch(0o600)
    fails(program.run(["send", "--server", "wss://localhost:1", "--key-file", str(tmp_path / "key")]), "key", "got 0")


def test_a_port_in_use_is_said(relay, relay_state):
    fails(program.run(["relay", "--port", str(relay.port), "--state", str(relay_state)]), str(relay.port), "in use")


def test_a_relay_certificate_that_cannot_be_read_is_named(tmp_path):
    fails(program.run(["relay", "--port", "0", "--cert", str(tmp_path / "a.pem"), "--key-pem", str(tmp_path / "b.pem")]),
          r"[ab]\.pem")


def test_a_state_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "state").touch()
    fails(program.run(["relay", "--port", "0", "--state", str(tmp_path / "state")]), "state")


CSV_ERRORS = {
    "no-rows": ("temperature_c,relative_humidity_pct\n", ""),
    "not-a-number": ("temperature_c,relative_humidity_pct\n1,2\nwarm,40\n", ":3"),
    "too-few-fields": ("temperature_c,relative_humidity_pct\n1\n", ":2"),
    "out-of-range": ("temperature_c,relative_humidity_pct\n1,2\n1,2\n500,40\n", ":4"),
    "no-column": ("time,pressure\n1,2\n", ":1"),
    "empty": ("", ""),
}


@pytest.mark.parametrize("text, line", CSV_ERRORS.values(), ids=CSV_ERRORS.keys())
def test_a_malformed_csv_file_is_named_with_the_line(tmp_path, text, line):
    file = tmp_path / "weather.csv"
    file.write_text(text)
    fails(program.run(["run", "--state", str(tmp_path / "state"), "--sensor", f"csv:{file}", "--count", "1"]),
          r"weather\.csv" + line)


def test_a_missing_csv_file_is_named(tmp_path):
    fails(program.run(["run", "--state", str(tmp_path / "s"), "--sensor", "csv:no/such.csv", "--count", "1"]),
          r"no/such\.csv")


def test_the_host_sensor_works_or_says_what_else_to_use(relay_state):
    done = program.run(["run", "--state", str(relay_state), "--sensor", "host", "--count", "1", "--interval", "20ms"])
    if done.returncode != 0:
        fails(done, "sensor", "--sensor model")
    else:
        assert '"temperature"' in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_a_full_disk_is_an_error(arguments):
    with open("/dev/full", "wb") as full:
        done = program.run(arguments, stdout=full)
    fails(done, "output", "space")


def test_a_full_disk_ends_a_run(relay_state):
    with open("/dev/full", "wb") as full:
        done = program.run(["run", "--state", str(relay_state), "--interval", "20ms"], stdout=full)
    assert done.returncode == 1 and "space" in done.stderr


def test_a_reader_that_ends_ends_the_run(relay_state):
    with program.mles_sim("run", "--state", str(relay_state), "--interval", "20ms") as run:
        run.out.wait_for('"temperature"')
    read, write = os.pipe()
    done = subprocess.Popen([MLES_SIM, "run", "--state", str(relay_state), "--interval", "20ms"], stdout=write,
                            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=program.environment())
    os.close(write)
    os.read(read, 10)
    os.close(read)
    try:
        assert done.wait(20) in (0, 1, 141)
    finally:
        done.kill()
        done.communicate()


def test_bug_an_interrupt_did_not_end_a_trace(tmp_path):
    hours, trace = 50, tmp_path / "trace"
    os.mkfifo(trace)
    arguments = ["simulate", "--faults", "all", "--nodes", "20", "--hours", str(hours), "--trace", str(trace)]
    with program.Program([MLES_SIM, *arguments, "--report", "json"]) as traced:
        with open(trace, "rb") as lines:
            assert lines.readline()
            traced.interrupt()
            lines.read()
        assert traced.wait() == 0, traced.err.lines
    assert json.loads(traced.out.lines[-1])["node_hours"] < 20 * hours


def test_the_development_key_is_for_its_owner_only(relay, relay_state):
    keys = [path for path in relay_state.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert keys
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keys)


def test_the_relay_says_where_its_authority_is(start_relay, relay_state):
    relay = start_relay()
    path = str(authority_in(relay_state))
    relay.interrupt()
    assert relay.wait() in (0, 130)
    assert any(path in line for line in relay.out.lines + relay.err.lines), relay.out.lines + relay.err.lines


def test_nothing_but_results_is_written_to_standard_output(relay_state):
    done = program.run(["run", "--state", str(relay_state), "--count", "2", "--interval", "20ms", "--report", "json"])
    assert "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout + done.stderr
    json.loads(done.stdout.splitlines()[-1])


def test_progress_is_shown_on_a_terminal(relay_state):
    controller, terminal = pty.openpty()
    run = subprocess.Popen([MLES_SIM, "run", "--state", str(relay_state), "--count", "10", "--interval", "50ms"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal,
                           env=program.environment())
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(controller, 4096):
            shown += chunk
    except OSError:  # EIO: the program has ended
        pass
    finally:
        os.close(controller)
        assert run.wait(20) == 0
    assert b"\r" in shown


def test_a_second_instance_takes_the_same_state_folder(relay_state, start_relay):
    first, second = start_relay(), start_relay()
    assert first.port != second.port
    with second.raw() as client:
        assert client.status == 101


def test_the_relay_listens_on_loopback_unless_told_otherwise(relay):
    with open("/proc/net/tcp") as table:
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    addresses = [entry.split(":")[0] for entry in listening if int(entry.split(":")[1], 16) == relay.port]
    assert addresses == ["0100007F"]
    assert socket.inet_ntoa(bytes.fromhex(addresses[0])[::-1]) == "127.0.0.1"


@pytest.mark.seconds_max(900)
def test_the_newcomers_command_passes_options_on():
    done = subprocess.run([str(PROJECT / "Simulator" / "run"), "--help"], capture_output=True, text=True, timeout=900,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert "mles-sim run" in done.stdout
