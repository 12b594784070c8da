"""`mles-sim probe` against servers by the `websockets` library."""

import json
import threading

import pytest
from conftest import HAS_TLS13
from harness import program
from harness.mles_server import MlesServer
from websockets.sync.server import serve

KEYS = {"opened", "messages", "close_rcvd", "close_sent", "subprotocol", "tls", "error", "seconds"}


def probe(authorities, server, *options, timeout="5"):
    done = program.run(["probe", server.url, "--ca", str(authorities.trusted.certificate), "--json", "--timeout", timeout,
                        *options])
    assert len(done.stdout.splitlines()) == 1, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert set(result) >= KEYS
    return done.returncode, result


@pytest.mark.tls
def test_what_the_server_says_is_reported(authorities):
    def script(visit):
        visit.connection.send("hi")
        visit.connection.send(b"\x00\xff")
        visit.connection.close(1001)

    with MlesServer(authorities.server, script) as server:
        status, result = probe(authorities, server)
    assert status == 0, result
    assert result["opened"] is True and result["error"] is None
    assert result["messages"] == ["6869", "00ff"]
    assert result["close_rcvd"] == 1001
    assert result["subprotocol"] == "mles-websocket"
    assert ("1.3" if HAS_TLS13 else "1.2") in result["tls"]
    assert 0 <= result["seconds"] < 5


def test_no_subprotocol_is_offered_when_told_so(authorities):
    with MlesServer(authorities.server, lambda visit: visit.connection.close(), subprotocols=["other"]) as server:
        server.visits.clear()
        status, result = probe(authorities, server, "--subprotocol", "none")
        assert result["subprotocol"] is None
        assert not server.visits or "Sec-WebSocket-Protocol" not in server.visits[0].request.headers


def test_another_subprotocol_can_be_offered(authorities):
    with MlesServer(authorities.server, lambda visit: visit.connection.close(), subprotocols=["other"]) as server:
        status, result = probe(authorities, server, "--subprotocol", "other")
        assert (status, result["subprotocol"]) == (0, "other")


def test_echo_sends_every_message_back_with_its_kind(authorities):
    sent = ["text ☃", b"\x00" * 70_000, "", b""]
    received = []

    def script(visit):
        for message in sent:
            visit.connection.send(message)
            received.append(visit.connection.recv(10))
        visit.connection.close()

    with MlesServer(authorities.server, script) as server:
        status, result = probe(authorities, server, "--echo")
        server.check()
    assert received == sent
    assert status == 0 and len(result["messages"]) == 4


def test_a_message_above_the_limit_is_refused_with_1009(authorities):
    closes = []

    def script(visit):
        visit.connection.send(bytes(2000))
        visit.read_until_closed()
        closes.append(visit.close_code)

    with MlesServer(authorities.server, script) as server:
        _, result = probe(authorities, server, "--max-message", "1000")
        server.wait_for(lambda: closes)
    assert closes == [1009] and result["close_sent"] == 1009
    assert result["messages"] == []


def test_the_timeout_ends_a_silent_connection(authorities):
    with MlesServer(authorities.server, is_silent=True) as server:
        status, result = probe(authorities, server, timeout="1")
    assert status == 1 and result["opened"] is False
    assert 0.9 <= result["seconds"] < 5


def test_ws_to_loopback_is_accepted():
    with serve(lambda connection: connection.close(), "127.0.0.1", 0, subprotocols=["mles-websocket"]) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.socket.getsockname()[1]
        done = program.run(["probe", f"ws://localhost:{port}", "--json", "--timeout", "5"])
        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads(done.stdout)
        assert result["opened"] is True and result["tls"] is None
        named = program.run(["probe", f"ws://elsewhere.example:{port}", "--connect", f"127.0.0.1:{port}", "--json"])
        assert json.loads(named.stdout)["opened"] is True
        server.shutdown()
        thread.join(10)


def test_ws_to_anywhere_else_is_refused_without_connecting():
    done = program.run(["probe", "ws://192.0.2.1:9", "--json", "--timeout", "5"])
    assert done.returncode in (1, 2)
    assert "loopback" in done.stdout + done.stderr or "own" in done.stderr


@pytest.mark.parametrize("command", ["run", "tail", "send"])
def test_ws_is_accepted_by_no_other_command(command):
    done = program.run([command, "--server", "ws://localhost:9"])
    assert done.returncode == 2
    assert "ws" in done.stderr and len(done.stderr.splitlines()) == 1


def test_without_json_it_is_readable_text(authorities):
    with MlesServer(authorities.server, lambda visit: visit.connection.close()) as server:
        done = program.run(["probe", server.url, "--ca", str(authorities.trusted.certificate)])
    assert done.returncode == 0
    assert "TLS" in done.stdout and "101" in done.stdout and "mles-websocket" in done.stdout


def test_a_name_that_does_not_exist_is_said():
    done = program.run(["probe", "wss://no-such-host.invalid", "--json", "--timeout", "10"])
    assert done.returncode == 1
    assert "no-such-host.invalid" in json.loads(done.stdout)["error"] or "name" in json.loads(done.stdout)["error"]
