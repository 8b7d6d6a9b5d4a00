package io.weirkeeper.verticles.http;

import io.weirkeeper.verticles.audit.AuditTrail;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it was told. */
final class TestingAuditTrail implements AuditTrail {
  final List<Deed> each = new CopyOnWriteArrayList<>();
  final List<UUID> ids = new CopyOnWriteArrayList<>();
  final List<Deed> gathered = new CopyOnWriteArrayList<>();

  @Override
  public void each(UUID id, Deed deed) {
    each.add(deed);
    ids.add(id);
  }

  @Override
  public void gathered(Deed deed) {
    gathered.add(deed);
  }
}
