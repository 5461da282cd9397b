package dev.zerolite.bench;

import java.nio.file.Path;
import java.util.List;

/** {@code bench/run PROGRAM [seconds per measurement]}. */
public final class Main {
  private Main() {}

  /** Runs one program. */
  public static void main(String[] args) throws Exception {
    var words = List.of(args);
    var program = words.isEmpty() ? "" : words.get(0);
    double seconds = words.size() > 1 ? Double.parseDouble(words.get(1)) : 1;
    var root = Path.of(System.getProperty("zerolite.root"));
    var node = NodeProgram.in(root);
    System.out.println(Machine.describe());
    switch (program) {
      case "engine" -> new EngineBench(node, seconds).run();
      case "curve" -> new ColdCurve(node, (int) Math.max(5, 60 * seconds)).run();
      case "start" -> new StartBench(root, false).run();
      case "process" -> new StartBench(root, true).run();
      case "backends" -> new BackendsBench().run();
      case "sessions" -> new SessionsBench(seconds).run();
      case "settings" -> new SettingsBench().run();
      case "wire" -> new WireBench(node, seconds).run();
      case "replication" -> new ReplicationBench(seconds).run();
      default -> {
        System.err.println(
            "usage: bench/run engine|curve|start|process|backends|sessions|settings|wire|replication [FACTOR]");
        System.exit(2);
      }
    }
    System.exit(0);
  }
}
