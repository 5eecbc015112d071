package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several threads, closing at bad moments, listeners that misbehave. */
class ConcurrencyTest {
  private static final GenerationOptions ENDLESS =
      GenerationOptions.builder().minTokens(4000).maxTokens(4000).build();

  @TempDir Path directory;
  private final AtomicReference<Runnable> onPrefill = new AtomicReference<>(() -> {});
  private final List<String> refusals = new ArrayList<>();
  private Model model;

  @BeforeEach
  void load() throws IOException {
    ProgressListener listener =
        (stage, done, total) -> {
          if (stage == ProgressListener.Stage.PREFILL) {
            onPrefill.get().run();
          }
        };
    ModelOptions options = ModelOptions.builder().progress(listener).textOnly(true).build();
    model = Model.load(TinyFiles.copy(directory, TinyFiles.Q8_0), options);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private void noteRefusal(Runnable call) {
    try {
      call.run();
    } catch (IllegalStateException e) {
      refusals.add(String.valueOf(e.getMessage()));
    }
  }

  @Test
  void aListenerCannotUseOrCloseWhatIsAtWork() {
    try (Session session = model.newSession()) {
      onPrefill.set(() -> {
        noteRefusal(() -> session.chat("Nested"));
        noteRefusal(session::close);
        noteRefusal(session::history);
        noteRefusal(model::close);
      });
      assertThat(session.chat("Hello").text()).isNotEmpty();
    }
    assertThat(refusals).hasSize(4).allMatch(message -> message.endsWith("at work on this thread"));
  }

  @Test
  void anotherThreadIsTurnedAwayWhileASessionWorks() throws Exception {
    try (Session session = model.newSession();
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      onPrefill.set(() -> {
        onPrefill.set(() -> {});
        Future<?> call = other.submit(() -> noteRefusal(() -> session.chat("Me too")));
        try {
          call.get();
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      });
      assertThat(session.chat("Hello").text()).isNotEmpty();
    }
    assertThat(refusals).containsExactly("the session is in use by another thread");
  }

  @Test
  void whatAListenerThrowsEndsTheCallAndChangesNothing() {
    try (Session session = model.newSession()) {
      String expected = session.chat("Hello").text();
      int used = session.contextUsed();
      onPrefill.set(() -> {
        throw new UnsupportedOperationException("no more");
      });
      assertThatThrownBy(() -> session.chat("And?")).hasMessage("no more");
      assertThat(session.contextUsed()).isEqualTo(used);
      assertThat(session.history()).hasSize(2);
      onPrefill.set(() -> {});
      assertThat(session.chat("Hello").text()).isNotEmpty();
      try (Session fresh = model.newSession()) {
        assertThat(fresh.chat("Hello").text()).isEqualTo(expected);
      }
    }
  }

  @Test
  void anAnswerIsCancelledFromAnotherThread() throws Exception {
    try (Session session = model.newSession();
        ReplyStream stream = session.stream(Message.user("Hello"), ENDLESS);
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      CountDownLatch begun = new CountDownLatch(1);
      Future<Reply> reply =
          other.submit(() -> {
            stream.forEach(piece -> begun.countDown());
            return stream.reply();
          });
      begun.await();
      stream.cancel();
      assertThat(reply.get().finishReason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  @Test
  void closingTheModelEndsARunningAnswer() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (ExecutorService other = Executors.newSingleThreadExecutor();
        Session session = model.newSession();
        ReplyStream stream = session.stream(Message.user("Hello"), ENDLESS)) {
      Future<?> reading =
          other.submit(() -> noteRefusal(() -> stream.forEach(piece -> begun.countDown())));
      begun.await();
      model.close();
      reading.get();
    }
    assertThat(refusals).hasSize(1).first().asString().endsWith("is closed");
  }

  @Test
  @SuppressWarnings("try") // closing early is the point
  void closingTheSessionEndsARunningAnswer() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (ExecutorService other = Executors.newSingleThreadExecutor();
        Session session = model.newSession();
        ReplyStream stream = session.stream(Message.user("Hello"), ENDLESS)) {
      Future<?> reading =
          other.submit(() -> noteRefusal(() -> stream.forEach(piece -> begun.countDown())));
      begun.await();
      session.close();
      reading.get();
    }
    assertThat(refusals).containsExactly("the session is closed");
  }
}
