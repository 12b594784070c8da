"""What the peer tests are built from: programs, certificates, members of a channel, a server that follows a script."""

# The longest that anything on this machine may take, in seconds; a wait that reaches it fails the test.
PATIENCE = 20.0
