package io.weirkeeper.verticles.audit;

import io.weirkeeper.core.auth.Actor;
import java.util.UUID;

/** Hears who did what. Called on event loops: must neither block nor throw. */
public interface AuditTrail {
  /** Hears nothing. */
  AuditTrail NONE =
      new AuditTrail() {
        @Override
        public void each(UUID id, Deed deed) {}

        @Override
        public void gathered(Deed deed) {}
      };

  /**
   * What was done.
   *
   * @param tenantId acting tenant, or null
   * @param tenantName its name, or null
   * @param actor who did it
   * @param source where from
   * @param operation {@code operationId}, or {@link
   *     io.weirkeeper.core.auth.AuditEntry#AUTHENTICATE}
   * @param pipeline on which pipeline, or null
   * @param object on what else, or null
   * @param status HTTP status of the answer
   */
  record Deed(
      UUID tenantId,
      String tenantName,
      Actor actor,
      String source,
      String operation,
      String pipeline,
      String object,
      int status) {}

  /**
   * A deed of which every single one counts.
   *
   * @param id of version 7, under which the entry is found
   */
  void each(UUID id, Deed deed);

  /**
   * One that may come many times a second: the first is told, the rest of a minute is one entry.
   */
  void gathered(Deed deed);
}
