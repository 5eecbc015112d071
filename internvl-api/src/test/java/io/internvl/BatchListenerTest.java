package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is heard of a batch on the tiny model. */
class BatchListenerTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.builder()
          .generation(GenerationOptions.builder().maxTokens(12).build())
          .build();

  @TempDir static Path directory;
  private static Model model;
  private static Image picture;

  /** Writes down what it hears. */
  private static class Notes implements BatchListener {
    final Map<Integer, StringBuilder> texts = new TreeMap<>();
    final Map<Integer, Reply> replies = new TreeMap<>();
    final Map<Integer, InternVlException> failures = new TreeMap<>();
    int pieces;

    @Override
    public void text(int question, String piece) {
      assertThat(piece).isNotEmpty();
      assertThat(replies).doesNotContainKey(question);
      texts.computeIfAbsent(question, key -> new StringBuilder()).append(piece);
      pieces++;
    }

    @Override
    public void answered(int question, Reply reply) {
      assertThat(replies.put(question, reply)).isNull();
    }

    @Override
    public void failed(int question, InternVlException problem) {
      failures.put(question, problem);
    }
  }

  @BeforeAll
  static void load() throws IOException {
    ModelOptions small = ModelOptions.builder().contextLength(128).build();
    Path file = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    model = Model.load(file, small);
    try (var in = TinyFiles.open("golden/images/001.png")) {
      picture = Image.of(in);
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static List<Message> questions(int count) {
    List<Message> questions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      questions.add(
          i % 2 == 0
              ? Message.user("Can you describe this image?", picture)
              : Message.user("Hello!"));
    }
    return questions;
  }

  private static Message tooLong() {
    return Message.user("a square, ".repeat(200));
  }

  @Test
  void textAndAnswersAreThoseOfTheList() {
    List<Message> questions = questions(BatchChat.PLACES + 3);
    Notes notes = new Notes();
    model.chatBatch(questions, OPTIONS, notes);
    List<Reply> replies = model.chatBatch(questions, OPTIONS);
    assertThat(notes.replies).hasSameSizeAs(questions);
    for (int i = 0; i < replies.size(); i++) {
      assertThat(notes.replies.get(i).text()).isEqualTo(replies.get(i).text());
      assertThat(notes.texts.get(i)).hasToString(replies.get(i).text());
    }
    assertThat(notes.pieces).isGreaterThan(2 * questions.size());
  }

  @Test
  void aQuestionThatFailsDoesNotStopTheOthers() {
    List<Message> questions = questions(BatchChat.PLACES + 3);
    questions.set(0, tooLong());
    questions.set(5, tooLong());
    questions.set(BatchChat.PLACES + 2, tooLong());
    Notes notes = new Notes();
    model.chatBatch(questions, OPTIONS, notes);
    assertThat(notes.failures).containsOnlyKeys(0, 5, BatchChat.PLACES + 2);
    assertThat(notes.failures.get(5)).isInstanceOf(ContextOverflowException.class);
    assertThat(notes.replies).hasSize(questions.size() - 3);
    assertThat(notes.replies.get(6).text()).isEqualTo("A pink square in the top right.");
  }

  @Test
  void nothingButFailuresEnds() {
    Notes notes = new Notes();
    model.chatBatch(List.of(tooLong(), tooLong()), OPTIONS, notes);
    assertThat(notes.failures).containsOnlyKeys(0, 1);
    assertThat(notes.replies).isEmpty();
  }

  @Test
  void aListenerOfAnswersAloneGetsTheProblem() {
    List<Message> questions = List.of(Message.user("Hello!"), tooLong());
    assertThatThrownBy(() -> model.chatBatch(questions, OPTIONS, (question, reply) -> {}))
        .isInstanceOf(ContextOverflowException.class);
  }

  @Test
  void whatTheListenerThrowsEndsTheBatch() {
    BatchListener listener =
        (question, reply) -> {
          throw new IllegalStateException("enough");
        };
    assertThatThrownBy(() -> model.chatBatch(questions(3), OPTIONS, listener)).hasMessage("enough");
    assertThat(model.chatBatch(questions(1), OPTIONS)).hasSize(1);
  }

  @Test
  void theModelCanBeUsedByTheListener() {
    List<String> answers = new ArrayList<>();
    model.chatBatch(
        questions(2),
        OPTIONS,
        (question, reply) -> {
          try (Session session = model.newSession(OPTIONS)) {
            answers.add(session.chat("Hello!").text());
          }
        });
    assertThat(answers).hasSize(2);
  }

  private static GenerationOptions drawn(long seed) {
    return GenerationOptions.builder().maxTokens(12).temperature(2).topK(0).seed(seed).build();
  }

  @Test
  void equalQuestionsOfABatchDrawDifferentAnswers() {
    SessionOptions options = SessionOptions.builder().generation(drawn(0)).build();
    List<Message> same = Collections.nCopies(4, Message.user("Hello!"));
    List<String> texts = model.chatBatch(same, options).stream().map(Reply::text).toList();
    assertThat(texts.stream().distinct()).hasSizeGreaterThan(1);
  }

  @Test
  void eachQuestionOfABatchMayHaveItsOwnSettings() {
    List<Message> same = Collections.nCopies(3, Message.user("Hello!"));
    List<GenerationOptions> settings =
        List.of(drawn(5), drawn(5), GenerationOptions.builder().maxTokens(1).build());
    Notes notes = new Notes();
    model.chatBatch(same, settings, OPTIONS, notes);
    assertThat(notes.replies.get(0).text()).isEqualTo(notes.replies.get(1).text());
    assertThat(notes.replies.get(2).usage().completionTokens()).isEqualTo(1);
    assertThatThrownBy(() -> model.chatBatch(same, settings.subList(0, 2), OPTIONS, notes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 generation options for 3 questions");
  }

  @Test
  void anImageOfSeveralQuestionsIsEmbeddedOnce() throws IOException {
    List<Long> totals = new ArrayList<>();
    ProgressListener counter =
        (stage, done, total) -> {
          if (stage == ProgressListener.Stage.VISION && done == total) {
            totals.add(total);
          }
        };
    ModelOptions options = ModelOptions.builder().contextLength(128).progress(counter).build();
    try (Model counted = Model.load(directory.resolve(TinyFiles.Q8_0), options)) {
      List<Message> questions = questions(5); // three of them with the picture
      List<Reply> replies = counted.chatBatch(questions, OPTIONS);
      assertThat(totals).hasSize(1);
      for (int i = 0; i < questions.size(); i++) {
        assertThat(replies.get(i).text())
            .isEqualTo(model.chatBatch(questions, OPTIONS).get(i).text());
      }
      try (Session session = counted.newSession(OPTIONS)) {
        assertThat(session.chat(questions.get(2)).text()).isEqualTo(replies.get(2).text());
      }
      assertThat(totals).hasSize(2);
    }
  }
}
