package io.internvl;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer as it is being produced: pieces of text, each at least one whole character. What a
 * thinking model writes between {@code <think>} and {@code </think>} is left out; {@link
 * #onReasoning} hears it.
 *
 * <p>Pieces are produced on the thread that asks for them; nothing runs between calls. To be
 * consumed by one thread; {@link #cancel} may be called from any. Closing an unfinished stream ends
 * the answer where it stands; the session can go on with the next question.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="stream"}
 */
public final class ReplyStream implements Iterable<String>, AutoCloseable {
  private final Session session;
  private final Answer answer;
  private @Nullable String piece;
  private @Nullable Reply reply;

  ReplyStream(Session session, Answer answer) {
    this.session = session;
    this.answer = answer;
  }

  private boolean hasNext() {
    if (piece == null && reply == null) {
      piece = session.advance(answer);
      if (piece == null) {
        reply = session.finish(answer);
      }
    }
    return piece != null;
  }

  private String next() {
    if (!hasNext() || piece == null) {
      throw new NoSuchElementException("the answer is finished");
    }
    String result = piece;
    piece = null;
    return result;
  }

  /**
   * Returns the pieces that are left; all iterators share them. {@code hasNext} produces tokens
   * until there is text.
   *
   * @return an iterator that throws {@link IllegalStateException} when session or model are closed
   */
  @Override
  public Iterator<String> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return ReplyStream.this.hasNext();
      }

      @Override
      public String next() {
        return ReplyStream.this.next();
      }
    };
  }

  /**
   * Hands all remaining pieces to an action.
   *
   * @param action called once a piece
   */
  @Override
  public void forEach(Consumer<? super String> action) {
    while (hasNext()) {
      action.accept(next());
    }
  }

  /**
   * Names who hears of a thinking model's reasoning as it is being produced; to be called before
   * the first piece is asked for. The action runs on the thread that asks for pieces.
   *
   * @param action called once a piece
   * @return this
   */
  public ReplyStream onReasoning(Consumer<? super String> action) {
    answer.onReasoning(Objects.requireNonNull(action, "action"));
    return this;
  }

  /** Ends the answer at the next token. May be called from any thread, any number of times. */
  public void cancel() {
    answer.cancel();
  }

  /**
   * Produces what is left and returns the whole answer.
   *
   * @return the finished answer
   */
  public Reply reply() {
    while (hasNext()) {
      next();
    }
    if (reply == null) {
      throw new IllegalStateException("the answer is not finished");
    }
    return reply;
  }

  /** Ends the answer where it stands. Idempotent. */
  @Override
  public void close() {
    if (reply == null) {
      answer.cancel();
      reply = session.finish(answer);
    }
  }
}
