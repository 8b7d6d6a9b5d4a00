package io.weirkeeper.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulationTest {
  /** Seeds are the same in every build: a failure is a failure for everybody. */
  private static final long FIRST_SEED = 1;

  private static final int HISTORIES = 20_000;
  private static final int MUTANT_HISTORIES = 2_000;
  private static final int THREADS = 2;

  /** Histories must not become so slow that fewer are run. */
  private static final double MAX_CPU_SECONDS = 120;

  @Test
  void every_law_holds_in_every_history() throws Exception {
    Histories.Outcome outcome =
        Histories.run(FIRST_SEED, HISTORIES, THREADS, false, () -> UnaryOperator.identity());
    System.out.printf(
        "Simulation, seeds %d to %d:%n%s%n",
        FIRST_SEED, FIRST_SEED + HISTORIES - 1, outcome.tally().text(outcome.seconds()));
    assertThat(outcome.broken()).as("broken laws: %s", outcome.text()).isEmpty();
    Tally tally = outcome.tally();
    assertThat(tally.histories()).isEqualTo(HISTORIES);
    assertThat(tally.fewestEvents()).isGreaterThanOrEqualTo(History.MIN_EVENTS);
    assertThat(tally.fewestFaults()).isGreaterThanOrEqualTo(History.MIN_FAULTS);
    assertThat(tally.faults()).containsOnlyKeys(Fault.values());
    assertThat(tally.cpuSeconds()).isLessThan(MAX_CPU_SECONDS);
    List<String> missing = new ArrayList<>(MUST_HAPPEN);
    missing.removeAll(tally.transitions().keySet());
    assertThat(missing).as("transitions of the specification that no history made").isEmpty();
  }

  private static final List<String> MUST_HAPPEN =
      List.of(
          "desired Stopped -> Provisioned",
          "desired Provisioned -> Stopped",
          "program PENDING -> COMPILING_SQL",
          "program PENDING -> SYSTEM_ERROR",
          "program COMPILING_SQL -> SQL_COMPILED",
          "program COMPILING_SQL -> SQL_ERROR",
          "program COMPILING_SQL -> SYSTEM_ERROR",
          "program COMPILING_SQL -> PENDING",
          "program SQL_COMPILED -> COMPILING_RUST",
          "program COMPILING_RUST -> SUCCESS",
          "program COMPILING_RUST -> SQL_COMPILED",
          "program SUCCESS -> PENDING",
          "program SQL_ERROR -> PENDING",
          "program SYSTEM_ERROR -> PENDING",
          "storage CLEARED -> IN_USE",
          "storage IN_USE -> CLEARING",
          "storage CLEARING -> CLEARED",
          "resources STOPPED -> PROVISIONING",
          "resources PROVISIONING -> PROVISIONED",
          "resources PROVISIONING -> STOPPING",
          "resources PROVISIONED -> STOPPING",
          "resources STOPPING -> STOPPED",
          "runtime Running -> Suspended");

  @ParameterizedTest
  @EnumSource(Mutants.class)
  void a_mutant_is_caught(Mutants mutant) throws Exception {
    Histories.Outcome outcome =
        Histories.run(FIRST_SEED, MUTANT_HISTORIES, 1, true, () -> mutant::change);
    assertThat(outcome.broken()).as("laws that %s breaks", mutant).isNotEmpty();
    outcome
        .broken()
        .forEach(
            (seed, law) ->
                System.out.printf(
                    "Mutant %s is caught in history %d: %s%n", mutant, seed - FIRST_SEED + 1, law));
  }

  @Test
  void a_seed_is_the_same_history_every_time() {
    String first = History.replay(FIRST_SEED, UnaryOperator.identity());
    assertThat(History.replay(FIRST_SEED, UnaryOperator.identity())).isEqualTo(first);
    assertThat(first).endsWith("every law held\n");
    assertThat(History.replay(FIRST_SEED + 1, UnaryOperator.identity())).isNotEqualTo(first);
  }
}
