"""Bad certificates, shown by `openssl s_server`: `probe` and `run` say the cause in words and fail."""

import json
import re
import socket

import pytest
from conftest import HAS_TLS13
from harness import program
from harness.certificates import public_key_hash
from harness.mles_server import MlesServer
from harness.openssl_server import OpenSSLServer

pytestmark = pytest.mark.tls
NAMES = "DNS:localhost,IP:127.0.0.1"
CAUSES = {
    "expired": "(?i)expired.* 2024-02-01",
    "not-yet-valid": "(?i)not valid before 2048-01-01",
    "wrong-name": '"elsewhere.example", not for "localhost"',
    "wrong-address": r"(?i)127\.0\.0\.1",
    "unknown-ca": "(?i)trusted CA.*Other Root",
    "self-signed": "(?i)self-signed|not issued by a trusted CA",
    "client-only": "(?i)not meant for this use",
}
VERSIONS = ["-tls1_2"] + (["-tls1_3"] if HAS_TLS13 else [])


@pytest.fixture(scope="session")
def bad(authorities, self_signed):
    issue = authorities.trusted.issue
    return {
        "expired": issue("expired", NAMES, start="20240101000000Z", end="20240201000000Z"),
        "not-yet-valid": issue("future", NAMES, start="20480101000000Z", end="20490101000000Z"),
        "wrong-name": issue("wrong-name", "DNS:elsewhere.example"),
        "wrong-address": issue("wrong-address", "DNS:localhost,IP:127.0.0.2"),
        "unknown-ca": authorities.other.issue("unknown", NAMES),
        "self-signed": self_signed,
        "client-only": issue("client-only", NAMES, usage="clientAuth"),
    }


def host(cause):
    return "127.0.0.1" if cause == "wrong-address" else "localhost"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cause", CAUSES)
def test_probe_names_the_cause(authorities, bad, cause, version):
    with OpenSSLServer(bad[cause], version) as server:
        done = program.run(["probe", f"wss://{host(cause)}:{server.port}", "--ca",
                            str(authorities.trusted.certificate), "--json"])
        assert done.returncode == 1
        result = json.loads(done.stdout)
        assert result["opened"] is False
        assert matches(CAUSES[cause], result["error"])


@pytest.mark.parametrize("cause", CAUSES)
def test_run_names_the_cause_and_fails(authorities, bad, cause):
    with OpenSSLServer(bad[cause]) as server:
        done = program.run(["run", "--server", f"wss://{host(cause)}:{server.port}", "--ca",
                            str(authorities.trusted.certificate), "--seconds", "2"])
        assert done.returncode == 1
        assert matches(CAUSES[cause], done.stderr + done.stdout)


def matches(pattern, text):
    assert re.search(pattern, text), f"nothing like {pattern!r} in {text!r}"
    return True


def test_the_wrong_name_is_told_with_the_name(authorities, bad):
    with OpenSSLServer(bad["wrong-name"]) as server:
        done = program.run(["probe", f"wss://localhost:{server.port}", "--ca", str(authorities.trusted.certificate)])
        assert "elsewhere.example" in done.stdout + done.stderr


def test_without_ca_the_test_authority_is_unknown(authorities):
    with OpenSSLServer(authorities.server) as server:
        done = program.run(["probe", f"wss://localhost:{server.port}", "--json"])
        assert done.returncode == 1
        assert matches("trusted CA.*Test Root", json.loads(done.stdout)["error"])


def test_connect_does_not_change_the_name_that_is_checked(authorities, bad):
    with OpenSSLServer(bad["wrong-name"], "-www") as server:
        good = program.run(["probe", "wss://elsewhere.example", "--connect", f"127.0.0.1:{server.port}", "--ca",
                            str(authorities.trusted.certificate), "--json"])
        assert json.loads(good.stdout)["tls"], good.stdout
        wrong = program.run(["probe", f"wss://localhost:{server.port}", "--connect", f"127.0.0.1:{server.port}", "--ca",
                             str(authorities.trusted.certificate), "--json"])
        assert matches(CAUSES["wrong-name"], json.loads(wrong.stdout)["error"])


def test_the_right_pin_connects_and_a_wrong_one_does_not(authorities):
    pin = public_key_hash(authorities.server.certificate)
    with MlesServer(authorities.server) as server:
        arguments = ["run", "--server", server.url, "--ca", str(authorities.trusted.certificate), "--interval", "20ms"]
        assert program.run([*arguments, "--count", "1", "--pin", pin]).returncode == 0
        wrong = program.run([*arguments, "--seconds", "2", "--pin", "00" * 32])
        assert wrong.returncode == 1
        assert matches("(?i)pin", wrong.stderr)


def test_a_pin_does_not_replace_the_chain(authorities, bad):
    certificate = bad["unknown-ca"]
    with OpenSSLServer(certificate) as server:
        done = program.run(["probe", f"wss://localhost:{server.port}", "--ca", str(authorities.trusted.certificate),
                            "--pin", public_key_hash(certificate.certificate), "--json"])
        assert done.returncode == 1
        assert matches(CAUSES["unknown-ca"], json.loads(done.stdout)["error"])


def test_a_client_certificate_is_shown_where_the_server_wants_one(authorities):
    client = authorities.trusted.issue("client", "DNS:client.example", usage="clientAuth")
    authority = str(authorities.trusted.certificate)
    with MlesServer(authorities.server, lambda visit: visit.refuse(), client_authority=authority) as server:
        arguments = ["probe", server.url, "--ca", authority, "--json", "--timeout", "5"]
        given = program.run([*arguments, "--cert", str(client.certificate), "--key-pem", str(client.key)])
        assert json.loads(given.stdout)["opened"] is True, given.stdout + given.stderr
        absent = program.run(arguments)
        assert absent.returncode == 1
        assert json.loads(absent.stdout)["opened"] is False


def test_a_server_that_is_not_tls_is_said(authorities):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = ["probe", f"wss://localhost:{listener.getsockname()[1]}", "--json", "--timeout", "5"]
        with program.mles_sim(*arguments) as probe:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                assert probe.wait() == 1
        assert json.loads(probe.out.lines[-1])["error"]


def test_a_session_is_resumed_after_a_reconnect(authorities):
    """After a reconnect the node offers the ticket of the connection before; the server says whether it took it."""
    resumed = []

    def script(visit):
        visit.read_header()
        resumed.append(visit.connection.socket.session_reused)
        visit.confirm()
        if visit.number == 1:
            visit.read(3)
            visit.drop()
        else:
            visit.read_until_closed()

    with MlesServer(authorities.server, script) as server, program.mles_sim(
            "run", "--server", server.url, "--ca", str(authorities.trusted.certificate), "--interval", "20ms") as run:
        server.wait_for(lambda: len(resumed) == 2)
        assert resumed == [False, True]
        run.interrupt()
        run.wait()


@pytest.mark.parametrize("preference", [[], ["-serverpref"]], ids=["client", "server"])
def test_tls_1_2_with_an_rsa_certificate(authorities, preference):
    """A limit of mbedTLS 3.6: it offers RSA-PSS for TLS 1.3, and refuses it where a TLS 1.2 server prefers it."""
    with OpenSSLServer(authorities.server_rsa, "-tls1_2", "-www", *preference) as server:
        done = program.run(["probe", f"wss://localhost:{server.port}", "--ca", str(authorities.trusted.certificate),
                            "--json"])
    result = json.loads(done.stdout)
    if HAS_TLS13 and preference:
        assert result["tls"] is None and "-0x6600" in result["error"]
    else:
        assert result["tls"] == "TLSv1.2", result
