package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void executesEachBlockOnce(int threads) {
    try (Workers workers = Workers.start(threads)) {
      for (int blocks : new int[] {0, 1, 2, 5, 1000}) {
        AtomicIntegerArray executed = new AtomicIntegerArray(blocks);
        workers.run((block, worker) -> executed.incrementAndGet(block), blocks);
        for (int block = 0; block < blocks; block++) {
          assertThat(executed.get(block)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void seesResultsOfEarlierRunsWithoutFurtherSynchronisation() {
    try (Workers workers = Workers.start(3)) {
      long[] values = new long[64];
      for (int round = 0; round < 20_000; round++) {
        workers.run((block, worker) -> values[block]++, values.length);
      }
      assertThat(values).containsOnly(20_000);
    }
  }

  @Test
  void neverGivesTwoThreadsTheSameIndex() {
    try (Workers workers = Workers.start(4)) {
      AtomicIntegerArray inside = new AtomicIntegerArray(4);
      AtomicInteger collisions = new AtomicInteger();
      workers.run(
          (block, worker) -> {
            if (inside.incrementAndGet(worker) != 1) {
              collisions.incrementAndGet();
            }
            Thread.onSpinWait();
            inside.decrementAndGet(worker);
          },
          20_000);
      assertThat(collisions).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void throwsWhatABlockThrowsAndStaysUsable(int threads) {
    try (Workers workers = Workers.start(threads)) {
      ArithmeticException thrown = new ArithmeticException("block 7");
      assertThatThrownBy(() ->
              workers.run(
                  (block, worker) -> {
                    if (block == 7) {
                      throw thrown;
                    }
                  },
                  100))
          .isSameAs(thrown);
      AtomicInteger executed = new AtomicInteger();
      workers.run((block, worker) -> executed.incrementAndGet(), 100);
      assertThat(executed).hasValue(100);
    }
  }

  @Test
  void throwsErrorsOfOtherThreads() throws InterruptedException {
    try (Workers workers = Workers.start(2)) {
      CountDownLatch bothInside = new CountDownLatch(2);
      Thread caller = Thread.currentThread();
      assertThatThrownBy(() ->
              workers.run(
                  (block, worker) -> {
                    bothInside.countDown();
                    awaitQuietly(bothInside);
                    if (Thread.currentThread() != caller) {
                      throw new StackOverflowError("elsewhere");
                    }
                  },
                  2))
          .isInstanceOf(StackOverflowError.class)
          .hasMessage("elsewhere");
    }
  }

  @Test
  void takesCallsFromSeveralThreadsOneAfterTheOther() throws Exception {
    try (Workers workers = Workers.start(2);
        ExecutorService callers = Executors.newFixedThreadPool(3)) {
      AtomicInteger running = new AtomicInteger();
      AtomicInteger overlapping = new AtomicInteger();
      AtomicInteger executed = new AtomicInteger();
      Future<?>[] results = new Future<?>[3];
      for (int i = 0; i < results.length; i++) {
        results[i] =
            callers.submit(() -> {
              for (int round = 0; round < 500; round++) {
                workers.run(
                    (block, worker) -> {
                      if (running.getAndIncrement() != 0) {
                        overlapping.incrementAndGet();
                      }
                      executed.incrementAndGet();
                      running.decrementAndGet();
                    },
                    1);
                workers.run((block, worker) -> executed.incrementAndGet(), 9);
              }
            });
      }
      for (Future<?> result : results) {
        result.get();
      }
      assertThat(executed).hasValue(3 * 500 * 10);
      assertThat(overlapping).hasValue(0);
    }
  }

  @Test
  void rejectsRunsFromInsideATask() {
    try (Workers workers = Workers.start(2)) {
      AtomicInteger rejected = new AtomicInteger();
      CountDownLatch bothInside = new CountDownLatch(2);
      workers.run(
          (block, worker) -> {
            bothInside.countDown();
            awaitQuietly(bothInside);
            try {
              workers.run((inner, innerWorker) -> {}, 1);
            } catch (IllegalStateException expected) {
              rejected.incrementAndGet();
            }
          },
          2);
      assertThat(rejected).hasValue(2);
    }
  }

  @Test
  void keepsTheInterruptStatusOfItsCaller() {
    try (Workers workers = Workers.start(2)) {
      Thread.currentThread().interrupt();
      AtomicInteger executed = new AtomicInteger();
      workers.run((block, worker) -> executed.incrementAndGet(), 50);
      assertThat(executed).hasValue(50);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void parksWhenIdle() throws InterruptedException {
    try (Workers workers = Workers.start(2)) {
      Thread[] other = new Thread[1];
      CountDownLatch bothInside = new CountDownLatch(2);
      Thread caller = Thread.currentThread();
      workers.run(
          (block, worker) -> {
            if (Thread.currentThread() != caller) {
              other[0] = Thread.currentThread();
            }
            bothInside.countDown();
            awaitQuietly(bothInside);
          },
          2);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (other[0].getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(other[0].getState()).isEqualTo(Thread.State.WAITING);
    }
  }

  @Test
  void rejectsRunsAfterClose() {
    Workers workers = Workers.start(2);
    workers.close();
    workers.close();
    assertThatIllegalStateException().isThrownBy(() -> workers.run((block, worker) -> {}, 3));
  }

  @Test
  void endsItsThreadsWhenClosed() throws InterruptedException {
    Workers workers = Workers.start(2);
    Thread[] other = new Thread[1];
    CountDownLatch bothInside = new CountDownLatch(2);
    Thread caller = Thread.currentThread();
    workers.run(
        (block, worker) -> {
          if (Thread.currentThread() != caller) {
            other[0] = Thread.currentThread();
          }
          bothInside.countDown();
          awaitQuietly(bothInside);
        },
        2);
    workers.close();
    other[0].join();
    assertThat(other[0].isAlive()).isFalse();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** With the flag set, parking returns at once: the thread would burn a processor for ever. */
  @Test
  void anInterruptedWorkerGoesOnSleeping() throws InterruptedException {
    try (Workers workers = Workers.start(2)) {
      workers.run((block, worker) -> {}, 2);
      Thread[] threads = new Thread[Thread.activeCount() + 8];
      int count = Thread.enumerate(threads);
      Thread sleeper = null;
      for (int i = 0; i < count; i++) {
        sleeper = threads[i].getName().startsWith("internvl-worker-") ? threads[i] : sleeper;
      }
      assertThat(sleeper).isNotNull();
      sleeper.interrupt();
      for (int i = 0; i < 2_000 && sleeper.isInterrupted(); i++) {
        Thread.sleep(5);
      }
      assertThat(sleeper.isInterrupted()).isFalse();
      AtomicInteger blocks = new AtomicInteger();
      workers.run((block, worker) -> blocks.incrementAndGet(), 100);
      assertThat(blocks).hasValue(100);
    }
  }
}
