package io.internvl.bench;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Measures llama.cpp with its own programs. Names of the tests are those of {@link Run}. */
final class LlamaCpp {
  private static final Pattern ENCODED =
      Pattern.compile("(?:mtmd batch encoding done|image slice encoded) in (\\d+) ms");
  private static final int TILE_PIXELS = 448;
  private static final double MEBIBYTE = 1 << 20;

  private final Path bench;
  private final @Nullable Path mtmdCli;
  private final RunOptions options;
  private long peakBytes;

  /**
   * Creates a runner.
   *
   * @param bench path of llama-bench
   * @param mtmdCli path of llama-mtmd-cli, null to leave the image out
   * @param options what is measured
   */
  LlamaCpp(Path bench, @Nullable Path mtmdCli, RunOptions options) {
    this.bench = bench;
    this.mtmdCli = mtmdCli;
    this.options = options;
  }

  /**
   * Runs all tests once.
   *
   * @return the figures
   * @throws IOException when a program fails
   * @throws InterruptedException when this thread is interrupted
   */
  List<Measurement> measure() throws IOException, InterruptedException {
    List<Measurement> measurements = new ArrayList<>();
    peakBytes = 0;
    if (mtmdCli != null && options.projector != null) {
      measurements.add(measureTile(mtmdCli, options.projector));
    }
    List<Integer> prompts = options.prompts.stream().filter(prompt -> prompt > 0).toList();
    if (!prompts.isEmpty()) {
      measurements.addAll(runBench("-p", RunOptions.join(prompts), "-n", "0"));
    }
    if (options.generate > 0) {
      String depths = RunOptions.join(options.depths);
      String tokens = Integer.toString(options.generate);
      measurements.addAll(runBench("-p", "0", "-n", tokens, "-d", depths));
      if (options.busy > 0) {
        String depth = options.depths.getFirst().toString();
        try (BusyProcesses others = BusyProcesses.start(options.busy)) {
          String suffix = " beside " + others.count() + " busy";
          for (Measurement m : runBench("-p", "0", "-n", tokens, "-d", depth)) {
            measurements.add(Measurement.of(m.test() + suffix, m.unit(), m.samples()));
          }
        }
      }
    }
    if (peakBytes > 0) {
      measurements.add(Measurement.of("peak resident memory", "MiB", peakBytes / MEBIBYTE));
    }
    return measurements;
  }

  private List<Measurement> runBench(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(bench.toString(), "-m", options.model.toString(), "-o", "json"));
    command.addAll(List.of("-t", Integer.toString(options.threads)));
    command.addAll(List.of("-r", Integer.toString(options.repeat)));
    command.addAll(List.of(arguments));
    ChildProcess.Result result = ChildProcess.run(command);
    peakBytes = Math.max(peakBytes, result.peakBytes());
    return parseBench(result.output());
  }

  /** Reads the output of {@code llama-bench -o json}. */
  static List<Measurement> parseBench(String json) {
    List<Measurement> measurements = new ArrayList<>();
    for (JsonNode run : JsonMapper.shared().readTree(json)) {
      int prompt = run.path("n_prompt").asInt();
      int depth = run.path("n_depth").asInt(0);
      String test = prompt > 0 ? "pp" + prompt : "tg" + run.path("n_gen").asInt();
      List<Double> samples = new ArrayList<>();
      run.path("samples_ts").forEach(sample -> samples.add(sample.asDouble()));
      measurements.add(
          Measurement.of(
              test + (depth == 0 ? "" : " @ " + depth),
              "tokens/s",
              samples.stream().mapToDouble(Double::doubleValue).toArray()));
    }
    return measurements;
  }

  private Measurement measureTile(Path program, Path projector)
      throws IOException, InterruptedException {
    Path image = Files.createTempFile("tile", ".png");
    try {
      writeNoise(image);
      double[] samples = new double[options.repeat];
      for (int i = 0; i < samples.length; i++) {
        samples[i] = encodeSeconds(program, projector, image);
      }
      return Measurement.of("tile", "s", samples);
    } finally {
      Files.delete(image);
    }
  }

  private double encodeSeconds(Path program, Path projector, Path image)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(program.toString(), "-m", options.model.toString()));
    command.addAll(List.of("--mmproj", projector.toString(), "--image", image.toString()));
    command.addAll(List.of("-t", Integer.toString(options.threads)));
    command.addAll(List.of("-p", "a", "-n", "1", "--temp", "0", "-c", "1024"));
    ChildProcess.Result result = ChildProcess.run(command);
    return parseEncodeSeconds(result.output() + result.errors());
  }

  /** Reads the log of {@code llama-mtmd-cli} for one image that is one tile. */
  static double parseEncodeSeconds(String log) {
    Matcher matcher = ENCODED.matcher(log);
    if (!matcher.find()) {
      throw new IllegalArgumentException(
          "llama-mtmd-cli printed no line '" + ENCODED.pattern() + "':\n" + log);
    }
    return Integer.parseInt(matcher.group(1)) * 1e-3;
  }

  private static void writeNoise(Path file) throws IOException {
    BufferedImage image = new BufferedImage(TILE_PIXELS, TILE_PIXELS, BufferedImage.TYPE_INT_RGB);
    SplittableRandom random = new SplittableRandom(1);
    for (int y = 0; y < TILE_PIXELS; y++) {
      for (int x = 0; x < TILE_PIXELS; x++) {
        image.setRGB(x, y, random.nextInt(1 << 24));
      }
    }
    ImageIO.write(image, "png", file.toFile());
  }
}
