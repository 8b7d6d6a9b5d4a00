package io.weirkeeper.verticles.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Where and how pipeline processes run on this host.
 *
 * @param hostId persisted id of this host (SAFETY rule 2)
 * @param java path of the {@code java} executable
 * @param jvmOptions options of the pipeline JVM, before the class path
 * @param classPath class path of the pipeline JVM
 * @param mainClass its main class
 * @param directory root of all pipelines' working and storage directories
 * @param bindAddress address that processes listen on
 * @param maxConcurrentStarts processes that start at the same time; more wait
 * @param maxQueuedStarts starts that wait; more are refused
 * @param spareProcesses processes that are kept warm for the next starts; 0 for none
 * @param spareOptions options of the JVM of such a process, beside those of any
 * @param heapBytes heap limit of a process whose pipeline sets no memory limit
 * @param minFreeMemoryBytes a start is refused when less memory is available on the host
 * @param startTimeout from the fork to the process's report, unless the pipeline's settings say
 *     otherwise
 * @param grantTimeout a process without a grant for this long ends itself
 * @param killTimeout a killed process must be gone within this
 */
public record HostSettings(
    String hostId,
    Path java,
    List<String> jvmOptions,
    String classPath,
    String mainClass,
    Path directory,
    String bindAddress,
    int maxConcurrentStarts,
    int maxQueuedStarts,
    int spareProcesses,
    List<String> spareOptions,
    long heapBytes,
    long minFreeMemoryBytes,
    Duration startTimeout,
    Duration grantTimeout,
    Duration killTimeout) {}
