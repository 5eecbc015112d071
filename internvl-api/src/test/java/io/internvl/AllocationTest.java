package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.decoder.DecoderState;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.sampling.Sampler;
import io.internvl.core.sampling.SamplingOptions;
import io.internvl.core.tokenizer.StreamingDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an answer costs the garbage collector once the code is compiled. */
class AllocationTest {
  private static final int TOKENS = 200;
  private static final int CONTEXT = 512;
  private static final long ALLOWED_BYTES_PER_TOKEN = 1024;

  /** The compiler decides when code stops allocating; it is given this long to do so. */
  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(floats = {0, 1})
  void aDecodedTokenAllocatesLessThanAKibibyte(float temperature)
      throws IOException, ReflectiveOperationException {
    ModelOptions options = ModelOptions.builder().textOnly(true).threads(2).build();
    try (Model model = Model.load(TinyFiles.copy(directory, TinyFiles.Q8_0), options);
        DecoderState state = model.decoder().newState(CONTEXT, 8, 1, KvLayer.Format.F16)) {
      model.decoder().embed(state, 0, 0);
      model.decoder().forward(state, 1, 1);
      long least = Long.MAX_VALUE;
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (least > ALLOWED_BYTES_PER_TOKEN && System.nanoTime() < deadline) {
        state.cache().truncate(1);
        least = Math.min(least, bytesPerToken(model, state, temperature));
      }
      assertThat(least).isLessThanOrEqualTo(ALLOWED_BYTES_PER_TOKEN);
    }
  }

  private static long bytesPerToken(Model model, DecoderState state, float temperature)
      throws ReflectiveOperationException {
    EndlessTokenizer tokenizer = new EndlessTokenizer(model.tokenizer());
    GenerationOptions options = GenerationOptions.builder().maxTokens(TOKENS).build();
    SamplingOptions sampling = new SamplingOptions(temperature, 40, 0.95f, 0.05f, 1.1f, 1);
    int vocabulary = model.decoder().config().vocabularySize();
    Answer answer =
        new Answer(
            state.cache(),
            tokenizer,
            new Sampler(sampling, vocabulary),
            new StreamingDecoder(tokenizer, Set.of()),
            vocabulary,
            options);
    answer.next(model.decoder(), state);
    int before = answer.produced();
    long start = AllocatedBytes.now();
    while (answer.next(model.decoder(), state) != null) {}
    long bytes = AllocatedBytes.now() - start;
    return bytes / (answer.produced() - before);
  }
}
