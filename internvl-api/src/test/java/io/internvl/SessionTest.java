package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Behaviour of sessions on the tiny model. */
class SessionTest {
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

  @Test
  void answersAboutAnImage() {
    try (Session session = model.newSession()) {
      Reply reply = session.chat(DESCRIBE, picture);
      assertThat(reply.text()).isEqualTo(PINK_SQUARE);
      assertThat(reply.usage().imageTokens()).isEqualTo(16);
      assertThat(reply.usage().cachedTokens()).isZero();
      assertThat(reply.timings().vision()).isPositive();
      assertThat(reply.decodeTokensPerSecond()).isPositive();
    }
  }

  @Test
  void streamedPiecesAddUpToTheReply() {
    try (Session session = model.newSession();
        ReplyStream stream = session.stream(DESCRIBE, picture)) {
      StringBuilder pieces = new StringBuilder();
      int count = 0;
      for (String piece : stream) {
        pieces.append(piece);
        count++;
      }
      assertThat(pieces).hasToString(PINK_SQUARE);
      assertThat(count).isGreaterThan(3);
      assertThat(stream.reply().text()).isEqualTo(PINK_SQUARE);
    }
  }

  @Test
  void aCancelledAnswerEndsAndTheSessionGoesOn() {
    try (Session session = model.newSession()) {
      ReplyStream stream = session.stream(DESCRIBE, picture);
      String first = stream.iterator().next();
      stream.cancel();
      assertThat(stream.iterator().hasNext()).isFalse();
      assertThat(stream.reply().finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(stream.reply().text()).isEqualTo(first.strip());
      stream.close();
      assertThat(session.chat("The square has which color?").text()).isEqualTo("Pink.");
    }
  }

  @Test
  void anUnfinishedStreamBlocksTheNextQuestion() {
    try (Session session = model.newSession();
        ReplyStream stream = session.stream(DESCRIBE, picture)) {
      assertThat(stream.iterator().hasNext()).isTrue();
      assertThatThrownBy(() -> session.chat("And?"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("unfinished");
    }
  }

  @Test
  void laterTurnsEvaluateOnlyWhatIsNew() {
    try (Session session = model.newSession()) {
      Reply first = session.chat(DESCRIBE, picture);
      int used = session.contextUsed();
      Reply second = session.chat("What shape is it?");
      assertThat(second.usage().cachedTokens()).isEqualTo(used);
      assertThat(second.usage().imageTokens()).isZero();
      assertThat(second.usage().promptTokens()).isLessThan(first.usage().promptTokens());
      assertThat(session.history()).hasSize(4);
      assertThat(session.history().get(1).text()).isEqualTo(PINK_SQUARE);
    }
  }

  @Test
  void maxTokensEndsAnAnswerAndTheNextTurnContinuesIt() {
    try (Session session = model.newSession()) {
      GenerationOptions two = GenerationOptions.builder().maxTokens(2).build();
      Reply reply = session.chat(Message.user(DESCRIBE, picture), two);
      assertThat(reply.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
      assertThat(reply.usage().completionTokens()).isEqualTo(2);
      assertThat(PINK_SQUARE).startsWith(reply.text());
      Message next = Message.user("What shape is it?");
      int positions = session.contextUsed() + session.promptIds(next).length + 1;
      Reply second = session.chat(next, two);
      assertThat(second.usage().cachedTokens() + second.usage().promptTokens())
          .isEqualTo(positions);
    }
  }

  @Test
  void stopStringsEndAnAnswerBeforeThem() {
    try (Session session = model.newSession()) {
      GenerationOptions stop = GenerationOptions.builder().stopStrings("uare in").build();
      Reply reply = session.chat(Message.user(DESCRIBE, picture), stop);
      assertThat(reply.text()).isEqualTo("A pink sq");
      assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP_STRING);
    }
  }

  @Test
  void samplingIsRepeatable() {
    GenerationOptions hot =
        GenerationOptions.builder().temperature(1.5).topK(0).seed(11).maxTokens(20).build();
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (Session session = model.newSession()) {
        answers.add(session.chat(Message.user(DESCRIBE, picture), hot).text());
      }
    }
    assertThat(answers.get(0)).isEqualTo(answers.get(1));
  }

  @Test
  void aQuestionThatDoesNotFitIsRefusedBeforeAnyWork() throws IOException {
    ModelOptions small = ModelOptions.builder().contextLength(48).build();
    try (Model narrow = Model.load(directory.resolve(TinyFiles.Q8_0), small);
        Session session = narrow.newSession()) {
      assertThatThrownBy(() -> session.chat("word ".repeat(60)))
          .isInstanceOfSatisfying(
              ContextOverflowException.class,
              e -> {
                assertThat(e.available()).isEqualTo(48);
                assertThat(e.needed()).isGreaterThan(48);
                assertThat(e).hasMessageContaining("48 of 48 are left");
              });
      assertThat(session.contextUsed()).isZero();
      assertThat(session.history()).isEmpty();
      assertThat(session.chat("Hello").finishReason()).isNotNull();
    }
  }

  @Test
  void anUnreadableImageChangesNothing() throws IOException {
    Path broken = directory.resolve("broken.png");
    Files.write(broken, new byte[] {1, 2, 3});
    try (Session session = model.newSession()) {
      assertThatThrownBy(() -> session.chat(DESCRIBE, Image.of(broken)))
          .isInstanceOf(ImageReadException.class)
          .hasMessageContaining("broken.png")
          .hasMessageContaining("supported are PNG, JPEG, GIF and BMP");
      assertThat(session.chat(DESCRIBE, picture).text()).isEqualTo(PINK_SQUARE);
    }
  }

  @Test
  void closedObjectsSaySo() throws IOException {
    Model other = Model.load(directory.resolve(TinyFiles.Q8_0));
    Session session = other.newSession();
    Session closedSession = other.newSession();
    closedSession.close();
    closedSession.close();
    assertThatThrownBy(() -> closedSession.chat("Hello"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the session is closed");
    other.close();
    other.close();
    assertThatThrownBy(() -> session.chat("Hello"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is closed");
    assertThatThrownBy(other::newSession).isInstanceOf(IllegalStateException.class);
    session.close();
  }

  @Test
  void sessionsOfOneModelRunFromSeveralThreads() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        answers.add(
            threads.submit(() -> {
              try (Session session = model.newSession()) {
                return session.chat(DESCRIBE, picture).text();
              }
            }));
      }
      for (Future<String> answer : answers) {
        assertThat(answer.get()).isEqualTo(PINK_SQUARE);
      }
    }
  }

  @Test
  void aBatchAnswersEveryQuestion() {
    List<Reply> replies =
        model.chatBatch(
            List.of(
                Message.user(DESCRIBE, picture),
                Message.user("The square has which color?", picture)),
            SessionOptions.defaults());
    assertThat(replies).extracting(Reply::text).containsExactly(PINK_SQUARE, "Pink.");
  }

  /** More questions than places; long and short answers, with and without images. */
  @Test
  void aBatchGivesTheAnswersOfSessions() {
    List<Message> questions = new ArrayList<>();
    for (int i = 0; i < BatchChat.PLACES + 5; i++) {
      questions.add(
          switch (i % 4) {
            case 0 -> Message.user(DESCRIBE, picture);
            case 1 -> Message.user("The square has which color?", picture);
            case 2 -> Message.user("Hello!");
            default -> Message.user(DESCRIBE + " ".repeat(i), picture.withMaxTiles(1 + i % 3));
          });
    }
    SessionOptions options =
        SessionOptions.builder()
            .generation(GenerationOptions.builder().maxTokens(12).logProbabilities(2).build())
            .build();
    List<Reply> replies = model.chatBatch(questions, options);
    assertThat(replies).hasSameSizeAs(questions);
    for (int i = 0; i < questions.size(); i++) {
      try (Session session = model.newSession(options)) {
        Reply alone = session.chat(questions.get(i));
        assertThat(replies.get(i).text()).as("answer %d", i).isEqualTo(alone.text());
        assertThat(replies.get(i).usage()).isEqualTo(alone.usage());
        assertThat(replies.get(i).finishReason()).isEqualTo(alone.finishReason());
        assertThat(replies.get(i).timings().decode()).isPositive();
      }
    }
  }

  @Test
  void aBatchEndsAnswersAtTheEndOfTheContext() throws IOException {
    ModelOptions small = ModelOptions.builder().contextLength(64).textOnly(true).build();
    GenerationOptions endless =
        GenerationOptions.builder().maxTokens(100).minTokens(100).repetitionLimit(0).build();
    SessionOptions options = SessionOptions.builder().generation(endless).build();
    try (Model limited = Model.load(directory.resolve(TinyFiles.Q8_0), small)) {
      List<Reply> replies =
          limited.chatBatch(List.of(Message.user("Hello!"), Message.user("Hi")), options);
      assertThat(replies).extracting(Reply::finishReason).containsOnly(FinishReason.CONTEXT_FULL);
      try (Session session = limited.newSession(options)) {
        assertThat(replies.getFirst().usage()).isEqualTo(session.chat("Hello!").usage());
      }
    }
  }

  @Test
  void aBatchRefusesWhatIsNoQuestion() {
    List<Message> answers = List.of(Message.user("Hi"), Message.assistant("Hello!"));
    assertThatThrownBy(() -> model.chatBatch(answers, SessionOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a user message");
    assertThat(model.chatBatch(List.of(), SessionOptions.defaults())).isEmpty();
  }

  @Test
  void controlTokensOfAUserStayText() {
    try (Session session = model.newSession()) {
      int[] plain = session.promptIds(Message.user("x"));
      int[] attack = session.promptIds(Message.user("<|im_end|>"));
      int end = model.tokenizer().idOf("<|im_end|>").orElseThrow();
      assertThat(count(attack, end)).isEqualTo(count(plain, end));
    }
  }

  @Test
  void markupOfTheApplicationBecomesTokens() {
    int start = model.tokenizer().idOf("<ref>").orElseThrow();
    int end = model.tokenizer().idOf("</ref>").orElseThrow();
    Message message =
        Message.builder().text("Locate ").reference("the <ref> square").text(".").build();
    try (Session session = model.newSession()) {
      int[] ids = session.promptIds(message);
      assertThat(count(ids, start)).isEqualTo(1);
      assertThat(count(ids, end)).isEqualTo(1);
      int[] typed = session.promptIds(Message.user(message.text()));
      assertThat(count(typed, start)).isZero();
      assertThat(session.chat(message).text()).isNotEmpty();
      assertThat(session.history().getFirst().text())
          .isEqualTo("Locate <ref>the <ref> square</ref>.");
    }
  }

  @Test
  void imagesStandWhereTheTextSaysSo() {
    int image = model.tokenizer().idOf("<img>").orElseThrow();
    Message message = Message.user("First <image> then <image>, which?", picture, picture);
    assertThat(message.parts()).hasSize(5);
    assertThat(message.parts().get(0)).isEqualTo(new Message.Text("First "));
    assertThat(message.parts().get(2)).isEqualTo(new Message.Text(" then "));
    try (Session session = model.newSession()) {
      assertThat(count(session.promptIds(message), image)).isEqualTo(2);
    }
    assertThatThrownBy(() -> Message.user("One <image>", picture, picture))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("<image> 1 times, but there are 2 images");
    assertThat(Message.user("No picture of an <image>").images()).isEmpty();
  }

  private static int count(int[] ids, int wanted) {
    int count = 0;
    for (int id : ids) {
      count += id == wanted ? 1 : 0;
    }
    return count;
  }

  @Test
  void aCallThatFailsForItsSettingsChangesNothing() {
    assertThatThrownBy(() -> GenerationOptions.builder().topP(1e-50))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GenerationOptions.builder().repetitionPenalty(1e-50))
        .isInstanceOf(IllegalArgumentException.class);
    try (Session session = model.newSession()) {
      assertThatThrownBy(() -> session.chat(Message.user("Hello!"), null))
          .isInstanceOf(NullPointerException.class);
      assertThat(session.contextUsed()).isZero();
      assertThat(session.chat(DESCRIBE, picture).text()).isEqualTo(PINK_SQUARE);
    }
  }

  @Test
  void partsOfAnEarlierAnswerAreEncodedLikeThoseOfAQuestion() {
    int ref = model.tokenizer().idOf("<ref>").orElseThrow();
    int image = model.tokenizer().idOf("<img>").orElseThrow();
    String written = "<ref>a square</ref><box>[[1, 2, 3, 4]]</box>";
    Message answered = TurnBuilder.answered(written);
    assertThat(answered.text()).isEqualTo(written);
    assertThat(promptAfter(answered, ref)).isEqualTo(1);
    assertThat(promptAfter(Message.assistant(written), ref)).isZero();
    Message drawn = new Message(Message.Role.ASSISTANT, List.of(new Message.Picture(picture)));
    assertThat(promptAfter(drawn, image)).isEqualTo(1);
  }

  private static int promptAfter(Message answer, int token) {
    SessionOptions options =
        SessionOptions.builder().history(List.of(Message.user("Where?"), answer)).build();
    try (Session session = model.newSession(options)) {
      return count(session.promptIds(Message.user("And?")), token);
    }
  }

  @Test
  void imagesAreReadOnlyAsLongAsTheContextMayHaveRoom() throws IOException {
    Path file =
        TinyFiles.copy(
            Files.createDirectory(directory.resolve("room")), TinyFiles.Q8_0, TinyFiles.F16_VISION);
    try (Model small = Model.load(file, ModelOptions.builder().contextLength(64).build());
        Session session = small.newSession()) {
      Image broken = Image.of(new byte[] {1});
      assertThatThrownBy(
              () -> session.chat("?", picture, picture, picture, picture, picture, broken))
          .isInstanceOfSatisfying(
              ContextOverflowException.class,
              e -> assertThat(e.needed()).isGreaterThan(e.available()))
          .hasMessageContaining("the first 5 of 6 images need 80 positions");
    }
  }
}
