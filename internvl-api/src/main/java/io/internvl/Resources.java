package io.internvl;

import java.util.ArrayDeque;
import java.util.Deque;

/** Things to be closed together, last opened first. */
final class Resources implements AutoCloseable {

  private final Deque<Runnable> open = new ArrayDeque<>();

  /** Takes over a thing to be closed. */
  synchronized void add(Runnable close) {
    open.push(close);
  }

  @Override
  public synchronized void close() {
    while (!open.isEmpty()) {
      open.pop().run();
    }
  }
}
