"""`mles-sim relay`, with members and raw clients for it."""

import subprocess
from pathlib import Path
from typing import Optional

from . import members, program, wire
from .certificates import Certificate


class Relay(program.Program):
    """A running relay on a free port (or a given one) of 127.0.0.1.

    Its certificate is the development one that it makes in `state`, unless one is given together with its authority.
    """

    def __init__(self, state: Path, *options: str, key: Optional[str] = None, port: int = 0,
                 certificate: Optional[Certificate] = None, authority: Optional[Path] = None) -> None:
        if certificate:
            options += ("--cert", str(certificate.certificate), "--key-pem", str(certificate.key))
        super().__init__([program.MLES_SIM, "relay", "--port", str(port), "--state", str(state), *options],
                         env={"MLES_KEY": key} if key else None)
        try:
            match = self.out.wait_for(r"listening on wss://(?:127\.0\.0\.1|localhost):(\d+)")
        except AssertionError:
            self.__exit__()
            raise AssertionError(f"the relay did not start: {self.err.lines}")
        self.port = int(match.group(1))
        self.url = f"wss://localhost:{self.port}"
        self.authority = str(authority or authority_in(state))

    def member(self, uid: str, **options) -> members.WebsocketsMember:
        return members.WebsocketsMember(self.url, self.authority, uid, **options)

    def websocat(self, uid: str, **options) -> members.Websocat:
        return members.Websocat(self.url, self.authority, uid, **options)

    def raw(self, **options) -> wire.RawClient:
        return wire.RawClient(self.port, self.authority, **options)

    def client(self, command: str, *options: str, **settings) -> program.Program:
        """`mles-sim tail`, `send` or `run` as a client of this relay."""
        return program.mles_sim(command, "--server", self.url, "--ca", self.authority, *options, **settings)


def authority_in(state: Path) -> Path:
    """The development authority's certificate: the one that has CA:TRUE."""
    for path in sorted(state.rglob("*")):
        if path.is_file() and b"BEGIN CERTIFICATE" in path.read_bytes():
            text = subprocess.run(["openssl", "x509", "-in", str(path), "-noout", "-ext", "basicConstraints"],
                                  capture_output=True, text=True).stdout
            if "CA:TRUE" in text:
                return path
    raise AssertionError(f"no certificate of an authority in {[str(path) for path in state.rglob('*')]}")
