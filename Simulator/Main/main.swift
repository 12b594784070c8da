import Glibc
import Simulator

exit(MlesSim.run(Array(CommandLine.arguments.dropFirst())))
