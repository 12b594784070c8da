"""`openssl s_server` on a free port: a TLS server with whatever certificate, that never speaks HTTP."""

from .certificates import Certificate
from .program import Program


class OpenSSLServer(Program):
    def __init__(self, certificate: Certificate, *options: str) -> None:
        super().__init__(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(certificate.certificate),
                          "-key", str(certificate.key), *options])
        self.port = int(self.out.wait_for(r"ACCEPT 127\.0\.0\.1:(\d+)").group(1))
