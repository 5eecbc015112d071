package io.internvl.bench;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderState;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Precision;
import io.internvl.core.nn.WeightPacker;
import io.internvl.gguf.GgufFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares the logits of the two precisions. */
@Command(
    name = "accuracy",
    mixinStandardHelpOptions = true,
    description = "Decodes the same random tokens with EXACT and FAST and compares the logits.")
final class AccuracyCommand implements Callable<Integer> {
  @Option(names = "--model", split = ",", required = true, description = "Language model files.")
  private List<Path> models = List.of();

  @Option(
      names = "--tokens",
      defaultValue = "64",
      description = "Decoded tokens (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(names = "--threads", description = "Threads (default: one for each physical core).")
  private int threads = KernelOptions.defaults().threads();

  @Option(names = "--pack", description = "FAST copies weights to the layout for decoding.")
  private boolean pack;

  @Override
  public Integer call() throws IOException {
    System.out.println("| model | logit RMS / spread | KL, nats | same greedy token |");
    System.out.println("|---|---:|---:|---:|");
    for (Path model : models) {
      try (GgufFile file = GgufFile.open(model)) {
        System.out.println(
            compare(file, tokens, threads, pack).row(model.getFileName().toString()));
      }
    }
    return 0;
  }

  /** Decodes random tokens one by one, the same ones on both sides. */
  static Deviation compare(GgufFile file, int tokens, int threads, boolean pack)
      throws IOException {
    Deviation deviation = new Deviation();
    try (Arena arena = Arena.ofShared();
        Kernels exact = KernelProvider.create(new KernelOptions(threads, Precision.EXACT));
        Kernels fast = KernelProvider.create(new KernelOptions(threads, Precision.FAST));
        Side reference = new Side(load(file, arena, exact, false), tokens);
        Side compared = new Side(load(file, arena, fast, pack), tokens)) {
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < tokens; i++) {
        int token = random.nextInt(reference.decoder.config().vocabularySize());
        deviation.add(reference.logitsAfter(token), compared.logitsAfter(token));
      }
    }
    return deviation;
  }

  private static Decoder load(GgufFile file, Arena arena, Kernels kernels, boolean pack)
      throws IOException {
    WeightPacker packer = pack ? new WeightPacker(file, kernels, arena, null) : null;
    Decoder decoder = Decoder.load(file, arena, kernels, null, packer);
    if (packer != null) {
      packer.run((done, total) -> {});
    }
    return decoder;
  }

  /** A conversation with one of the precisions. */
  private static final class Side implements AutoCloseable {
    private final Decoder decoder;
    private final DecoderState state;
    private final float[] logits;

    Side(Decoder decoder, int positions) {
      this.decoder = decoder;
      state = decoder.newState(positions, 1, 1, KvLayer.Format.F32);
      logits = new float[decoder.config().vocabularySize()];
    }

    float[] logitsAfter(int token) {
      decoder.embed(state, token, 0);
      decoder.forward(state, 1, 1);
      state.logits().copyRowTo(0, logits, 0);
      return logits;
    }

    @Override
    public void close() {
      state.close();
    }
  }
}
