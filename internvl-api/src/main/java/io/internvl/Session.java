package io.internvl;

import io.internvl.core.decoder.DecoderState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with a model.
 *
 * <p>Remembers what was said: of a later question only the new text and images are evaluated. When
 * a call fails, the conversation is as it was before. A session is used by one thread at a time; a
 * call while another thread is inside throws {@link IllegalStateException}, as does a call while a
 * {@link ReplyStream} is unfinished. {@link #close} frees the KV cache.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="session"}
 */
public final class Session implements AutoCloseable {
  private final Model model;
  private final SessionOptions options;
  private final DecoderState state;
  private final TurnBuilder turns;
  private final List<Message> history;
  private final ReentrantLock use = new ReentrantLock();
  private boolean started;
  private int carriedToken = -1;
  private @Nullable Turn running;
  private volatile boolean closed;
  private boolean freed;

  Session(Model model, SessionOptions options) {
    this.model = model;
    this.options = options;
    this.turns = new TurnBuilder(model);
    this.history = new ArrayList<>(options.history());
    this.state =
        model
            .decoder()
            .newState(
                model.contextLength(),
                model.prefillChunk(),
                1,
                model.kvCacheFormat(),
                model.adaptersOf(options));
  }

  /**
   * Asks and waits for the whole answer. Images are placed as {@link Message#user(String,
   * Image...)} says.
   *
   * @param text the question
   * @param images none, one or several
   * @return the answer
   * @throws ContextOverflowException when the question does not fit into the context; nothing was
   *     evaluated
   * @throws ImageReadException when an image cannot be read
   * @throws InternVlException when there are images and the model has no vision file, or when the
   *     logits are not numbers
   * @throws IllegalArgumentException as {@link Message#user(String, Image...)} says
   * @throws IllegalStateException when session or model are closed or the session is in use
   */
  public Reply chat(String text, Image... images) {
    return chat(Message.user(text, images));
  }

  /**
   * Asks and waits for the whole answer.
   *
   * @param message a user message
   * @return the answer
   * @throws ContextOverflowException when the question does not fit into the context; nothing was
   *     evaluated
   * @throws ImageReadException when an image cannot be read
   * @throws InternVlException when there are images and the model has no vision file, or when the
   *     logits are not numbers
   * @throws IllegalArgumentException when the message is the model's
   * @throws IllegalStateException when session or model are closed or the session is in use
   */
  public Reply chat(Message message) {
    return chat(message, options.generation());
  }

  /**
   * Asks with settings for this answer and waits for the whole of it.
   *
   * @param message a user message
   * @param generation how the answer is produced
   * @return the answer
   * @throws ContextOverflowException when the question does not fit into the context; nothing was
   *     evaluated
   * @throws ImageReadException when an image cannot be read
   * @throws InternVlException when there are images and the model has no vision file, or when the
   *     logits are not numbers
   * @throws IllegalArgumentException when the message is the model's
   * @throws IllegalStateException when session or model are closed or the session is in use
   */
  public Reply chat(Message message, GenerationOptions generation) {
    try (ReplyStream stream = stream(message, generation)) {
      return stream.reply();
    }
  }

  /**
   * Asks and returns the answer as it is being produced. The question is evaluated before this
   * returns.
   *
   * @param text the question
   * @param images none, one or several
   * @return the answer, to be closed by the caller
   * @throws ContextOverflowException when the question does not fit into the context; nothing was
   *     evaluated
   * @throws ImageReadException when an image cannot be read
   * @throws InternVlException when there are images and the model has no vision file, or when the
   *     logits are not numbers
   * @throws IllegalArgumentException as {@link Message#user(String, Image...)} says
   * @throws IllegalStateException when session or model are closed or the session is in use
   */
  public ReplyStream stream(String text, Image... images) {
    return stream(Message.user(text, images));
  }

  /**
   * Asks and returns the answer as it is being produced.
   *
   * @param message a user message
   * @return the answer, to be closed by the caller
   * @throws ContextOverflowException when the question does not fit into the context; nothing was
   *     evaluated
   * @throws ImageReadException when an image cannot be read
   * @throws InternVlException when there are images and the model has no vision file, or when the
   *     logits are not numbers
   * @throws IllegalArgumentException when the message is the model's
   * @throws IllegalStateException when session or model are closed or the session is in use
   */
  public ReplyStream stream(Message message) {
    return stream(message, options.generation());
  }

  /**
   * Asks with settings for this answer and returns it as it is being produced.
   *
   * @param message a user message
   * @param generation how the answer is produced
   * @return the answer, to be closed by the caller
   * @throws ContextOverflowException when the question does not fit into the context; nothing was
   *     evaluated
   * @throws ImageReadException when an image cannot be read
   * @throws InternVlException when there are images and the model has no vision file, or when the
   *     logits are not numbers
   * @throws IllegalArgumentException when the message is the model's
   * @throws IllegalStateException when session or model are closed or the session is in use
   */
  public ReplyStream stream(Message message, GenerationOptions generation) {
    message.requireUser();
    enter();
    try {
      if (running != null) {
        throw new IllegalStateException(
            "the previous answer is unfinished; read its stream to the end or close it");
      }
      running = start(message, generation);
      return new ReplyStream(this, running.answer());
    } finally {
      exit();
    }
  }

  private Turn start(Message message, GenerationOptions generation) {
    Stopwatch watch = new Stopwatch();
    EncodedTurn encoded = encode(message, watch);
    Turn turn = turns.begin(message, encoded, carriedToken, state, generation, watch);
    started = true;
    carriedToken = -1;
    return turn;
  }

  /** What is to be evaluated before an answer: everything on the first turn, else what is new. */
  private EncodedTurn encode(Message message, Stopwatch watch) {
    return started
        ? turns.later(message, watch)
        : turns.first(options.systemMessage(), history, message, watch);
  }

  /** Produces the next piece of an answer; null when it has ended. */
  @Nullable String advance(Answer answer) {
    enter();
    try {
      Turn current = running;
      if (current == null || current.answer() != answer) {
        throw new IllegalStateException("the answer is finished");
      }
      current.watch().start();
      try {
        return answer.next(model.decoder(), state);
      } finally {
        current.watch().decode();
      }
    } finally {
      exit();
    }
  }

  /** Notes a finished or abandoned answer in the history and sums it up. */
  Reply finish(Answer answer) {
    lock();
    try {
      Turn current = running;
      if (current == null || current.answer() != answer) {
        throw new IllegalStateException("the answer is finished");
      }
      answer.close();
      running = null;
      carriedToken = answer.unevaluated();
      history.add(current.question());
      history.add(TurnBuilder.answered(answer.text().strip()));
      return current.reply();
    } finally {
      use.unlock();
    }
  }

  /**
   * Returns what was said so far.
   *
   * @return a copy: questions and answers in turn
   */
  public List<Message> history() {
    lock();
    try {
      return List.copyOf(history);
    } finally {
      use.unlock();
    }
  }

  /**
   * Returns how many positions of the context are taken.
   *
   * @return tokens and image embeddings evaluated so far
   */
  public int contextUsed() {
    return state.cache().length();
  }

  /** Encodes the next prompt without evaluating it. */
  int[] promptIds(Message message) {
    enter();
    try {
      return encode(message, new Stopwatch()).idsWithImageContext(turns.imageContextToken());
    } finally {
      exit();
    }
  }

  /** Logits of the token that follows what was evaluated last. */
  float[] lastLogits() {
    float[] logits = new float[state.logits().cols()];
    state.logits().copyRowTo(0, logits, 0);
    return logits;
  }

  private void enter() {
    lock();
    boolean entered = false;
    try {
      if (closed) {
        throw new IllegalStateException("the session is closed");
      }
      model.enter();
      entered = true;
    } finally {
      if (!entered) {
        use.unlock();
      }
    }
  }

  private void exit() {
    model.exit();
    use.unlock();
  }

  private void lock() {
    refuseReentry();
    if (!use.tryLock()) {
      throw new IllegalStateException(
          closed ? "the session is closed" : "the session is in use by another thread");
    }
  }

  private void refuseReentry() {
    if (use.isHeldByCurrentThread()) {
      throw new IllegalStateException("the session is at work on this thread");
    }
  }

  /**
   * Waits for a running call, then frees the KV cache. An unfinished answer ends. Idempotent.
   *
   * @throws IllegalStateException when called from a {@link ProgressListener}
   */
  @Override
  public void close() {
    refuseReentry();
    closed = true;
    use.lock();
    try {
      if (!freed) {
        freed = true;
        state.close();
      }
    } finally {
      use.unlock();
    }
  }
}
