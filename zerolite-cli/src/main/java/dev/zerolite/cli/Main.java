package dev.zerolite.cli;

import dev.zerolite.cli.archive.TrainCommand;
import dev.zerolite.cli.log.ConsoleLog;
import dev.zerolite.pglite.host.Engine;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** The command's entry point. */
@Command(
    name = "zerolite",
    description =
        "A development backend for apps built on Zero: PostgreSQL and zero-cache, one command, no Docker.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {StartCommand.class, ResetCommand.class, TrainCommand.class},
    synopsisSubcommandLabel = "start",
    footer = {
      "",
      "Try it:",
      "  zerolite start          in an app's directory",
      "  zerolite start --help   for all that can be set",
      "  zerolite reset          removes the app's database, to begin anew"
    })
public final class Main {
  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    ConsoleLog.install();
    Supplier<Engine> engine =
        args.length > 0 && args[0].equals("start") ? EngineLoading.begin() : Engine::load;
    var terminal = Terminal.ofThisProcess();
    System.exit(commandLine(terminal, engine).execute(args));
  }

  static CommandLine commandLine(Terminal terminal, Supplier<Engine> engine) {
    return new CommandLine(
            new Main(),
            new CommandLine.IFactory() {
              @Override
              public <K> K create(Class<K> type) throws Exception {
                if (type == StartCommand.class) {
                  return type.cast(new StartCommand(terminal, engine));
                }
                if (type == ResetCommand.class) {
                  return type.cast(new ResetCommand(terminal, System.in));
                }
                return CommandLine.defaultFactory().create(type);
              }
            })
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(terminal.colours() ? Ansi.ON : Ansi.OFF))
        .setUsageHelpAutoWidth(true)
        .setCaseInsensitiveEnumValuesAllowed(true);
  }
}
