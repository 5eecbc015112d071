package io.internvl.bench;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.nn.WeightPacker;
import io.internvl.gguf.GgufFile;
import io.internvl.vision.ImageEmbedder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/**
 * Measures one model in this process.
 *
 * <p>The limits of the machine are measured last, so that their buffers do not count as memory of
 * the model.
 */
final class Run {
  private static final double MEBIBYTE = 1 << 20;
  private static final double ALLOWED_OVERHEAD = 400 * MEBIBYTE;
  private static final double ALLOWED_ALLOCATION = 1024;

  private final RunOptions options;
  private final List<Function<Ceilings, Measurement>> results = new ArrayList<>();

  Run(RunOptions options) {
    this.options = options;
  }

  /** Runs all tests. */
  Report measure() throws IOException {
    String kernelsText;
    long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    long begin = System.nanoTime();
    try (Kernels kernels = KernelProvider.create(options.kernels());
        GgufFile file = GgufFile.open(options.model);
        Arena arena = Arena.ofShared()) {
      WeightPacker packer =
          options.packs() ? new WeightPacker(file, kernels, arena, options.packFile) : null;
      Decoder decoder = Decoder.load(file, arena, kernels, null, packer);
      if (packer != null) {
        packer.run((done, total) -> {});
      }
      kernelsText = kernels.description();
      Path projector = options.projector;
      if (projector == null) {
        recordLoad(begin, started);
      } else {
        try (GgufFile tower = GgufFile.open(projector);
            ImageEmbedder embedder = ImageEmbedder.load(tower, arena, kernels)) {
          recordLoad(begin, started);
          measureImage(embedder, VisionWork.of(tower));
        }
      }
      measureLanguage(decoder, LanguageWork.of(file));
      recordMemory(LanguageWork.of(file), file.sizeBytes());
    }
    return report(kernelsText, Ceilings.measure(options.threads));
  }

  private void recordLoad(long begin, long started) {
    add(Measurement.of("load", "s", (System.nanoTime() - begin) * 1e-9));
    double start = (System.currentTimeMillis() - started) * 1e-3;
    add(Measurement.of("JVM start to loaded", "s", start));
  }

  private void measureImage(ImageEmbedder embedder, VisionWork work) {
    VisionBench bench = new VisionBench(embedder);
    double[] seconds = sample(bench::encode);
    add(Measurement.of("tile", "s", seconds));
    double[] speeds = new double[seconds.length];
    for (int i = 0; i < speeds.length; i++) {
      speeds[i] = 1 / seconds[i];
    }
    later("tile", "tiles/s", speeds, work.tileFlops(), 0);
  }

  private void measureLanguage(Decoder decoder, LanguageWork work) throws IOException {
    try (LanguageBench bench = new LanguageBench(decoder, options.positions())) {
      for (int prompt : options.prompts) {
        if (prompt > 0) {
          double[] speeds = sample(() -> prompt / bench.prefill(prompt));
          double weightBytes = (double) (work.layerBytes() + work.outputBytes()) / prompt;
          later("pp" + prompt, "tokens/s", speeds, work.prefillFlops(prompt) / prompt, weightBytes);
        }
      }
      for (int depth : options.depths) {
        if (options.generate > 0) {
          measureDecode(bench, work, depth, "");
        }
      }
      for (int batch : options.batches) {
        if (batch > 0 && options.generate > 0) {
          measureBatch(decoder, work, batch);
        }
      }
      if (options.busy > 0) {
        try (BusyProcesses others = BusyProcesses.start(options.busy)) {
          measureDecode(
              bench, work, options.depths.getFirst(), " beside " + others.count() + " busy");
        }
      }
    }
  }

  private void measureDecode(LanguageBench bench, LanguageWork work, int depth, String suffix) {
    int tokens = options.generate;
    List<Double> allocations = new ArrayList<>();
    double[] speeds =
        sample(() -> {
          bench.fillTo(depth);
          long before = allocatedBytes();
          double speed = tokens / bench.decode(tokens);
          allocations.add((double) (allocatedBytes() - before) / tokens);
          return speed;
        });
    String test = "tg" + tokens + (depth == 0 ? "" : " @ " + depth) + suffix;
    later(test, "tokens/s", speeds, 0, work.decodeBytes(depth + tokens / 2.0));
    double[] last =
        allocations.subList(allocations.size() - speeds.length, allocations.size()).stream()
            .mapToDouble(Double::doubleValue)
            .toArray();
    add(new Measurement(test + " allocation", "B/token", last, ALLOWED_ALLOCATION, "allowed"));
  }

  private void measureBatch(Decoder decoder, LanguageWork work, int conversations) {
    int tokens = options.generate;
    try (BatchBench bench = new BatchBench(decoder, conversations, tokens)) {
      double[] speeds = sample(() -> (double) conversations * tokens / bench.decode(tokens));
      double weightBytes = (double) (work.layerBytes() + work.outputBytes()) / conversations;
      double bytes = weightBytes + work.cacheBytes(1) * tokens / 2.0;
      double flops = 2.0 * (work.layerWeights() + work.outputWeights());
      later("tg" + tokens + " x " + conversations, "tokens/s", speeds, flops, bytes);
    }
  }

  private void recordMemory(LanguageWork work, long fileBytes) throws IOException {
    OptionalLong peak = ProcessMemory.peakBytes();
    if (peak.isEmpty()) {
      return;
    }
    Path projector = options.projector;
    double files = fileBytes + (projector == null ? 0 : Files.size(projector));
    double limit = files + work.cacheBytes(options.positions()) + ALLOWED_OVERHEAD;
    double[] sample = {peak.getAsLong() / MEBIBYTE};
    add(
        new Measurement(
            "peak resident memory", "MiB", sample, limit / MEBIBYTE, "files + KV + 400 MiB"));
  }

  private double[] sample(DoubleSupplier test) {
    long start = System.nanoTime();
    do {
      test.getAsDouble();
    } while ((System.nanoTime() - start) * 1e-9 < options.warmUpSeconds);
    double[] samples = new double[options.repeat];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = test.getAsDouble();
    }
    return samples;
  }

  private void add(Measurement measurement) {
    results.add(ceilings -> measurement);
  }

  /** Adds a speed in units a second, given the work for one unit; its limit follows later. */
  private void later(String test, String unit, double[] speeds, double flops, double bytes) {
    results.add(ceilings -> {
      double byFlops = flops == 0 ? Double.MAX_VALUE : ceilings.fmaFlops() / flops;
      double byBytes = bytes == 0 ? Double.MAX_VALUE : ceilings.readBytes() / bytes;
      String limitedBy = byFlops < byBytes ? "FMA peak" : "read bandwidth";
      return new Measurement(test, unit, speeds, Math.min(byFlops, byBytes), limitedBy);
    });
  }

  private Report report(String kernels, Ceilings ceilings) {
    return new Report(
        options.model.getFileName().toString(),
        options.projector == null ? "" : options.projector.getFileName().toString(),
        Machine.describe(),
        Runtime.version().toString(),
        kernels,
        options.threads,
        ceilings.fmaFlops() * 1e-9,
        ceilings.readBytes() * 1e-9,
        results.stream().map(result -> result.apply(ceilings)).toList());
  }

  private static long allocatedBytes() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.ThreadMXBean.class)
        .getTotalThreadAllocatedBytes();
  }
}
