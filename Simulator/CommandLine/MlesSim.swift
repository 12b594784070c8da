/// The program `mles-sim`: its commands, in the order in which `--help` shows them.
public enum MlesSim {
  /// Runs what `arguments`, without the program's name, ask for; returns the exit status.
  public static func run(_ arguments: [String]) -> Int32 {
    Console.prepareStandardStreams()
    return program.run(arguments, console: Console(name: "mles-sim"))
  }

  static var program: Program {
    Program([
      RunCommand.entry, RelayCommand.entry, TailCommand.entry, SendCommand.entry, ProbeCommand.entry,
      BenchCommand.entry, SimulateCommand.entry,
    ])
  }
}
