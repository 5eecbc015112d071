package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * All golden conversations of the tiny model, end to end, with float32 and with quantised weights:
 * prompts, tiles, logits and greedy answers of InternVL's Python.
 */
class GoldenConversationsTest {
  private static final float LOGIT_TOLERANCE = 1e-3f;
  private static final float SAME_LOGITS = 1e-4f;
  private static final double F32_MARGIN = 0.02;
  private static final double Q8_0_MARGIN = 0.5;

  @TempDir static Path directory;
  private static Model exact;
  private static Model quantised;

  @BeforeAll
  static void load() throws IOException {
    Path f32 = TinyFiles.copy(directory, TinyFiles.F32, TinyFiles.F32_PART_2, TinyFiles.F32_VISION);
    Path q8 = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    exact =
        Model.load(
            f32,
            ModelOptions.builder()
                .mmproj(directory.resolve(TinyFiles.F32_VISION))
                .precision(Precision.EXACT)
                .kvCacheType(KvCacheType.F32)
                .build());
    quantised =
        Model.load(
            q8, ModelOptions.builder().mmproj(directory.resolve(TinyFiles.F16_VISION)).build());
  }

  @AfterAll
  static void close() {
    exact.close();
    quantised.close();
  }

  static List<GoldenCase> all() throws IOException {
    return GoldenCase.all();
  }

  static List<GoldenCase> clearAtF32() throws IOException {
    return all().stream().filter(c -> c.margin() > F32_MARGIN).toList();
  }

  static List<GoldenCase> clearAtQ8() throws IOException {
    return all().stream().filter(c -> c.margin() > Q8_0_MARGIN).toList();
  }

  static List<GoldenCase> multiTurn() throws IOException {
    return all().stream().filter(c -> !c.json().get("history").isEmpty()).toList();
  }

  @Test
  void thereAreAllCases() throws IOException {
    assertThat(all()).hasSize(GoldenCase.COUNT);
    assertThat(clearAtF32()).hasSize(106);
    assertThat(clearAtQ8()).hasSize(87);
    assertThat(multiTurn()).hasSize(5);
  }

  @ParameterizedTest
  @MethodSource("all")
  void promptIdsAreGolden(GoldenCase golden) throws IOException {
    try (Session session = exact.newSession(golden.sessionOptions())) {
      assertThat(session.promptIds(golden.question())).isEqualTo(golden.promptIds());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void tilesAreGolden(GoldenCase golden) throws Exception {
    List<Image> images = golden.images();
    ImagePreparation preparation = new ImagePreparation(exact.embedder().config());
    for (int i = 0; i < images.size(); i++) {
      JsonNode expected = golden.json().get("images").get(i);
      var tiles = preparation.tiles(images.get(i));
      MessageDigest sha = sha256();
      tiles.forEach(tile -> sha.update(tile.rgb()));
      assertThat(tiles).hasSize(expected.get("tiles").asInt());
      assertThat(HexFormat.of().formatHex(sha.digest()))
          .isEqualTo(expected.get("tiles_u8_sha256").asString());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void firstTokenLogitsAreGolden(GoldenCase golden) throws IOException {
    try (Session session = exact.newSession(golden.sessionOptions());
        ReplyStream stream = session.stream(golden.question())) {
      assertLogits(session, golden);
      stream.cancel();
    }
  }

  @ParameterizedTest
  @MethodSource("clearAtF32")
  void greedyAnswersAreGoldenInFloat32(GoldenCase golden) throws IOException {
    assertAnswer(exact, golden);
  }

  @ParameterizedTest
  @MethodSource("clearAtQ8")
  void greedyAnswersAreGoldenWithQuantisedWeights(GoldenCase golden) throws IOException {
    assertAnswer(quantised, golden);
  }

  @ParameterizedTest
  @MethodSource("multiTurn")
  void aReusedCacheGivesTheLogitsOfAFreshOne(GoldenCase golden) throws IOException {
    SessionOptions fresh = SessionOptions.builder().systemMessage(golden.system()).build();
    List<Message> turn = golden.firstTurn();
    try (Session session = exact.newSession(fresh)) {
      Reply first = session.chat(turn.get(0));
      assertThat(first.text()).isEqualTo(turn.get(1).text());
      try (ReplyStream second = session.stream(golden.question());
          Session whole = exact.newSession(golden.sessionOptions());
          ReplyStream again = whole.stream(golden.question())) {
        assertLogits(session, golden);
        assertThat(session.lastLogits()).containsExactly(whole.lastLogits(), within(SAME_LOGITS));
        again.cancel();
        Reply reply = second.reply();
        assertThat(reply.text()).isEqualTo(golden.answerWithTags());
        assertThat(reply.usage().cachedTokens()).isPositive();
        assertThat(reply.usage().cachedTokens() + reply.usage().promptTokens())
            .isEqualTo(golden.promptIds().length);
      }
    }
  }

  private static void assertAnswer(Model model, GoldenCase golden) throws IOException {
    try (Session session = model.newSession(golden.sessionOptions())) {
      Reply reply = session.chat(golden.question());
      assertThat(reply.text()).isEqualTo(golden.answerWithTags());
      assertThat(reply.finishReason()).isEqualTo(FinishReason.END_OF_TURN);
      assertThat(reply.usage().completionTokens()).isEqualTo(golden.answerIds().length - 1);
      assertThat(reply.usage().promptTokens()).isEqualTo(golden.promptIds().length);
    }
  }

  /** Against the whole row where it was recorded, else against the five largest. */
  private static void assertLogits(Session session, GoldenCase golden) throws IOException {
    float[] logits = session.lastLogits();
    Optional<float[]> row = golden.firstTokenLogits();
    if (row.isPresent()) {
      for (int i = 0; i < row.get().length; i++) {
        assertThat(logits[i]).as("token %d", i).isCloseTo(row.get()[i], within(LOGIT_TOLERANCE));
      }
    }
    for (JsonNode top : golden.json().get("first_token_top5")) {
      assertThat(logits[top.get(0).asInt()])
          .isCloseTo((float) top.get(1).asDouble(), within(LOGIT_TOLERANCE));
    }
  }

  private static MessageDigest sha256() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA-256");
  }
}
