"""Writes the seeds beside it, TARGET/NAME, from what stands here and from files of this project. See README.md.

usage: generate.py
"""

import io
import struct
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent.parent
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def write(target: str, name: str, contents: "bytes | str") -> None:
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(contents.encode() if isinstance(contents, str) else contents)


def frame(first: int, payload: bytes = b"", key: bytes = b"") -> bytes:
    """A frame (RFC 6455, section 5.2), masked when there is a key."""
    size = len(payload)
    mask = 0x80 if key else 0
    length = bytes([mask | size]) if size < 126 else bytes([mask | 126]) + struct.pack(">H", size)
    body = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload)) if key else payload
    return bytes([first]) + length + key + body


def head(*lines: str) -> str:
    return "".join(line + "\r\n" for line in lines) + "\r\n"


def frames() -> None:
    key = bytes.fromhex("37fa213d")
    for role, mask in ("from-server", b""), ("from-client", key):
        write("Frames", f"rfc6455-hello-{role}", frame(0x81, b"Hello", mask))
        write("Frames", f"rfc6455-fragments-{role}", frame(0x01, b"Hel", mask) + frame(0x80, b"lo", mask))
        write("Frames", f"rfc6455-ping-pong-{role}", frame(0x89, b"Hello", mask) + frame(0x8A, b"Hello", mask))
        write("Frames", f"rfc6455-256-bytes-{role}", frame(0x82, bytes(range(256)), mask))
        write("Frames", f"ping-between-fragments-{role}",
              frame(0x01, "4 °".encode()[:3], mask) + frame(0x89, b"?", mask) + frame(0x80, "°C".encode()[1:], mask))
        write("Frames", f"close-with-reason-{role}",
              frame(0x81, "23.5 °C".encode(), mask) + frame(0x88, struct.pack(">H", 1001) + "fünf".encode(), mask))
        write("Frames", f"close-empty-{role}", frame(0x89, b"", mask) + frame(0x88, b"", mask))
        write("Frames", f"chunks-{role}", frame(0x02, bytes(100), mask) + frame(0x80, bytes(60), mask))
        write("Frames", f"text-cut-in-a-character-{role}", frame(0x81, "°".encode()[:1], mask))


def handshakes() -> None:
    upgrade = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT}"]
    line = "HTTP/1.1 101 Switching Protocols"
    write("HandshakeResponse", "rfc6455-without-subprotocol", head(line, *upgrade))
    write("HandshakeResponse", "with-subprotocol-then-ping",
          head(line, *upgrade, "Sec-WebSocket-Protocol: mles-websocket").encode() + frame(0x89))
    write("HandshakeResponse", "as-the-mles-server-answers",
          head(line, "connection: upgrade", "upgrade: websocket", f"sec-websocket-accept: {ACCEPT}",
               "sec-websocket-protocol: mles-websocket", "date: Fri, 02 Jan 2026 03:04:05 GMT"))
    write("HandshakeResponse", "two-connection-headers", head(line, "Connection: keep-alive", *upgrade))
    write("HandshakeResponse", "not-found", head("HTTP/1.1 404 Not Found", "Content-Length: 0"))
    write("HandshakeResponse", "long-line", head(line, "X: " + "x" * 300, *upgrade))
    write("HandshakeResponse", "no-end", f"{line}\r\n" + "Server: example\r\n" * 520)
    request = ["Host: server.example.com", "Upgrade: websocket", "Connection: Upgrade",
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    line = "GET /chat HTTP/1.1"
    write("HandshakeRequest", "rfc6455-request",
          head(line, *request, "Origin: http://example.com", "Sec-WebSocket-Protocol: chat, superchat"))
    write("HandshakeRequest", "as-a-node-asks",
          head("GET / HTTP/1.1", *request, "Sec-WebSocket-Protocol: mles-websocket").encode() + frame(0x81, b"{}", b"mask"))
    write("HandshakeRequest", "lists", head(line, "Connection: keep-alive, Upgrade", "Upgrade: h2c, websocket", *request[:1], *request[3:]))
    write("HandshakeRequest", "version-8", head(line, *request[:-1], "Sec-WebSocket-Version: 8"))
    write("HandshakeRequest", "post", head("POST / HTTP/1.1", *request))
    write("HandshakeRequest", "host-target-and-subprotocol", "[2001:db8::1] /ws?a=b mles-websocket ")


def join_headers() -> None:
    write("JoinHeaders", "alice", '{"uid":"alice","channel":"example","auth":"9b3b95527f7c2d80"}')
    write("JoinHeaders", "other-order-and-null", '{"channel":"b","auth":null,"uid":"a"}')
    write("JoinHeaders", "other-fields", ' {"x":[1,-2.5e3,{"k":[true,false,null]},"\\u00e4\\ud83d\\ude00"],"channel":"b","uid":"a"} ')
    write("JoinHeaders", "escapes", '{"ä€😀":{"":[[],{}]},"uid":"\\"\\\\\\/\\b\\f\\n\\r\\t","channel":"\\u0000"}')
    write("JoinHeaders", "escaped-name", '{"\\u0075id":"a","channel":"c"}')
    write("JoinHeaders", "twice", '{"uid":"a","uid":"a","channel":"c"}')
    write("JoinHeaders", "two-lines", "board-1\nweather\n")
    write("JoinHeaders", "control-characters", "\x01\t\"\\\n\x00\x7f\n")
    write("JoinHeaders", "deep", '{"x":' + "[" * 130)


def programs() -> None:
    # Joins, messages of others, breaks in the middle of a replay, a restart of the server; see Targets/History.swift.
    life = [10, 15, 0, 1, 15, 2, 15, 5, 6, 1, 0, 10, 15, 15, 7, 0, 10, 4, 15, 15, 15, 8, 8, 9, 15, 11, 3, 2, 15]
    write("History", "two-reconnects", bytes([78] + life))
    write("History", "short-history", bytes([6] + life * 4))
    write("History", "small-filter", bytes([1] + [0x1F, 0x2F, 0, 0x1F, 0x11, 0x3F, 0, 0x2F, 0x1F, 2, 99, 0x3F, 3, 8, 0] * 3))
    # Appends of some sizes, sent, confirmed, rewound; see Targets/Outbox.swift.
    moves = [0, 5, 1, 1, 6, 2, 7, 2, 3, 3, 9, 7, 12 + 16, 11, 7, 10, 0, 16, 4, 13, 12, 14, 0, 9, 5, 0, 9, 6]
    for kind in range(8):
        write("Outbox", f"kind-{kind}", bytes([kind] + moves * 2))


def sessions() -> None:
    """See Targets/Session.swift: the low four bits of a byte are the operation."""
    join, send, take, poll, wait, end, leave = 15, 9, 8, 11, 12, 13, 0x7E
    ping = bytes([7, 2, 0])
    text = bytes([7, 0, 5]) + b"Hello"
    write("Session", "join-ping-send", bytes([join]) + ping + bytes([send, 3]) + b"abc" + bytes([take, 255]) + text)
    write("Session", "history-in-chunks", bytes([join, 7, 0, 100]) + bytes(100) + bytes([7, 0x40, 3, 1, 2, 3, 7, 5, 2, 4, 5]))
    write("Session", "refused-at-once", bytes([join, 7, 4, 0, end, poll, join, 7, 4, 0, end]))
    write("Session", "refused-late", bytes([join, wait, 90, 0, 7, 4, 0, end, poll, poll]))
    write("Session", "step-by-step", bytes([0, 1, 2, 3, take, 100, take, 100, 6, take, 30, take, 100]) + ping + bytes([poll]))
    write("Session", "left", bytes([join]) + ping + bytes([leave, take, 200, end, poll]))
    write("Session", "deadlines", bytes([0, poll, poll, 0, 1, poll, poll, 0, 1, 2, poll, poll, join, poll, poll]))
    write("Session", "bad-frame", bytes([join]) + ping + bytes([4, 2, 0xC1, 0, take, 9, poll, end]))
    write("Session", "no-room", bytes([join] + ([send, 120] + [1] * 120) * 3 + [send, 120] + [2] * 120) + ping * 2 + bytes([take, 255, take, 255]))


def sensors() -> None:
    """See Targets/Sensors.swift; each transfer takes a byte, and each word read two."""
    write("Sensors", "good", bytes([4, 0, 0] + [0, 0, 0, 0, 0x80, 0, 0, 0, 0x60, 0, 0x80, 0, 0] * 2))
    write("Sensors", "still-measuring", bytes([0, 1, 0] + [0, 0, 0, 0, 0x80, 0, 0xD0, 0xD0, 0xD0, 0xD0, 0xD0]))
    write("Sensors", "absent", bytes([5, 0, 0] + [0xD0] * 12))
    write("Sensors", "bad-checksum", bytes([6, 0, 0] + [0, 0, 0, 0, 0x80, 0, 0, 1, 0x60, 0, 0x55, 0x80, 0] * 2))
    write("Sensors", "wrong-chip", bytes([4, 0, 0] + [0, 0, 0, 0, 0, 0x12, 0x34, 0]))
    write("Sensors", "too-hot", bytes([4, 0, 0] + [0, 0, 0, 0, 0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0] * 2))


def texts() -> None:
    write("Readings", "reading", '{"uid":"board-1","boot":3,"seq":17,"time":1767323045000,"temperature":21.53,"humidity":40.12}')
    write("Readings", "reading-of-a-simulator",
          ' {"temperature":-0.01,"simulated":true,"seq":0,"boot":4294967295,"time":null,"uid":"\\u00e4\\"","reset":"power-on"} ')
    write("Readings", "lines", "21.5\n-3.9 40\r\n21.5, 99.99\n\n0.0005\t0\n125")
    write("Readings", "bad-lines", "1\n2 3 4\n" + "1" * 300)
    write("Readings", "numbers", bytes([15]) + struct.pack(">IIQii", 1, 2, 3, -1, 99_995) + b"uid")
    table = (PROJECT / "Simulator/Data/greensboro-tmy3-hourly.csv").read_text().splitlines()[:5]
    write("Climate", "greensboro", "\n".join(table) + "\n")
    write("Climate", "carriage-returns", "\ufefftemperature_c,relative_humidity_pct\r\n-3.9,40\r\n+12.0005 , 99.9995\r\n125,0")
    write("Climate", "other-columns", "a,relative_humidity_pct,b,temperature_c\n1,50,,20\nx,51,y,21\n")
    write("Climate", "out-of-range", "temperature_c,relative_humidity_pct\n20,50\n125.0006,50\n")
    write("Climate", "missing-column", "temperature_c,humidity\n1,2\n")
    for name, lines in {
        "run": ["run", "--boards", "20", "--sensor=model", "--interval", "500ms", "--seconds", "2", "--seed", "7"],
        "tail": ["tail", "--server", "wss://mles.example.org:8443/ws?a=b", "--channel", "garden", "--json", "--count", "5"],
        "probe": ["probe", "--timeout=1.5m", "--max-message", "64K", "--subprotocol", "none", "--", "ws://[::1]:80"],
        "relay": ["relay", "--host", "localhost", "--port=0", "--queue-limit", "8M", "--ping-interval", "100ms"],
        "pin": ["tail", "--pin", "00" * 32, "--pin", "sha256//" + "A" * 43 + "="],
        "mistyped": ["run", "--intervall", "1h", "-x", "--help"],
        "url": ["wss://a_b.example?q", "HOST:65535", "-12.3456", "csv:file"],
    }.items():
        write("CommandLine", name, "\n".join(lines))


def settings() -> None:
    """See Targets/Settings.swift: which value, two bytes of size, the value."""
    names = ["host", "port", "path", "ca", "channel", "uid", "key", "interval", "limit"]

    def values(first: int = 1, **given: bytes) -> bytes:
        return bytes([first]) + b"".join(
            bytes([names.index(name)]) + struct.pack(">H", len(value)) + value for name, value in given.items())

    usual = {"host": b"mles.example", "channel": b"weather", "uid": b"board-1"}
    certificate = (HERE / "authority.pem").read_bytes()
    write("Settings", "as-little-as-possible", values(**usual))
    write("Settings", "everything", values(
        0, **usual, port=b"8443\n", path=b"/ws", ca=certificate, key=b"sekrit, and longer\r\n", interval=b"500", limit=b"10"))
    write("Settings", "nothing", values())
    write("Settings", "wrong", values(host=b"wss://a", port=b"65536", path=b"ws", channel=b"", uid="ä".encode(), interval=b"0"))
    write("Settings", "half-a-certificate", values(0, **usual, ca=certificate[:300]))
    write("Settings", "failing-store", values(**usual) + bytes([0xF6, 3, 0xF0, 1]))


def archives() -> None:
    def archive(files: "dict[str, bytes]", form: int) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
            for name, contents in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(contents)
                tar.addfile(entry, io.BytesIO(contents))
        # Without tar's padding to 10 KB: two blocks of zeros end an archive.
        return buffer.getvalue().rstrip(b"\0") + bytes(1024)

    files = {"./host": b"mles.example", "./a/b": b"1", "./ca": b"x" * 600, "./empty": b""}
    write("TarArchive", "gnu", archive(files, tarfile.GNU_FORMAT))
    write("TarArchive", "pax", archive({"host": b"1", "ä" * 60: b"2"}, tarfile.PAX_FORMAT))
    write("TarArchive", "zeros", bytes(1024))
    write("TarArchive", "cut", archive(files, tarfile.USTAR_FORMAT)[:1300])
    moves = [3, 0, 5, 1, 3, 1, 64, 2, 0, 4, 0, 1, 3, 1, 20, 5, 2, 60, 9, 3, 0, 65, 1, 0]
    write("ValueLog", "writes", bytes([1] + moves * 4))
    write("ValueLog", "full-sector", bytes([0] + [byte for number in range(40) for byte in (3, number, 64, number)]))
    write("ValueLog", "power-failures", bytes([1] + [byte for number in range(30) for byte in (1, number * 5, 4, 0, 60, number)]))
    write("ValueLog", "damage", bytes([1] + moves + [2, 0, 0, 9, 7, 2, 8, 1, 2, 3, 0] + moves))


if __name__ == "__main__":
    for make in (frames, handshakes, join_headers, programs, sessions, sensors, texts, settings, archives):
        make()
