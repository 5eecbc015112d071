package io.internvl.core.chat;

import java.util.function.Consumer;

/**
 * Takes a thinking model's answer apart while it is being produced: what stands between a leading
 * {@code <think>} and {@code </think>} goes one way, the rest another. White space at the begin of
 * either is dropped. Not thread-safe.
 */
public final class ReasoningStream {
  private static final String START = "<think>";
  private static final String END = "</think>";

  private enum Stage {
    /** Nothing but white space and possibly a part of the opening tag so far. */
    UNDECIDED,
    /** After the opening tag. */
    THOUGHT,
    /** Nothing but white space of the answer so far. */
    BEFORE_ANSWER,
    /** Inside the answer. */
    ANSWER
  }

  private final Consumer<? super String> thoughts;
  private final StringBuilder held = new StringBuilder();
  private Stage stage = Stage.UNDECIDED;
  private boolean thoughtBegun;

  /**
   * Starts an answer.
   *
   * @param thoughts hears pieces of the thought
   */
  public ReasoningStream(Consumer<? super String> thoughts) {
    this.thoughts = thoughts;
  }

  /**
   * Takes the next piece of what the model writes.
   *
   * @param piece any text
   * @return what is certainly text of the answer, empty for none yet
   */
  public String append(String piece) {
    held.append(piece);
    if (stage == Stage.UNDECIDED) {
      decide();
    }
    if (stage == Stage.THOUGHT) {
      think();
    }
    return stage == Stage.UNDECIDED || stage == Stage.THOUGHT ? "" : answer();
  }

  /**
   * Ends the answer.
   *
   * @return text of the answer that was held back
   */
  public String flush() {
    if (stage == Stage.THOUGHT) {
      emitThought(held.length());
      return "";
    }
    stripLeading();
    return take(held.length());
  }

  private void decide() {
    stripLeading();
    if (held.length() >= START.length() && held.indexOf(START) == 0) {
      held.delete(0, START.length());
      stage = Stage.THOUGHT;
    } else if (!START.startsWith(held.toString())) {
      stage = Stage.ANSWER;
    }
  }

  private void think() {
    if (!thoughtBegun) {
      stripLeading();
    }
    int end = held.indexOf(END);
    if (end >= 0) {
      emitThought(end);
      held.delete(0, END.length());
      stage = Stage.BEFORE_ANSWER;
    } else {
      emitThought(held.length() - possibleEnd());
    }
  }

  /** Length of the longest begin of the closing tag that the text ends with. */
  private int possibleEnd() {
    for (int length = Math.min(END.length() - 1, held.length()); length > 0; length--) {
      if (END.startsWith(held.substring(held.length() - length))) {
        return length;
      }
    }
    return 0;
  }

  private void emitThought(int length) {
    if (length > 0) {
      thoughtBegun = true;
      thoughts.accept(take(length));
    }
  }

  private String answer() {
    if (stage == Stage.BEFORE_ANSWER) {
      stripLeading();
      if (held.isEmpty()) {
        return "";
      }
      stage = Stage.ANSWER;
    }
    return take(held.length());
  }

  private void stripLeading() {
    int from = 0;
    while (from < held.length() && Character.isWhitespace(held.charAt(from))) {
      from++;
    }
    held.delete(0, from);
  }

  private String take(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }
}
