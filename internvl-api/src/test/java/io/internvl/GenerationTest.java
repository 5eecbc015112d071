package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the generation options do to answers of the tiny model. */
class GenerationTest {
  private static final String DESCRIBE = "Can you describe this image?";
  private static final String PINK_SQUARE = "A pink square in the top right.";

  @TempDir static Path directory;
  private static Model model;
  private static Image picture;

  @BeforeAll
  static void load() throws IOException {
    model = Model.load(TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION));
    try (var in = TinyFiles.open("golden/images/001.png")) {
      picture = Image.of(in);
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Reply ask(GenerationOptions.Builder options) {
    try (Session session = model.newSession()) {
      return session.chat(Message.user(DESCRIBE, picture), options.build());
    }
  }

  @Test
  void bannedStringsAreNotWritten() {
    Reply reply = ask(GenerationOptions.builder().bannedStrings("pink", "square"));
    assertThat(reply.text()).startsWith("A ").doesNotContain("pink", "square");
  }

  @Test
  void minTokensPostponesTheEnd() {
    Reply reply = ask(GenerationOptions.builder().minTokens(30).maxTokens(30));
    assertThat(reply.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
    assertThat(reply.usage().completionTokens()).isEqualTo(30);
    assertThat(reply.text()).startsWith(PINK_SQUARE);
  }

  @Test
  void repetitionsEndAnAnswer() {
    GenerationOptions.Builder endless =
        GenerationOptions.builder().bannedStrings("pink", "square", ".").minTokens(2000);
    Reply reply = ask(endless.maxTokens(2000).repetitionLimit(3));
    assertThat(reply.finishReason()).isEqualTo(FinishReason.REPETITION);
    assertThat(reply.usage().completionTokens()).isLessThan(2000);
  }

  @Test
  void logProbabilitiesAreThoseOfTheModel() {
    Reply reply = ask(GenerationOptions.builder().logProbabilities(3));
    assertThat(reply.tokens()).hasSize(reply.usage().completionTokens());
    StringBuilder text = new StringBuilder();
    for (TokenProbability token : reply.tokens()) {
      text.append(token.text());
      assertThat(token.alternatives()).hasSize(3);
      assertThat(token.alternatives().getFirst().id()).isEqualTo(token.id());
      assertThat(token.alternatives().getFirst().logProbability())
          .isEqualTo(token.logProbability());
      double sum =
          token.alternatives().stream().mapToDouble(t -> Math.exp(t.logProbability())).sum();
      assertThat(sum).isBetween(0.5, 1 + 1e-6);
    }
    assertThat(text).hasToString(PINK_SQUARE);
  }

  @Test
  void allProbabilitiesAddUpToOne() {
    Reply reply = ask(GenerationOptions.builder().logProbabilities(100).maxTokens(1));
    double sum =
        reply.tokens().getFirst().alternatives().stream()
            .mapToDouble(t -> Math.exp(t.logProbability()))
            .sum();
    assertThat(sum).isCloseTo(1, within(0.01));
  }

  @Test
  void withoutTheOptionNoProbabilitiesAreKept() {
    assertThat(ask(GenerationOptions.builder()).tokens()).isEmpty();
  }

  /** All tokens of this answer stand in the question, so a penalty on the question would show. */
  @Test
  void thePenaltyDoesNotCountTheQuestion() {
    GenerationOptions plain = GenerationOptions.builder().maxTokens(1).build();
    GenerationOptions penalised = plain.toBuilder().repetitionPenalty(10).build();
    Message question = Message.user("A pink square. A pink A. " + DESCRIBE, picture);
    try (Session one = model.newSession();
        Session other = model.newSession()) {
      String expected = other.chat(question, plain).text();
      assertThat(one.chat(question, penalised).text()).isEqualTo(expected).isEqualTo("A");
    }
  }

  @Test
  void aFullContextEndsTheAnswer() throws IOException {
    ModelOptions small = ModelOptions.builder().contextLength(120).textOnly(true).build();
    GenerationOptions endless = GenerationOptions.builder().minTokens(500).maxTokens(500).build();
    try (Model narrow = Model.load(directory.resolve(TinyFiles.Q8_0), small);
        Session session = narrow.newSession()) {
      Reply reply = session.chat(Message.user("Hello"), endless);
      assertThat(reply.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
      assertThat(session.contextUsed()).isEqualTo(120);
      assertThat(reply.usage().promptTokens() + reply.usage().completionTokens()).isEqualTo(121);
      assertThatThrownBy(() -> session.chat("And?"))
          .isInstanceOf(ContextOverflowException.class)
          .hasMessageContaining("0 of 120 are left");
    }
  }

  @Test
  void valuesOutOfRangeAreNamed() {
    GenerationOptions.Builder options = GenerationOptions.builder();
    assertThatThrownBy(() -> options.maxTokens(0)).hasMessage("maxTokens: 0, expected at least 1");
    assertThatThrownBy(() -> options.minTokens(-1)).hasMessageContaining("minTokens: -1");
    assertThatThrownBy(() -> options.temperature(2.5)).hasMessageContaining("temperature: 2.5");
    assertThatThrownBy(() -> options.temperature(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> options.topK(-1)).hasMessageContaining("topK: -1");
    assertThatThrownBy(() -> options.topP(0)).hasMessageContaining("topP: 0.0");
    assertThatThrownBy(() -> options.minP(1.1)).hasMessageContaining("minP: 1.1");
    assertThatThrownBy(() -> options.repetitionPenalty(0)).hasMessageContaining("Penalty: 0.0");
    assertThatThrownBy(() -> options.repetitionLimit(1)).hasMessageContaining("Limit: 1");
    assertThatThrownBy(() -> options.logProbabilities(101)).hasMessageContaining("101");
    assertThatThrownBy(() -> options.stopStrings("a", "")).hasMessageContaining("stopStrings");
    assertThatThrownBy(() -> options.bannedStrings("")).hasMessageContaining("bannedStrings");
  }
}
