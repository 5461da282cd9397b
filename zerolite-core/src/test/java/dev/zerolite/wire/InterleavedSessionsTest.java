package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.wire.FrontendMessage.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two clients use the same names for everything and take turns message by message, each of them in
 * the middle of a statement, while a third one checkpoints, vacuums and changes the catalog in
 * between. None may notice, on ours as little as on a native server.
 */
@Timeout(180)
final class InterleavedSessionsTest {
  private static final List<String> IN_BETWEEN =
      List.of(
          "checkpoint",
          "vacuum pg_class, pg_attribute, pg_statistic",
          "create table passing (a int primary key); analyze pg_class",
          "drop table passing; select pg_switch_wal() is not null");

  /** A message, and what its answer ends with unless that is an error. */
  private record Step(FrontendMessage message, String ends) {}

  @Test
  void keepWhatIsTheirOwn() throws IOException, BackendStartException, InterruptedException {
    try (ServerPair servers = ServerPair.start()) {
      List<String> expected = talk(servers.postgresPort());
      List<String> actual = talk(servers.port());
      assertThat(actual).isEqualTo(expected);
      // the conversation showed what it should
      assertThat(actual)
          .anyMatch(line -> line.startsWith("1 D") && line.contains("app 1"))
          .anyMatch(line -> line.startsWith("2 D") && line.contains("app 2"))
          .anyMatch(line -> line.startsWith("1 A") && line.contains("to 1"))
          .anyMatch(line -> line.startsWith("2 E") && line.contains("|C25P02|"));
    }
  }

  private static List<String> talk(int port) throws IOException {
    List<String> answers = new ArrayList<>();
    try (RawClient keeper = new RawClient(port).login("postgres", "postgres");
        RawClient one = new RawClient(port).login("postgres", "postgres");
        RawClient two = new RawClient(port).login("postgres", "postgres")) {
      keeper.send(RawClient.query("create table shared (who int, what text)")).readUntil('Z');
      List<Step> ofOne = steps(1);
      List<Step> ofTwo = steps(2);
      for (int i = 0; i < ofOne.size(); i++) {
        answers.addAll(take(one, 1, ofOne.get(i)));
        keeper.send(RawClient.query(IN_BETWEEN.get(i % IN_BETWEEN.size()))).readUntil('Z');
        answers.addAll(take(two, 2, ofTwo.get(i)));
      }
    }
    return answers;
  }

  private static List<String> take(RawClient client, int who, Step step) throws IOException {
    client.send(step.message().bytes());
    if (!step.ends().equals("Z")) {
      client.send(FrontendMessage.flush().bytes());
    }
    List<String> answers = new ArrayList<>();
    answers.add(who + " > " + step.message());
    RawClient.Message answer;
    do {
      answer = client.read();
      answers.add(who + " " + Conversation.readable(answer));
    } while (step.ends().indexOf(answer.type()) < 0
        && !(answer.type() == 'E' && !step.ends().equals("Z")));
    return answers;
  }

  private static List<Step> steps(int who) {
    List<Value> number = List.of(Value.text(Integer.toString(who)));
    return List.of(
        query("create temp table mine as select " + who + " as a, 'of %d' as t".formatted(who)),
        query("create temp sequence s start " + 100 * who),
        query("set application_name = 'app %d'; set work_mem = '%dMB'".formatted(who, who)),
        query("select nextval('s'), pg_advisory_lock(" + who + ")"),
        query("listen news_" + who),
        query("select set_config('search_path', '', false) where " + who + " = 2"),
        query(
            "declare c cursor with hold for select i * %d from generate_series(1, 9) i"
                .formatted(who)),
        step(
            FrontendMessage.parse(
                "s",
                "select a, t, current_setting('application_name'), current_setting('work_mem'),"
                    + " $1::int from pg_temp.mine",
                List.of()),
            "1"),
        step(FrontendMessage.bind("p", "s", number, 0), "2"),
        step(FrontendMessage.describe('P', "p"), "T"),
        step(FrontendMessage.execute("p", 0), "C"),
        step(FrontendMessage.bind("", "s", number, 1), "2"),
        step(FrontendMessage.execute("", 0), "C"),
        step(FrontendMessage.sync(), "Z"),
        query("fetch 2 from c"),
        query("begin"),
        query("insert into public.shared values (%d, 'uncommitted')".formatted(who)),
        step(FrontendMessage.parse("", "select who, what from public.shared", List.of()), "1"),
        step(FrontendMessage.bind("q", "", List.of(), 0), "2"),
        step(FrontendMessage.execute("q", 1), "sC"),
        step(FrontendMessage.execute("q", 0), "C"),
        step(FrontendMessage.sync(), "Z"),
        query(
            "savepoint sp; update public.shared set what = 'changed'; select * from public.shared"),
        query(who == 2 ? "select 1/0" : "release sp"),
        query("select count(*) from public.shared"),
        query(who == 2 ? "rollback to sp" : "commit"),
        query("select who, what from public.shared order by who"),
        query(who == 2 ? "rollback" : "select 1"),
        query("select who, what from public.shared order by who"),
        query("select currval('pg_temp.s'), lastval(), current_setting('search_path')"),
        query("select objid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"),
        query("select pg_listening_channels()"),
        query("notify news_%d, 'to %d'".formatted(who, who)),
        query("fetch 2 from c"),
        query("select name, statement from pg_prepared_statements"),
        query("select name from pg_cursors"),
        query(who == 1 ? "discard all" : "select 'kept'"),
        step(FrontendMessage.describe('S', "s"), "T"),
        step(FrontendMessage.sync(), "Z"),
        query("show application_name"));
  }

  private static Step query(String sql) {
    return step(FrontendMessage.query(sql), "Z");
  }

  private static Step step(FrontendMessage message, String ends) {
    return new Step(message, ends);
  }
}
