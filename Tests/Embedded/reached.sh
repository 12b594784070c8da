# Sourced by run: the modules that the minimal node must have code of, so that nothing is left out by accident.
REACHED=(Bytes)
