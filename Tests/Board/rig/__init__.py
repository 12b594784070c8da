"""What the board tests are built from: the emulated machine, the network that it is plugged into, its debugger."""
