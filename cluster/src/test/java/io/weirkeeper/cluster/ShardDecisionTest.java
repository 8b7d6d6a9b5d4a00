package io.weirkeeper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.store.Guard;
import io.weirkeeper.store.NodeRow;
import io.weirkeeper.store.SessionPoll;
import io.weirkeeper.store.ShardRow;
import io.weirkeeper.store.Timeline;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ShardDecisionTest {
  private static final UUID ME = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);
  private static final UUID DEAD = new UUID(0, 3);

  private static NodeRow node(UUID incarnation, boolean fenced, boolean draining) {
    return new NodeRow(incarnation, "n", "", "h", 1, fenced, draining, "v");
  }

  private static ShardDecision decide(Map<Integer, Guard> held, ShardRow... shards) {
    return ShardDecision.after(
        new SessionPoll(
            true,
            List.of(node(ME, false, false), node(OTHER, false, false), node(DEAD, true, false)),
            List.of(shards),
            new Timeline("1", 1)),
        ME,
        held);
  }

  @Test
  void freeShardsAreClaimed() {
    assertThat(decide(Map.of(), new ShardRow(4, null, 0, null)).claim()).containsExactly(4);
  }

  @Test
  void shardsOfAFencedOwnerAreClaimed() {
    assertThat(decide(Map.of(), new ShardRow(4, DEAD, 3, null)).claim()).containsExactly(4);
  }

  @Test
  void shardsOfALiveOwnerAreNotClaimed() {
    assertThat(decide(Map.of(), new ShardRow(4, OTHER, 3, null)).claim()).isEmpty();
  }

  @Test
  void aShardOfferedToThisIncarnationIsClaimed() {
    assertThat(decide(Map.of(), new ShardRow(4, OTHER, 3, ME)).claim()).containsExactly(4);
  }

  @Test
  void aShardOfferedToAnotherIsNotClaimed() {
    assertThat(decide(Map.of(), new ShardRow(4, OTHER, 3, DEAD)).claim()).isEmpty();
  }

  @Test
  void aShardWhoseClaimWasNotHeardOfIsClaimedAgain() {
    assertThat(decide(Map.of(), new ShardRow(4, ME, 3, null)).claim()).containsExactly(4);
  }

  @Test
  void aHeldShardIsKept() {
    ShardDecision decision = decide(Map.of(4, new Guard(4, 3, ME)), new ShardRow(4, ME, 3, null));
    assertThat(decision.lost()).isEmpty();
    assertThat(decision.claim()).isEmpty();
  }

  @Test
  void aShardThatAnotherClaimedIsLost() {
    Guard guard = new Guard(4, 3, ME);
    ShardDecision decision = decide(Map.of(4, guard), new ShardRow(4, OTHER, 4, null));
    assertThat(decision.lost()).containsExactly(guard);
    assertThat(decision.claim()).isEmpty();
  }

  @Test
  void aShardOfTheSameEpochAndAnotherOwnerIsLost() {
    Guard guard = new Guard(4, 3, ME);
    assertThat(decide(Map.of(4, guard), new ShardRow(4, OTHER, 3, null)).lost())
        .containsExactly(guard);
  }

  @Test
  void aPollThatIsOlderThanTheClaimTakesNothingAway() {
    ShardDecision decision = decide(Map.of(4, new Guard(4, 3, ME)), new ShardRow(4, null, 2, null));
    assertThat(decision.lost()).isEmpty();
    assertThat(decision.claim()).isEmpty();
  }

  @Test
  void aDrainingNodeClaimsNothing() {
    ShardDecision decision =
        ShardDecision.after(
            new SessionPoll(
                true,
                List.of(node(ME, false, true)),
                List.of(new ShardRow(4, null, 0, null)),
                new Timeline("1", 1)),
            ME,
            Map.of());
    assertThat(decision.claim()).isEmpty();
  }
}
