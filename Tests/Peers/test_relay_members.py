"""The relay, with members by the `websockets` library and the `websocat` program."""

import contextlib
import itertools

import pytest
from harness.members import split
from harness.wire import BINARY, CLOSE, TEXT, Ended
from websockets.exceptions import ConnectionClosed

LARGE = bytes(range(256)) * 4096


def without_end(message):
    """websocat prints a text message that ends in a line end and one that does not in the same way."""
    return message.rstrip("\n") if isinstance(message, str) else message


KINDS = ["member", "websocat"]
PAIRS = list(itertools.product(KINDS, KINDS))


def arrived(member, count):
    """The next `count` messages that are no join headers; replayed headers may come before them."""
    if hasattr(member, "receive"):
        found = []
        while len(found) < count:
            found += split([member.receive()])[1]
        return found
    seen = 0
    while True:
        seen += 1
        found = split(member.receive_all(seen))[1]
        if len(found) == count:
            return found


@pytest.mark.parametrize("sender, receiver", PAIRS)
@pytest.mark.parametrize("message", ["text", "ÄÖ☃ in UTF-8", b"\x00\xff\n\r", '{"a":1}'],
                         ids=["ascii", "utf8", "binary", "json"])
def test_a_message_arrives_unchanged_with_its_kind(relay, sender, receiver, message):
    with getattr(relay, receiver)("bob") as bob, getattr(relay, sender)("alice") as alice:
        expected = alice.send(message)
        assert arrived(bob, 1) == [without_end(expected) if receiver == "websocat" else expected]


@pytest.mark.parametrize("sender, receiver", PAIRS)
def test_a_message_of_one_mebibyte_arrives(relay, sender, receiver):
    with getattr(relay, receiver)("bob") as bob, getattr(relay, sender)("alice") as alice:
        alice.send(LARGE)
        assert arrived(bob, 1) == [LARGE]


@pytest.mark.parametrize("message", ["", b""], ids=["text", "binary"])
def test_an_empty_message_arrives(relay, message):
    with relay.member("bob") as bob, relay.member("alice") as alice:
        alice.send(message)
        assert arrived(bob, 1) == [message]


def test_messages_arrive_in_order_at_every_member(relay):
    sent = [f"message {number}" for number in range(100)]
    with relay.member("bob") as bob, relay.websocat("carol") as carol, relay.member("alice") as alice:
        for message in sent:
            alice.send(message)
        assert arrived(bob, 100) == sent
        assert arrived(carol, 100) == sent


def test_a_sender_does_not_get_its_own_message(relay):
    with relay.member("alice") as alice, relay.member("bob") as bob:
        alice.send("from alice")
        assert arrived(bob, 1) == ["from alice"]
        bob.send("from bob")
        assert arrived(alice, 1) == ["from bob"]


def test_a_channel_gets_nothing_from_another(relay):
    with relay.member("alice", channel="one") as alice, relay.member("alice", channel="two") as other:
        with relay.member("bob", channel="one") as bob:
            other.send("on two")
            alice.send("on one")
            assert arrived(bob, 1) == ["on one"]


@pytest.mark.parametrize("receiver", KINDS)
def test_a_late_joiner_gets_the_history_in_order_with_headers_and_kinds(relay, receiver):
    sent = ["first", b"\x01\x02", "third"]
    with relay.member("alice") as alice, relay.member("bob") as bob:
        for message in sent:
            alice.send(message)
        arrived(bob, 3)
        with getattr(relay, receiver)("late") as late:
            messages = late.receive_all(5)
            headers, others = split(messages)
            assert others == sent
            assert set(headers) >= {alice.header, bob.header}
            assert messages.index(alice.header) < messages.index("first")


def test_a_member_that_comes_back_gets_its_own_earlier_messages(relay):
    with relay.member("bob") as bob:
        with relay.member("alice") as alice:
            alice.send("before")
            assert arrived(bob, 1) == ["before"]
        # The relay may still be taking the old connection down, and refuse a duplicate.
        for _ in range(100):
            with relay.member("alice") as again, contextlib.suppress(ConnectionClosed):
                assert arrived(again, 1) == ["before"]
                return
    raise AssertionError("the identity did not become free")


def test_the_history_is_limited_to_the_newest_entries(start_relay):
    relay = start_relay("--history", "3", "--ping-interval", "1s")
    with relay.member("bob") as bob, relay.member("alice") as alice:
        for number in range(10):
            alice.send(f"message {number}")
        arrived(bob, 10)
        with relay.member("late") as late:
            assert late.receive_all(3) == ["message 7", "message 8", "message 9"]


def test_a_history_of_nothing_keeps_nothing(start_relay):
    relay = start_relay("--history", "0", "--ping-interval", "1s")
    with relay.member("bob") as bob, relay.member("alice") as alice:
        alice.send("gone")
        arrived(bob, 1)
        with relay.raw() as late:
            late.join("late")
            assert late.read().opcode not in (TEXT, BINARY, CLOSE)


def test_a_slow_reader_is_dropped_and_stalls_nobody(start_relay):
    relay = start_relay("--queue-limit", "256K", "--history", "10")
    block = bytes(65536)
    with relay.raw() as slow, relay.member("bob") as bob, relay.member("alice") as alice:
        slow.join("slow")
        for _ in range(400):
            alice.send(block)
            assert arrived(bob, 1) == [block]
        alice.send("done")
        assert arrived(bob, 1) == ["done"]
        with pytest.raises(Ended):
            slow.messages(403)


def test_two_hundred_members_get_every_message(start_relay):
    # No ping before the end: a member that has not read its history yet could not answer.
    relay = start_relay()
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(relay.member(f"member-{number}")) for number in range(200)]
        alice = stack.enter_context(relay.member("alice"))
        alice.send("to all")
        for member in crowd:
            assert arrived(member, 1) == ["to all"]
