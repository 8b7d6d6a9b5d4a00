package io.weirkeeper.core.deploy;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.UUID;

/**
 * A pipeline process tells who it is: enough to prove later, on its own host, that it is gone.
 *
 * @param instance chosen by the process at birth
 * @param bootId the kernel's boot id of its host
 * @param pid process id in the pid namespace of its host
 * @param startTicks the kernel's start time of that pid, in clock ticks since boot
 * @param address the address it listens on
 * @param port the port it listens on
 */
public record ProcessReport(
    @JsonProperty("instance") UUID instance,
    @JsonProperty("boot_id") String bootId,
    @JsonProperty("pid") long pid,
    @JsonProperty("start_ticks") long startTicks,
    @JsonProperty("address") String address,
    @JsonProperty("port") int port) {}
