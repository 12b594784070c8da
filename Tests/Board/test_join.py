"""The main job: the board gets an address, finds the server, trusts it, joins, and its readings arrive."""

import re

import pytest
from conftest import NAME
from harness.fixtures import VERSIONS
from harness.members import is_header
from harness.mles_server import MlesServer
from harness.protocol import authentication
from harness.readings import check_sequence, readings
from rig.leds import LEDS

COUNT = 100
WEATHER = "temperature_c,relative_humidity_pct\n-12.5,40\n30.25,80\n"


def test_a_hundred_readings_reach_a_subscriber_in_order_and_once(relay, start_board):
    with relay.member("bob") as bob:
        board = start_board(relay.port, {"limit": COUNT})
        found = []
        while len(found) < COUNT:
            found += readings([bob.receive()])
        check_sequence(found, COUNT)
        assert found[0]["seq"] == 0 and found[0]["boot"] == 1
        assert all(reading["simulated"] for reading in found)
        board.out.wait_for(rf"finished: {COUNT} published, 0 refused, .* 0 sensor errors, .* 1 joins, 0 resumed, 0 lost, "
                           "0 dropped, 0 unconfirmed")
        # Nothing comes behind them: what bob sends himself is the next that the relay gives to others.
        with relay.member("carol") as carol:
            carol.send("end")
            while is_header(message := bob.receive()) or '"channel"' in message:
                pass
            assert message == "end"
    assert board.switch.strays == []
    assert set(board.switch.queries) == {NAME}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key_kind", ["ecdsa", "rsa"])
def test_both_versions_of_tls_with_both_kinds_of_certificate(authorities, start_board, version, key_kind):
    certificate = authorities.server_rsa if key_kind == "rsa" else authorities.server
    with MlesServer(certificate, version=VERSIONS[version]) as server:
        board = start_board(server.port, {"limit": COUNT})
        server.wait_for(lambda: server.visits and len(server.visits[0].messages) == COUNT)
        server.check()
        check_sequence(server.visits[0].readings(), COUNT)
        assert server.visits[0].tls == version
        board.out.wait_for(f"joined channel example at {NAME}:{server.port} as board, TLS {version[4:]}$")
        board.out.wait_for("finished: ")
        assert len(server.visits) == 1


def test_an_address_in_place_of_a_name_is_checked_against_the_certificate(authorities, start_board):
    with MlesServer(authorities.server) as server:
        board = start_board(server.port, {"host": "10.0.2.2", "limit": 1})
        board.out.wait_for("finished: 1 published")
        assert board.switch.queries == []


def test_the_lamp_shows_the_way_to_the_channel(relay, start_board):
    board = start_board(relay.port)
    board.out.wait_for(f"led: {LEDS['joined']}")
    shown = [line.split("led: ")[1] for line in board.out.lines if "led: " in line]
    expected = [LEDS[name] for name in ("starting", "waiting for network", "connecting", "joining", "joined")]
    assert shown == expected


def test_a_channel_with_a_key_takes_the_board_that_has_it(start_relay, start_board):
    relay = start_relay(key="sekrit")
    with relay.member("bob", auth=authentication("bob", "example", "sekrit")) as bob:
        start_board(relay.port, {"key": "sekrit", "limit": 3})
        found = []
        while len(found) < 3:
            found += readings([bob.receive()])
        check_sequence(found, 3)


def test_a_wrong_key_is_told_as_a_refusal(start_relay, start_board):
    relay = start_relay(key="sekrit")
    board = start_board(relay.port, {"key": "wrong"})
    board.out.wait_for(r"join refused.*next try in \d")


def test_the_path_is_asked_for(authorities, start_board):
    with MlesServer(authorities.server) as server:
        start_board(server.port, {"path": "/some/path?a=b", "limit": 1}).out.wait_for("finished: 1 published")
        assert server.visits[0].request.path == "/some/path?a=b"
        assert server.visits[0].request.headers["Host"] == f"{NAME}:{server.port}"


def test_readings_have_the_weather_that_the_sensor_was_given(relay, start_board):
    with relay.member("bob") as bob:
        start_board(relay.port, {"weather": WEATHER, "limit": 2})
        found = []
        while len(found) < 2:
            found += readings([bob.receive()])
    for reading, temperature, humidity in zip(found, (-12.5, 30.25), (40, 80)):
        assert abs(reading["temperature"] - temperature) <= 0.02
        assert abs(reading["humidity"] - humidity) <= 0.02


def test_a_board_without_the_sensor_sends_the_chips_temperature(relay, start_board):
    with relay.member("bob") as bob:
        start_board(relay.port, {"weather": WEATHER, "sensor": "chip", "limit": 2})
        found = []
        while len(found) < 2:
            found += readings([bob.receive()])
    assert [reading["temperature"] for reading in found] == [-12.5, 30.25]
    assert all("humidity" not in reading and reading["simulated"] for reading in found)


def test_the_log_says_who_the_board_is_and_never_its_key(start_relay, start_board):
    relay = start_relay(key="sekrit-42")
    board = start_board(relay.port, {"key": "sekrit-42", "limit": 1, "interval": 50})
    board.out.wait_for("finished: ")
    text = "\n".join(board.out.lines)
    assert re.search(r"Mles firmware \d+\.\d+\.\d+, mbedTLS 3\.6\.\d+, reset: power-on", text)
    who = rf"for channel example as board, server {NAME}:{relay.port}/"
    assert re.search(rf"boot 1: a reading every 50 ms, 1 readings, {who}", text)
    assert "sekrit-42" not in text
