"""`mles-sim send` and `mles-sim tail` with members that were not written here."""

import array
import fcntl
import json
import os
import subprocess
import termios
import time

import pytest
from harness import PATIENCE, program
from harness.mles_server import MlesServer
from harness.program import MLES_SIM
from harness.protocol import authentication

LINES = ["first", "second ☃", "third"]


@pytest.mark.parametrize("kind", ["member", "websocat"])
def test_send_delivers_each_line_as_a_text_message_in_order(relay, kind):
    with getattr(relay, kind)("bob") as bob, relay.client("send", "--uid", "alice") as send:
        send.write("".join(line + "\n" for line in LINES))
        send.close_input()
        assert send.wait() == 0, send.err.lines
        received = []
        while len([message for message in received if not header(message)]) < 3:
            received = bob.receive_all(len(received) + 1) if kind == "websocat" else [*received, bob.receive()]
        assert [message for message in received if not header(message)] == LINES


def header(message):
    return isinstance(message, str) and '"channel"' in message


def test_send_takes_a_last_line_without_an_end_and_empty_lines(relay):
    with relay.member("bob") as bob:
        done = program.run(["send", "--server", relay.url, "--ca", relay.authority], input="one\n\nlast")
        assert done.returncode == 0, done.stderr
        found = []
        while len(found) < 3:
            message = bob.receive()
            found += [] if header(message) else [message]
        assert found == ["one", "", "last"]


def test_bug_lines_sent_on_a_connection_that_was_refused_were_lost(relay):
    """More than the outbox holds, while somebody else has the identity."""
    lines = [f"line {number} of many" for number in range(3000)]
    with relay.client("tail", "--uid", "bob", "--json") as bob, relay.client("tail", "--uid", "alice", "--verbose") as other:
        other.err.wait_for("joined")
        with relay.client("send", "--uid", "alice", "--verbose") as send:
            send.write("".join(line + "\n" for line in lines))
            send.close_input()
            send.err.wait_for("(?i)in use|already", count=2)
            other.interrupt()
            other.wait()
            assert send.wait() == 0, send.err.lines
            bob.out.wait_for(lines[-1])
        assert [json.loads(line)["text"] for line in bob.out.lines if "of many" in line] == lines


def test_send_with_no_input_ends_well(relay):
    done = program.run(["send", "--server", relay.url, "--ca", relay.authority], input="")
    assert done.returncode == 0, done.stderr


def test_send_with_no_input_needs_no_server():
    done = program.run(["send", "--server", "wss://127.0.0.1:1"], input="")
    assert done.returncode == 0, done.stderr


def test_bug_a_line_that_cannot_be_sent_took_those_before_it_along(relay):
    with relay.member("bob") as bob:
        done = program.run(["send", "--server", relay.url, "--ca", relay.authority], input=b"one\ntwo\n\xff\nfour\n")
        assert done.returncode == 1 and "line 3 of standard input is not UTF-8" in done.stderr
        found = []
        while len(found) < 2:
            found += [message for message in [bob.receive()] if not header(message)]
        assert found == ["one", "two"]


def test_an_interrupted_send_that_lost_nothing_says_so(relay):
    with relay.client("send", "--verbose") as send:
        send.err.wait_for("joined")
        send.interrupt()
        assert send.wait() == 1
        assert "interrupted before the end of standard input" in send.err.lines[-1]


@pytest.mark.parametrize("kind", ["member", "websocat"])
def test_tail_prints_text_and_binary_with_their_kinds(relay, kind):
    with relay.client("tail", "--uid", "bob") as tail, getattr(relay, kind)("alice") as alice:
        alice.send("a text ☃")
        alice.send(b"\x00\xff")
        assert "text" in tail.out.wait_for("a text ☃").string
        assert "binary" in tail.out.wait_for("00 ?ff").string


def test_tail_json_is_one_object_a_message(relay):
    with relay.client("tail", "--uid", "bob", "--json") as tail, relay.member("alice") as alice:
        alice.send('say "hi"')
        alice.send(b"\x00\xff")
        tail.out.wait_for("00ff")
        objects = [json.loads(line) for line in tail.out.lines]
        assert any(o["kind"] == "text" and o["text"] == 'say "hi"' for o in objects)
        assert any(o["kind"] == "binary" and o["hex"] == "00ff" for o in objects)


def test_tail_prints_the_history_and_ends_after_count_messages(relay):
    with relay.member("bob") as bob, relay.member("alice") as alice:
        for line in LINES:
            alice.send(line)
        while bob.receive() != LINES[-1]:
            pass
        done = program.run(["tail", "--server", relay.url, "--ca", relay.authority, "--count", "3"])
        assert done.returncode == 0, done.stderr
        at = [done.stdout.index(line) for line in LINES]
        assert at == sorted(at)


def test_tail_escapes_control_characters(relay):
    with relay.client("tail", "--uid", "bob") as tail, relay.member("alice") as alice:
        alice.send("before\x1b[2Jafter")
        assert "\x1b" not in tail.out.wait_for("before").string


def test_bug_tail_json_let_c1_control_characters_through(relay):
    with relay.client("tail", "--uid", "bob", "--json") as tail, relay.member("alice") as alice:
        alice.send("before\u009b2Jafter")
        line = tail.out.wait_for("before").string
        assert "\u009b" not in line and json.loads(line)["text"] == "before\u009b2Jafter"


def waiting_bytes(descriptor):
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


def test_bug_tail_waited_for_a_reader_that_had_stopped_once_a_message_and_for_ever_after_a_signal(relay, tmp_path):
    """It waits 10 s, whatever is still to be written, and a signal in the meantime changes nothing."""
    os.mkfifo(tmp_path / "out")
    reader = os.open(tmp_path / "out", os.O_RDWR)
    try:
        with open(tmp_path / "out", "wb") as out, relay.member("alice") as alice:
            arguments = [MLES_SIM, "tail", "--server", relay.url, "--ca", relay.authority, "--uid", "bob", "--verbose"]
            tail = subprocess.Popen(arguments, stdout=out, stderr=subprocess.PIPE, text=True)
            try:
                assert "join sent" in tail.stderr.readline()
                for number in range(200):
                    alice.send(f"{number:01000}")
                end = time.monotonic() + PATIENCE
                while waiting_bytes(reader) < 60_000:
                    assert time.monotonic() < end, "the pipe did not fill"
                    os.sched_yield()
                tail.terminate()
                assert tail.wait(25) == 1
                assert "nothing was read for 10 seconds" in tail.stderr.read()
            finally:
                tail.kill()
                tail.wait()
    finally:
        os.close(reader)


def test_tail_that_never_joined_says_what_it_waited_for(authorities):
    with MlesServer(authorities.server, is_silent=True) as server:
        done = program.run(["tail", "--server", server.url, "--ca", str(authorities.trusted.certificate), "--seconds", "5"])
    assert done.returncode == 1
    assert "never joined: the server did not answer the upgrade before the end" in done.stderr


def test_send_reaches_tail_with_a_key(start_relay, tmp_path):
    relay = start_relay("--ping-interval", "1s", key="sekrit")
    file = tmp_path / "key"
    file.write_text("sekrit\n")
    file.chmod(0o600)
    with relay.client("tail", "--uid", "bob", "--key-file", str(file)) as tail:
        done = program.run(["send", "--uid", "alice", "--server", relay.url, "--ca", relay.authority], input="hi\n",
                           env={"MLES_KEY": "sekrit"})
        assert done.returncode == 0, done.stderr
        tail.out.wait_for("hi")
        with relay.member("carol", auth=authentication("carol", "example", "sekrit")) as carol:
            while carol.receive() != "hi":
                pass


def test_send_with_a_wrong_key_fails_and_says_that_the_join_was_refused(start_relay):
    relay = start_relay("--ping-interval", "300ms", key="sekrit")
    with relay.client("send", env={"MLES_KEY": "wrong"}) as send:
        send.write("hi\n")
        send.close_input()
        send.err.wait_for("(?i)refused")
