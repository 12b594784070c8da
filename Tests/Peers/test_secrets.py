"""Keys are in no output, no file but their own, no argument, no environment, and not in memory once they were used."""

import os
import secrets
import ssl
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from harness import PATIENCE, memory, program
from harness.hostile import HostileServer, server_context
from harness.memory import pieces
from harness.relay import Relay, authority_in

KEY = f"sekrit-{secrets.token_urlsafe(36)}"
UNREACHABLE = ["--server", "wss://127.0.0.1:1"]
# A relay whose first ping confirms a join soon.
SOON = ("--ping-interval", "300ms")


def is_in(text: str) -> bool:
    return any(piece.decode() in text for piece in pieces(KEY.encode()))


def files_below(folder: Path) -> "list[Path]":
    return [path for path in folder.rglob("*") if path.is_file()]


def check_silent(*outputs: str, folder: Path) -> None:
    """The key is in none of these texts, and in no file below the folder."""
    assert not [text for text in outputs if is_in(text)]
    assert not [path for path in files_below(folder) if is_in(path.read_text(errors="replace"))]


def check_outside(process: int) -> None:
    """What the system tells of a running process has no key in it; `environ` had it when the process was started."""
    for name in ("cmdline", "environ"):
        text = Path(f"/proc/{process}/{name}").read_text(errors="replace")
        # A process that has hardly begun has neither.
        assert text and not is_in(text), name


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "channel.key"
    path.touch(0o600)
    path.write_text(KEY + "\n")
    return path


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


# MARK: Output, files, arguments

CLIENTS = {"tail": [], "send": [], "run": ["--interval", "50ms"]}


@pytest.mark.parametrize("source", ["variable", "file"])
@pytest.mark.parametrize("command", CLIENTS)
def test_a_client_keeps_the_key_to_itself(start_relay, state, key_file, command, source):
    relay = start_relay(*SOON, "--verbose", key=KEY)
    options = ["--verbose", *CLIENTS[command], *(["--state", str(state)] if command == "run" else [])]
    options += ["--key-file", str(key_file)] if source == "file" else []
    with relay.client(command, *options, env={"MLES_KEY": KEY} if source == "variable" else None) as client:
        client.err.wait_for("joined")
        check_outside(client.process.pid)
        check_outside(relay.process.pid)
        client.close_input()
        if command != "send":
            client.interrupt()
        client.wait()
        relay.interrupt()
        relay.wait()
        check_silent(*client.out.lines, *client.err.lines, *relay.out.lines, *relay.err.lines, folder=state)


def test_a_run_with_a_relay_of_its_own_keeps_the_key_to_itself(state):
    with program.mles_sim("run", "--verbose", "--interval", "50ms", "--state", str(state), env={"MLES_KEY": KEY}) as run:
        run.out.wait_for('"seq":3')
        check_outside(run.process.pid)
        run.interrupt()
        assert run.wait() == 0
        check_silent(*run.out.lines, *run.err.lines, folder=state)


@pytest.mark.parametrize("command", ["probe", "simulate"])
def test_what_has_no_use_for_the_key_forgets_it(command):
    silent = HostileServer(lambda peer: None)
    with silent, program.mles_sim(command, *([silent.url] if command == "probe" else ["--forever", "--hours", "1"]),
                                  env={"MLES_KEY": KEY}) as one:
        environ = Path(f"/proc/{one.process.pid}/environ")
        # Its name stays, behind which zeros are. Before the program begins there is nothing, then the key.
        watch = program.Stopwatch()
        while "MLES_KEY=\0" not in environ.read_text(errors="replace"):
            assert watch.seconds() < PATIENCE
        assert not is_in(environ.read_text(errors="replace"))
        one.interrupt()
        one.wait()


def test_a_key_that_is_refused_is_not_told(start_relay, state):
    relay = start_relay(*SOON, "--verbose", key="another")
    for command in CLIENTS:
        options = ["--verbose", *CLIENTS[command], *(["--state", str(state)] if command == "run" else [])]
        with relay.client(command, *options, env={"MLES_KEY": KEY}) as client:
            if command == "send":
                client.write("hi\n")
            client.err.wait_for("(?i)refused")
            client.close_input()
            client.interrupt()
            client.wait()
            check_silent(*client.out.lines, *client.err.lines, folder=state)
    relay.interrupt()
    relay.wait()
    check_silent(*relay.out.lines, *relay.err.lines, folder=state)


FAILURES = {
    "unknown-option": (["tail", *UNREACHABLE, "--no-such-option"], "unknown option"),
    "key-as-value-of-an-unknown-option": (["tail", *UNREACHABLE, f"--key={KEY}"], "unknown option"),
    "no-server": (["send", *UNREACHABLE], "refused"),
    "no-authority": (["send", *UNREACHABLE, "--ca", "no/such.pem"], "no/such.pem"),
    "state-is-no-folder": (["relay", "--state", "/dev/null"], "/dev/null"),
    "other-key-file": (["send", *UNREACHABLE, "--key-file", "no/such.key"], "no/such.key"),
}


@pytest.mark.parametrize("arguments, words", FAILURES.values(), ids=FAILURES.keys())
def test_a_command_that_fails_does_not_tell_the_key(tmp_path, arguments, words):
    with program.mles_sim(*arguments, env={"MLES_KEY": KEY}) as failing:
        failing.err.wait_for(words)
        failing.interrupt()
        assert failing.wait() != 0
        check_silent(*failing.out.lines, *failing.err.lines, folder=tmp_path)


@pytest.mark.parametrize("arguments", [["send", *UNREACHABLE], ["relay"], ["run"]], ids=lambda a: a[0])
def test_a_key_that_is_too_long_is_told_by_its_length(tmp_path, arguments):
    long = KEY * 30
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_text(long)
    for extra, env in ([], {"MLES_KEY": long}), (["--key-file", str(tmp_path / "key")], {}):
        done = program.run([*arguments, *extra], env=env)
        assert done.returncode == 1 and "expected at most 1024 bytes" in done.stderr
        assert not is_in(done.stdout + done.stderr)


def test_a_file_that_holds_no_key_is_not_shown(tmp_path, authorities):
    """Neither what should have been a private key."""
    bad = tmp_path / "bad.pem"
    bad.touch(0o600)
    bad.write_text(f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n")
    certificate = str(authorities.server.certificate)
    for arguments in (["relay", "--cert", certificate, "--key-pem", str(bad)],
                      ["relay", "--cert", str(bad), "--key-pem", str(bad)],
                      ["probe", "wss://127.0.0.1:1", "--cert", certificate, "--key-pem", str(bad)],
                      ["tail", *UNREACHABLE, "--ca", str(bad)]):
        done = program.run(arguments)
        assert done.returncode == 1 and str(bad) in done.stderr
        assert not is_in(done.stdout + done.stderr)


# MARK: Files

@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_get_at_is_refused(key_file, mode):
    key_file.chmod(mode)
    for arguments in ["relay"], ["run"], ["send", *UNREACHABLE], ["tail", *UNREACHABLE]:
        done = program.run([*arguments, "--key-file", str(key_file)])
        assert done.returncode == 1
        assert f"--key-file '{key_file}': other users can get at it (mode {mode:o}); expected mode 600" in done.stderr
        assert len(done.stderr.splitlines()) == 1 and not is_in(done.stderr)


def test_a_private_key_that_others_can_get_at_is_refused(tmp_path, authorities):
    copy = tmp_path / "server.key"
    copy.write_bytes(authorities.server.key.read_bytes())
    copy.chmod(0o644)
    for arguments in ["relay"], ["probe", "wss://127.0.0.1:1"]:
        done = program.run([*arguments, "--cert", str(authorities.server.certificate), "--key-pem", str(copy)])
        assert done.returncode == 1 and f"--key-pem '{copy}': other users can get at it (mode 644)" in done.stderr


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_what_is_written_is_for_its_owner_only_whatever_the_umask(tmp_path, umask):
    state = tmp_path / "new" / "state"
    done = program.run(["run", "--count", "2", "--interval", "20ms", "--state", str(state)],
                       env={"MLES_KEY": KEY}, preexec_fn=lambda: os.umask(umask))
    assert done.returncode == 0, done.stderr
    names = {path.name for path in files_below(state)}
    assert {"ca-key.pem", "relay-key.pem", "boot"} <= names
    for path in [state.parent, state, *state.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path}: {mode:o}"


# MARK: Memory

@pytest.mark.parametrize("source", ["variable", "file"])
@pytest.mark.parametrize("command", CLIENTS)
def test_the_key_is_nowhere_in_a_clients_memory_once_it_knows_who_it_is(start_relay, state, key_file, command, source):
    relay = start_relay(*SOON, key=KEY)
    options = ["--verbose", "--channel", "channel-of-this-test", *CLIENTS[command]]
    options += ["--state", str(state)] if command == "run" else []
    options += ["--key-file", str(key_file)] if source == "file" else []
    with relay.client(command, *options, env={"MLES_KEY": KEY} if source == "variable" else None) as client:
        client.err.wait_for("joined")
        found = memory.find(client.process.pid, [b"channel-of-this-test", *pieces(KEY.encode())])
        # The search finds what is there.
        assert found.keys() == {b"channel-of-this-test"}


def test_a_relay_has_its_key_in_one_place(start_relay):
    """It needs it for each member. This also shows that a key which is not erased would be found."""
    relay = start_relay(*SOON, key=KEY)
    with relay.client("send", "--verbose", env={"MLES_KEY": KEY}) as client:
        client.err.wait_for("joined")
    found = memory.find(relay.process.pid, pieces(KEY.encode()))
    assert set(found) == set(pieces(KEY.encode()))
    assert [places for places in found.values() if len(places) > 1] == []


def scalar(key_pem: Path) -> bytes:
    """The private number of a key on P-256, highest byte first."""
    der = subprocess.run(["openssl", "ec", "-in", str(key_pem), "-outform", "DER"], capture_output=True, check=True).stdout
    assert der[:7] == bytes.fromhex("30770201010420")
    return der[7:39]


def text_of(key_pem: Path) -> bytes:
    """The part of a PEM file, after the words that all keys have, that gives the private number away."""
    return key_pem.read_bytes().splitlines()[1][10:54]


@pytest.mark.tls
@pytest.mark.parametrize("start", ["first", "second"])
def test_a_relay_has_its_private_key_in_one_place_and_that_of_its_authority_nowhere(tmp_path, start):
    if start == "second":
        with Relay(tmp_path):
            pass
    with Relay(tmp_path) as relay, relay.raw() as client:
        assert client.status == 101
        authority, own = tmp_path / "ca-key.pem", tmp_path / "relay-key.pem"
        assert authority_in(tmp_path) == tmp_path / "ca.pem"
        # As mbedTLS has numbers in memory, lowest byte first; and as they are in files.
        used = pieces(scalar(own)[::-1])
        gone = [piece for key in (authority, own) for piece in [*pieces(scalar(key)), *pieces(text_of(key))]]
        gone += pieces(scalar(authority)[::-1])
        found = memory.find(relay.process.pid, used + gone)
        assert [piece for piece in gone if piece in found] == []
        assert all(len(found.get(piece, [])) <= 1 for piece in used)


def check_private_key(one: program.Program, key: Path) -> None:
    """It is in one place of the memory, as a number, and in nothing that the program says or that the system tells of it."""
    number = pieces(scalar(key)[::-1])
    found = memory.find(one.process.pid, number + pieces(text_of(key)))
    assert set(found) == set(number) and all(len(places) == 1 for places in found.values()), found
    for name in ("cmdline", "environ"):
        assert text_of(key) not in Path(f"/proc/{one.process.pid}/{name}").read_bytes()
    one.interrupt()
    one.wait()
    said = "\n".join([*one.out.lines, *one.err.lines])
    assert said and not [piece for piece in pieces(text_of(key)) if piece.decode() in said]
    assert scalar(key).hex()[:16] not in said.lower()


@pytest.mark.tls
def test_a_private_key_that_a_relay_was_given_is_in_no_output(tmp_path, authorities):
    with Relay(tmp_path, "--verbose", certificate=authorities.server,
               authority=authorities.trusted.certificate) as relay, relay.raw() as client:
        assert client.status == 101
        check_private_key(relay, authorities.server.key)


@pytest.mark.tls
def test_a_private_key_with_which_a_probe_has_signed_is_in_no_output(tmp_path, authorities, trust):
    own = authorities.trusted.issue("client-of-test-secrets", "DNS:client", usage="clientAuth")
    context = server_context(authorities.server)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authorities.trusted.certificate)
    upgraded = threading.Event()

    def script(peer):
        peer.upgrade()
        upgraded.set()

    with HostileServer(script, context) as server, program.mles_sim(
            "probe", server.url, *trust, "--cert", str(own.certificate), "--key-pem", str(own.key), "--timeout",
            "30s") as probe:
        assert upgraded.wait(PATIENCE)
        check_private_key(probe, own.key)
