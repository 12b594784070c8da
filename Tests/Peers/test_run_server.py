"""The node (`mles-sim run --server`) against a server by the `websockets` library, TLS 1.2 and 1.3."""

import json
import re
from http import HTTPStatus

import pytest
from conftest import HAS_TLS13, TLS_VERSIONS, VERSIONS
from harness import PATIENCE, program
from harness.mles_server import MlesServer
from harness.openssl_server import OpenSSLServer
from harness.program import Stopwatch
from harness.protocol import SUBPROTOCOL, authentication

pytestmark = pytest.mark.tls


@pytest.fixture
def node(authorities):
    """Starts a node for a server; its outbox holds 19 readings."""
    def start(server, *options, interval="20ms", **settings):
        return program.mles_sim("run", "--server", server.url, "--ca", str(authorities.trusted.certificate),
                                "--interval", interval, "--report", "json", *options, **settings)
    return start


def summary(run):
    return json.loads(run.out.lines[-1])


@pytest.mark.parametrize("version", TLS_VERSIONS)
@pytest.mark.parametrize("key_kind", ["ecdsa", "rsa"])
def test_readings_arrive_over_this_version_of_tls(authorities, node, version, key_kind):
    certificate = authorities.server_rsa if key_kind == "rsa" else authorities.server
    with MlesServer(certificate, version=VERSIONS[version]) as server, node(server, "--count", "5") as run:
        assert run.wait() == 0, run.err.lines
        server.wait_for(lambda: len(server.visits[0].messages) == 5)
        server.check()
        assert server.visits[0].tls == version
        assert [reading["seq"] for reading in server.visits[0].readings()] == \
            list(range(server.visits[0].readings()[0]["seq"], server.visits[0].readings()[0]["seq"] + 5))
        assert version[4:] in str(summary(run)["tls"])
        assert (summary(run)["published"], summary(run)["lost"]) == (5, 0)


def test_the_newest_version_that_both_have_is_used(authorities, node):
    with MlesServer(authorities.server) as server, node(server, "--count", "1") as run:
        assert run.wait() == 0, run.err.lines
        assert server.visits[0].tls == TLS_VERSIONS[-1]


def test_a_server_without_a_common_version_is_named_as_such(authorities):
    # mbedTLS 3.6 has both versions of these servers: there it is the suites that have nothing in common.
    options = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"] if HAS_TLS13 else ["-tls1_3"]
    with OpenSSLServer(authorities.server, *options) as server:
        done = program.run(["run", "--server", f"wss://localhost:{server.port}", "--ca",
                            str(authorities.trusted.certificate), "--seconds", "2"])
        assert done.returncode == 1
        assert re.search("(?i)version|protocol|handshake", done.stderr), done.stderr


def test_the_opening_handshake_is_what_mles_wants(authorities, node):
    with MlesServer(authorities.server) as server, node(server, "--count", "1") as run:
        assert run.wait() == 0, run.err.lines
        headers = server.visits[0].request.headers
    assert headers.get_all("Sec-WebSocket-Protocol") == [SUBPROTOCOL]
    assert headers["Host"] == f"localhost:{server.port}"
    assert headers["Sec-WebSocket-Version"] == "13"
    assert "Sec-WebSocket-Extensions" not in headers


def test_the_path_of_the_url_is_asked_for(authorities, node):
    with MlesServer(authorities.server) as server:
        server.url += "/some/path?a=b"
        with node(server, "--count", "1") as run:
            assert run.wait() == 0, run.err.lines
        assert server.visits[0].request.path == "/some/path?a=b"


@pytest.mark.parametrize("key", [None, "sekrit"])
def test_the_first_frame_is_the_join_header_with_the_right_auth(authorities, node, key):
    with MlesServer(authorities.server) as server:
        with node(server, "--count", "1", "--uid", "alice", env={"MLES_KEY": key} if key else None) as run:
            assert run.wait() == 0, run.err.lines
        header = server.visits[0].header
    assert isinstance(server.visits[0].header_text, str)
    assert (header["uid"], header["channel"]) == ("alice", "example")
    assert header.get("auth", authentication("alice", "example") if not key else None) == \
        authentication("alice", "example", key)


def test_an_ip_address_in_the_url_is_checked_against_the_certificate(authorities, node):
    with MlesServer(authorities.server) as server:
        server.url = f"wss://127.0.0.1:{server.port}"
        with node(server, "--count", "1") as run:
            assert run.wait() == 0, run.err.lines


def test_a_connection_dropped_mid_way_is_made_again(authorities, node):
    def script(visit):
        visit.read_header()
        visit.confirm()
        if visit.number == 1:
            visit.read(5)
            visit.drop()
        else:
            visit.read_until_closed()

    with MlesServer(authorities.server, script) as server, node(server, "--count", "60", interval="100ms") as run:
        run.wait()
        readings = [reading["seq"] for visit in server.visits for reading in visit.readings()]
        assert len(server.visits) == 2
        assert sorted(set(readings)) == sorted(readings), "duplicates"
        assert readings == sorted(readings)
        assert max(readings) - min(readings) == 59
        # What was on its way at the drop cannot be known; it must be counted, not forgotten.
        assert summary(run)["published"] == 60 and summary(run)["reconnects"] == 1


def test_a_late_refusal_is_recognised_as_one_and_nothing_is_lost(authorities, node):
    def script(visit):
        visit.read_header()
        if visit.number == 1:
            visit.read(3)
            visit.refuse()
        else:
            visit.confirm()
            visit.read_until_closed()

    with MlesServer(authorities.server, script) as server, node(server, "--verbose", "--count", "20") as run:
        run.err.wait_for("(?i)refused")
        # Sooner or later it tries again; how long it waits is the table's, so it is told to end here.
        run.interrupt()
        run.wait()
        assert summary(run)["published"] >= 3
        assert server.visits[0].readings()[0]["seq"] == min(r["seq"] for v in server.visits for r in v.readings())


def test_pings_are_answered_with_their_payload(authorities, node):
    def script(visit):
        visit.read_header()
        answered = visit.connection.ping(b"payload")
        visit.read(1)
        assert answered.wait(PATIENCE)
        visit.read_until_closed()

    with MlesServer(authorities.server, script) as server, node(server, "--count", "10") as run:
        assert run.wait() == 0, run.err.lines
        server.check()


def test_history_and_other_members_messages_do_not_disturb_the_node(authorities, node):
    def script(visit):
        header = visit.read_header()
        visit.connection.send(json.dumps({"uid": "bob", "channel": "example"}))
        visit.connection.send(bytes(100_000))
        visit.connection.send(json.dumps(header))
        visit.connection.send("☃" * 1000)
        visit.connection.send(["in ", "pieces"])
        visit.confirm()
        visit.read_until_closed()

    with MlesServer(authorities.server, script) as server, node(server, "--count", "10") as run:
        assert run.wait() == 0, run.err.lines
        server.wait_for(lambda: len(server.visits[0].messages) == 10)
        assert summary(run)["reconnects"] == 0


def test_a_server_that_never_answers_the_upgrade_is_given_up_in_time(authorities, node):
    watch = Stopwatch()
    with MlesServer(authorities.server, is_silent=True) as server, node(server, "--seconds", "2") as run:
        # The server may still answer: the upgrade has 10 s before the connection is given up.
        assert run.wait(50) == 1
        run.err.wait_for("did not answer the upgrade within 10 s")
        assert summary(run)["delivered"] == 0
    assert watch.seconds() < 45


@pytest.mark.parametrize("status", [HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.OK])
def test_a_refused_upgrade_is_said_with_its_status(authorities, node, status):
    with MlesServer(authorities.server, status=status) as server, node(server, "--seconds", "2") as run:
        run.err.wait_for(str(int(status)))
        assert run.wait() == 1
        assert 1 <= server.requests < 20, "retries without backoff"


def test_a_server_that_chooses_no_subprotocol_is_refused(authorities, node):
    with MlesServer(authorities.server, subprotocols=[]) as server, node(server, "--seconds", "2") as run:
        run.err.wait_for("(?i)Sec-WebSocket-Protocol|subprotocol")
        assert run.wait() == 1
        assert all(visit.header is None for visit in server.visits)


def test_nothing_listening_is_said(node, authorities):
    with MlesServer(authorities.server) as server:
        pass
    with node(server, "--seconds", "2") as run:
        run.err.wait_for("(?i)refused")
        assert run.wait() == 1


def test_an_interrupt_while_connecting_ends_at_once_with_a_summary(authorities, node):
    with MlesServer(authorities.server, is_silent=True) as server, node(server) as run:
        server.wait_for(lambda: server.requests == 1)
        watch = Stopwatch()
        run.interrupt()
        run.wait()
        assert watch.seconds() < 9, "it waited for the limit of the upgrade"
        assert summary(run)["delivered"] == 0


def test_each_board_has_a_connection_of_its_own(authorities, node):
    with MlesServer(authorities.server) as server, node(server, "--boards", "3", "--count", "4") as run:
        assert run.wait() == 0, run.err.lines
        server.wait_for(lambda: sum(len(visit.messages) for visit in server.visits) == 12)
        assert len({visit.header["uid"] for visit in server.visits}) == 3
        assert summary(run)["published"] == 12
