package dev.zerolite.cli.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zerolite train}: not for users; {@link ArchiveMaker} runs it. */
@Command(
    name = "train",
    hidden = true,
    description = "Starts a small app's backend, uses it and stops, for the JVM to take notes.")
public final class TrainCommand implements Callable<Integer> {
  private static final int ABANDONED = 1;

  // Deleted by whoever runs us: we may be killed.
  @Option(names = "--app", required = true, description = "A directory for the app to be made in.")
  private Path app;

  @Option(names = "--rounds", description = "How often 1,000 statements are executed.")
  private int rounds = 1;

  @Override
  public Integer call() throws Exception {
    var watch = new Thread(TrainCommand::endWithParent, "zerolite-train-parent");
    watch.setDaemon(true);
    watch.start();
    new Workload(app, rounds).run();
    return 0;
  }

  /** Whoever started us holds the other end of our standard input until it dies. */
  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // nothing is ever said
      }
    } catch (IOException e) {
      // as good as the end
    }
    Runtime.getRuntime().halt(ABANDONED);
  }
}
