package io.weirkeeper.engine.flow;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.OperatorStreamStateHandle;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;

/**
 * Flink's incremental checkpoints share files, which Flink deletes when its own newest checkpoint
 * has no use for them. So that each of our checkpoints is whole by itself, its directory gets a
 * hard link to every file, and metadata that names them there.
 */
final class FlinkFiles {

  /** Flink's name of the file that ties a saved state together. */
  static final String METADATA = "_metadata";

  /** Directory of the linked files, beside the metadata. */
  private static final String FILES = "files";

  private final Path target;
  private final boolean relative;
  private final Map<Path, Path> linked = new HashMap<>();

  private FlinkFiles(Path target, boolean relative) {
    this.target = target;
    this.relative = relative;
  }

  /** Reads the metadata of a saved state. */
  static CheckpointMetadata read(Path directory) throws IOException {
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(Files.newInputStream(directory.resolve(METADATA))))) {
      return Checkpoints.loadCheckpointMetadata(
          in, FlinkFiles.class.getClassLoader(), directory.toUri().toString());
    }
  }

  /**
   * Makes a directory that is whole by itself and may be moved.
   *
   * @param checkpoint directory of Flink's checkpoint
   * @param target the directory, which must not be there
   */
  static void keep(Path checkpoint, Path target) throws IOException {
    link(checkpoint, target, true);
  }

  /**
   * Makes a directory that Flink may have for its own, and delete, when it goes on from it.
   *
   * @param kept directory that {@link #keep} made
   * @param target the directory, which must not be there
   */
  static void lend(Path kept, Path target) throws IOException {
    link(kept, target, false);
  }

  private static void link(Path source, Path target, boolean relative) throws IOException {
    CheckpointMetadata metadata = read(source);
    Files.createDirectories(target.resolve(FILES));
    FlinkFiles files = new FlinkFiles(target, relative);
    List<OperatorState> states = new ArrayList<>();
    for (OperatorState state : metadata.getOperatorStates()) {
      states.add(files.linked(state));
    }
    try (DataOutputStream out =
        new DataOutputStream(
            new BufferedOutputStream(Files.newOutputStream(target.resolve(METADATA))))) {
      Checkpoints.storeCheckpointMetadata(
          new CheckpointMetadata(
              metadata.getCheckpointId(),
              states,
              metadata.getMasterStates(),
              metadata.getCheckpointProperties()),
          out);
    }
  }

  private OperatorState linked(OperatorState state) throws IOException {
    if (state.isFullyFinished()) {
      return state; // Has nothing but its end.
    }
    OperatorState copy =
        new OperatorState(
            state.getOperatorName().orElse(null),
            state.getOperatorUid().orElse(null),
            state.getOperatorID(),
            state.getParallelism(),
            state.getMaxParallelism());
    copy.setCoordinatorState(state.getCoordinatorState());
    for (Map.Entry<Integer, OperatorSubtaskState> subtask : state.getSubtaskStates().entrySet()) {
      copy.putState(subtask.getKey(), linked(subtask.getValue()));
    }
    return copy;
  }

  private OperatorSubtaskState linked(OperatorSubtaskState state) throws IOException {
    if (state.isFinished()) {
      return state;
    }
    return state.toBuilder()
        .setManagedOperatorState(each(state.getManagedOperatorState(), this::operatorState))
        .setRawOperatorState(each(state.getRawOperatorState(), this::operatorState))
        .setManagedKeyedState(each(state.getManagedKeyedState(), this::keyedState))
        .setRawKeyedState(each(state.getRawKeyedState(), this::keyedState))
        .build();
  }

  /** As {@link Function}. */
  @FunctionalInterface
  private interface Linking<T> {
    T link(T state) throws IOException;
  }

  private static <T extends StateObject> StateObjectCollection<T> each(
      StateObjectCollection<T> states, Linking<T> linking) throws IOException {
    List<T> linked = new ArrayList<>();
    for (T state : states) {
      linked.add(linking.link(state));
    }
    return new StateObjectCollection<>(linked);
  }

  private OperatorStateHandle operatorState(OperatorStateHandle handle) throws IOException {
    if (handle instanceof OperatorStreamStateHandle stream) {
      return new OperatorStreamStateHandle(
          stream.getStateNameToPartitionOffsets(), linked(stream.getDelegateStateHandle()));
    }
    throw unknown(handle);
  }

  private KeyedStateHandle keyedState(KeyedStateHandle handle) throws IOException {
    if (handle instanceof IncrementalRemoteKeyedStateHandle rocks) {
      return IncrementalRemoteKeyedStateHandle.restore(
          rocks.getBackendIdentifier(),
          rocks.getKeyGroupRange(),
          rocks.getCheckpointId(),
          linked(rocks.getSharedState()),
          linked(rocks.getPrivateState()),
          linked(rocks.getMetaDataStateHandle()),
          rocks.getCheckpointedSize(),
          rocks.getStateHandleId());
    }
    if (handle.getClass() == KeyGroupsStateHandle.class) {
      KeyGroupsStateHandle groups = (KeyGroupsStateHandle) handle;
      return KeyGroupsStateHandle.restore(
          groups.getGroupRangeOffsets(),
          linked(groups.getDelegateStateHandle()),
          groups.getStateHandleId());
    }
    throw unknown(handle);
  }

  private List<HandleAndLocalPath> linked(List<HandleAndLocalPath> handles) throws IOException {
    List<HandleAndLocalPath> linked = new ArrayList<>();
    for (HandleAndLocalPath handle : handles) {
      linked.add(HandleAndLocalPath.of(linked(handle.getHandle()), handle.getLocalPath()));
    }
    return linked;
  }

  private StreamStateHandle linked(StreamStateHandle handle) throws IOException {
    if (handle instanceof ByteStreamStateHandle) {
      return handle;
    }
    if (!(handle instanceof FileStateHandle file)) {
      throw unknown(handle);
    }
    Path link = link(Path.of(file.getFilePath().getPath()));
    return relative
        ? new RelativeFileStateHandle(
            LinkingFileSystem.path(link), FILES + "/" + link.getFileName(), file.getStateSize())
        : new FileStateHandle(LinkingFileSystem.path(link), file.getStateSize());
  }

  private Path link(Path source) throws IOException {
    Path known = linked.get(source);
    if (known != null) {
      return known;
    }
    Path link = target.resolve(FILES).resolve(source.getFileName());
    Files.createLink(link, source);
    linked.put(source, link);
    return link;
  }

  private static IOException unknown(StateObject handle) {
    return new IOException(
        "a state of the kind %s can't be kept: this version does not know it"
            .formatted(handle.getClass().getName()));
  }
}
