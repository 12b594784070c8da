"""The network that the emulated board is plugged into: QEMU's user networking, with everything through this switch.

QEMU hands every frame to this process and takes back what it lets pass (filter-redirector). Names are answered here,
the rest of the network is QEMU's own: DHCP, ARP, and TCP to the host's loopback at 10.0.2.2. Nothing else passes.
"""

import socket
import struct
import threading
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

from harness import PATIENCE

from .listener import listen

HOST = "10.0.2.2"
NAME_SERVER = "10.0.2.3"
_ARP, _IPV4 = 0x0806, 0x0800
_TCP, _UDP = 6, 17
_DNS, _DHCP_SERVER = 53, 67
_ADDRESS_RECORD = 1
_NO_SUCH_NAME = 3


class Datagram(NamedTuple):
    """A UDP datagram in an IPv4 packet in an Ethernet frame."""
    source_mac: bytes
    destination_mac: bytes
    source: str
    destination: str
    source_port: int
    destination_port: int
    payload: bytes

    def answer(self, payload: bytes) -> bytes:
        """The frame of an answer to it."""
        udp = struct.pack(">HHHH", self.destination_port, self.source_port, 8 + len(payload), 0)
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, _UDP, 0,
                           socket.inet_aton(self.destination), socket.inet_aton(self.source))
        head = head[:10] + struct.pack(">H", _checksum(head)) + head[12:]
        return self.source_mac + self.destination_mac + struct.pack(">H", _IPV4) + head + udp + payload


class Switch:
    """Starts in working order; what is changed holds from the next frame on."""

    def __init__(self, folder: Path, addresses: Dict[str, str]) -> None:
        # Names and their addresses; other names do not exist.
        self.addresses = dict(addresses)
        # Whether the DHCP server, and the name server, hear what they are asked.
        self.has_dhcp = True
        self.has_name_server = True
        # Nothing passes, in either direction, though the link is up.
        self.is_cut = False
        # Whether the host's TCP may say that it has room for more.
        self.has_window = True
        # Names that were asked for, DHCP requests that came, and packets to where nothing is.
        self.queries: List[str] = []
        self.dhcp_requests = 0
        self.strays: List[str] = []
        self._changed = threading.Condition()
        self._listeners = {name: listen(folder / f"{name}.socket") for name in self._names()}
        self._sockets: Dict[str, socket.socket] = {}
        self._folder = folder
        self._threads: List[threading.Thread] = []

    @staticmethod
    def _names() -> List[str]:
        return ["from-board", "to-network", "from-network", "to-board"]

    def arguments(self, network: str) -> List[str]:
        """QEMU's options, for the network device of this name."""
        arguments = []
        for name in self._names():
            arguments += ["-chardev", f"socket,id={name},path={self._folder / name}.socket"]
        return arguments + [
            "-object", f"filter-redirector,id=up,netdev={network},queue=rx,outdev=from-board,indev=to-network",
            "-object", f"filter-redirector,id=down,netdev={network},queue=tx,outdev=from-network,indev=to-board"]

    def connect(self, timeout: float) -> None:
        """Waits for QEMU, which connects before it runs the board."""
        for name, listener in self._listeners.items():
            listener.settimeout(timeout)
            self._sockets[name] = listener.accept()[0]
        for name, handler in (("from-board", self._from_board), ("from-network", self._from_network)):
            self._threads.append(threading.Thread(target=self._pump, args=(name, handler), daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        for one in [*self._listeners.values(), *self._sockets.values()]:
            one.close()

    def wait_for(self, condition, timeout: float = PATIENCE) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, timeout), \
                f"not reached: {self.dhcp_requests} DHCP requests, names asked for: {self.queries}"

    def _pump(self, name: str, handler) -> None:
        stream = self._sockets[name].makefile("rb")
        try:
            while len(head := stream.read(4)) == 4:
                count = struct.unpack(">I", head)[0]
                if len(frame := stream.read(count)) == count:
                    handler(frame)
        except (OSError, ValueError):
            pass  # QEMU, or this switch, has ended.

    def _send(self, name: str, frame: bytes) -> None:
        self._sockets[name].sendall(struct.pack(">I", len(frame)) + frame)

    def _from_network(self, frame: bytes) -> None:
        if not self.is_cut:
            is_tcp = struct.unpack_from(">H", frame, 12)[0] == _IPV4 and frame[23] == _TCP
            self._send("to-board", frame if self.has_window or not is_tcp else _without_window(frame))

    def _from_board(self, frame: bytes) -> None:
        if self.is_cut:
            return
        kind = struct.unpack_from(">H", frame, 12)[0]
        datagram = _datagram(frame) if kind == _IPV4 else None
        if datagram and datagram.destination_port == _DHCP_SERVER:
            self._count_dhcp()
            if self.has_dhcp:
                self._send("to-network", frame)
        elif datagram and (datagram.destination, datagram.destination_port) == (NAME_SERVER, _DNS):
            self._answer_name(datagram)
        elif kind == _ARP or (kind == _IPV4 and frame[23] == _TCP and _destination(frame) == HOST):
            self._send("to-network", frame)
        elif kind == _IPV4:
            self.strays.append(_destination(frame))

    def _count_dhcp(self) -> None:
        with self._changed:
            self.dhcp_requests += 1
            self._changed.notify_all()

    def _answer_name(self, query: Datagram) -> None:
        name, end = _name(query.payload)
        with self._changed:
            self.queries.append(name)
            self._changed.notify_all()
        if not self.has_name_server:
            return
        address = self.addresses.get(name)
        self._send("to-board", query.answer(_response(query.payload[:end], address)))


def _destination(frame: bytes) -> str:
    return socket.inet_ntoa(frame[30:34])


def _datagram(frame: bytes) -> Optional[Datagram]:
    if frame[23] != _UDP:
        return None
    start = 14 + 4 * (frame[14] & 0x0F)
    source, destination, length = struct.unpack_from(">HHH", frame, start)
    return Datagram(frame[6:12], frame[:6], socket.inet_ntoa(frame[26:30]), _destination(frame), source, destination,
                    frame[start + 8:start + length])


def _name(query: bytes) -> "tuple[str, int]":
    """The first question's name, and where the question ends."""
    labels, at = [], 12
    while count := query[at]:
        labels.append(query[at + 1:at + 1 + count].decode())
        at += 1 + count
    return ".".join(labels), at + 5


def _response(query: bytes, address: Optional[str]) -> bytes:
    """The response to a query that is only header and question: the address for an hour, or that there is none."""
    identifier = query[:2]
    if address is None:
        return identifier + struct.pack(">HHHHH", 0x8180 | _NO_SUCH_NAME, 1, 0, 0, 0) + query[12:]
    record = struct.pack(">HHHIH", 0xC00C, _ADDRESS_RECORD, 1, 3600, 4) + socket.inet_aton(address)
    return identifier + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + query[12:] + record


def _without_window(frame: bytes) -> bytes:
    """The TCP segment with a window of 0 (RFC 1624 says how the checksum changes with it)."""
    window = 14 + 4 * (frame[14] & 0x0F) + 14
    old, checksum = struct.unpack_from(">HH", frame, window)
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF)
    total = (total & 0xFFFF) + (total >> 16)
    return frame[:window] + struct.pack(">HH", 0, ~total & 0xFFFF) + frame[window + 4:]


def _checksum(head: bytes) -> int:
    total = sum(struct.unpack(f">{len(head) // 2}H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
