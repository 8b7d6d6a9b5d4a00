package io.weirkeeper.engine.process;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The last minute, a sample a second (spec §3.3). */
final class TimeSeries {
  private final ArrayDeque<Map<String, Object>> samples = new ArrayDeque<>();

  /** Adds a sample of this moment. */
  synchronized Map<String, Object> add(long processedRecords, long memoryBytes, long storageBytes) {
    Map<String, Object> sample = new LinkedHashMap<>();
    sample.put("t", System.currentTimeMillis());
    sample.put("r", processedRecords);
    sample.put("m", memoryBytes);
    sample.put("s", storageBytes);
    if (samples.size() == Limits.TIME_SERIES_SAMPLES) {
      samples.removeFirst();
    }
    samples.add(sample);
    return sample;
  }

  synchronized List<Map<String, Object>> samples() {
    return new ArrayList<>(samples);
  }
}
