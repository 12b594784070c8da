"""Autobahn's fuzzing server, for Python 2.7, on a free port of 127.0.0.1 (its own command listens on all addresses).

usage: fuzzing_server.py FOLDER
Prints `listening on PORT`, writes its reports to FOLDER when a client asks for them, and ends with its standard input.
"""

from __future__ import print_function

import socket
import sys
import threading

from autobahntestsuite import choosereactor  # noqa: F401 - before anything that installs another reactor
from autobahntestsuite.fuzzing import FuzzingServerFactory
from twisted.internet import reactor

BACKLOG = 50


def end_with_input():
    sys.stdin.read()
    reactor.callFromThread(reactor.stop)


def main():
    # What the suite prints of its own goes to the log.
    answer, sys.stdout = sys.stdout, sys.stderr
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    port = listener.getsockname()[1]
    # The factory refuses requests whose Host header has another port than its URL.
    factory = FuzzingServerFactory({
        "url": "ws://127.0.0.1:%d" % port, "outdir": sys.argv[1], "cases": ["*"], "exclude-cases": [],
        "exclude-agent-cases": {}})
    reactor.adoptStreamPort(listener.fileno(), socket.AF_INET, factory)
    print("listening on %d" % port, file=answer)
    answer.flush()
    thread = threading.Thread(target=end_with_input)
    thread.daemon = True
    thread.start()
    reactor.run()


main()
