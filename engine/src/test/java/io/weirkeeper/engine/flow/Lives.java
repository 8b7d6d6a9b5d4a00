package io.weirkeeper.engine.flow;

import static io.weirkeeper.engine.flow.RunningDataflow.PATIENCE_SECONDS;

import io.weirkeeper.core.plan.PipelinePlan;
import io.weirkeeper.core.plan.ProgramChange;
import io.weirkeeper.core.plan.ProgramState;
import io.weirkeeper.engine.format.FormatException;
import io.weirkeeper.engine.format.RowFormat;
import io.weirkeeper.engine.journal.Journal;
import io.weirkeeper.engine.journal.JournalSettings;
import io.weirkeeper.engine.store.AdHocQueryException;
import io.weirkeeper.engine.store.AdHocResult;
import io.weirkeeper.engine.store.AdHocStore;
import io.weirkeeper.engine.store.StoreFiles;
import io.weirkeeper.engine.store.StoreSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.flink.table.data.GenericRowData;

/** Dataflows that go on from each other's state, each perhaps with another program. */
final class Lives {

  private final Path directory;
  private final boolean journaled;
  private int saves;

  /** Whether a process that takes over another program's state dies before it has saved its own. */
  boolean dying;

  SavedState saved;

  Lives(Path directory, boolean journaled) throws Exception {
    this.directory = directory;
    this.journaled = journaled;
    Files.createDirectory(directory.resolve("scratch"));
  }

  /** A dataflow with what it writes to. */
  final class Life implements AutoCloseable {
    private final Journal journal;
    final AdHocStore store;
    private final Dataflow opened;
    final RunningDataflow flow;

    private Life(PipelinePlan plan, boolean silent) throws Exception {
      ProgramChange change =
          saved == null ? null : ProgramChange.between(saved.program(), ProgramState.of(plan));
      Set<String> kept = null;
      if (change != null) {
        kept = new HashSet<>(change.keptTables());
        kept.addAll(change.keptViews());
      }
      journal =
          journaled ? Journal.open(directory.resolve("journal"), JournalSettings.defaults()) : null;
      store =
          AdHocStore.open(
              plan,
              StoreSettings.defaults(),
              new StoreFiles(
                  directory.resolve("scratch"), saved == null ? null : saved.directory(), kept));
      Dataflow dataflow =
          Dataflow.open(
              plan,
              RunningDataflow.settings(),
              store,
              JobCache.none(),
              new Durability(
                  saved,
                  journal == null ? null : journal.replay(saved == null ? 1 : saved.logSegment()),
                  journal,
                  new Bootstrap(silent, this::rows)));
      opened = dataflow;
      flow = RunningDataflow.start(dataflow);
      dataflow.replayed().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (change != null && !change.none() && !dying) {
        save();
        dataflow.goOn();
      }
    }

    SavedState save() throws Exception {
      for (int attempt = 1; ; attempt++) {
        Path place = Files.createDirectory(directory.resolve("c" + ++saves));
        try {
          saved = flow.dataflow.save(place, () -> null).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
          return saved;
        } catch (ExecutionException e) {
          // A task that ends just then spoils it; the process tries again too.
          if (attempt == 3) {
            throw e;
          }
        }
      }
    }

    private void rows(String table, Consumer<GenericRowData> to) {
      RowFormat format = RowFormat.of(opened.relation(table).orElseThrow());
      try (AdHocResult result = store.query("SELECT * FROM " + table)) {
        for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
          to.accept((GenericRowData) format.insertOf(List.of(), row.get()).row());
        }
      } catch (AdHocQueryException | FormatException e) {
        throw new AssertionError(e);
      }
    }

    List<List<Object>> query(String sql) throws Exception {
      List<List<Object>> rows = new ArrayList<>();
      try (AdHocResult result = store.query(sql)) {
        for (Optional<Object[]> row = result.next(); row.isPresent(); row = result.next()) {
          rows.add(List.of(row.get()));
        }
      }
      return rows;
    }

    @Override
    public void close() {
      flow.close();
      store.close();
      if (journal != null) {
        journal.close();
      }
    }
  }

  Life run(Program program) throws Exception {
    return new Life(program.plan(), false);
  }

  Life runSilently(Program program) throws Exception {
    return new Life(program.plan(), true);
  }
}
