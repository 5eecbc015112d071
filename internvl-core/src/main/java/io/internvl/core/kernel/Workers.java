package io.internvl.core.kernel;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that execute kernels: a fixed set of daemon threads, and the caller.
 *
 * <p>{@link #run} hands out blocks one by one, so that a slow core takes fewer. It may be called
 * from several threads; calls are executed one after the other, in order of arrival. A task must
 * not call {@code run} itself. Nothing is allocated by a run. Threads that find no work spin
 * briefly, because the next run usually follows within microseconds, and then park: an idle
 * instance uses no processor time.
 */
public final class Workers implements AutoCloseable {
  /*
   * One long, the claim word, holds the number of the current run (upper half) and how many of its
   * blocks nobody has claimed yet (lower half). A thread claims a block by compare-and-set of the
   * whole word, so a thread that slept through the end of a run cannot take a block of the next one
   * with the old run's task. A run ends when all its blocks are finished, not when all threads have
   * taken part: a worker that the operating system does not schedule delays nobody.
   *
   * Waiting has three steps: spin, yield (which lets another process have the core), park. Each
   * side announces that it parks and then checks once more; the other side changes the state and
   * then looks for the announcement. Both are volatile accesses, so no wake-up is lost.
   */

  /** One piece of work after another. */
  @FunctionalInterface
  public interface Task {
    /**
     * Executes one block.
     *
     * @param block index of the block, {@code 0 .. blocks - 1}
     * @param worker index of the executing thread, {@code 0 .. threads() - 1}; no two threads have
     *     the same index at the same time
     */
    void run(int block, int worker);
  }

  private static final int CACHE_LINE_LONGS = 16; // two lines: processors fetch them in pairs
  private static final int CLAIM = CACHE_LINE_LONGS;
  private static final int UNFINISHED = 2 * CACHE_LINE_LONGS;
  private static final int PARKED = 3 * CACHE_LINE_LONGS; // + worker; 0 is the caller
  private static final long BLOCKS_MASK = 0xFFFF_FFFFL;
  private static final long SPIN_NANOS = 20_000;
  private static final long YIELD_NANOS = 200_000;

  private final AtomicLongArray shared;
  private final Thread[] threads; // index 0 unused
  private final ReentrantLock lock = new ReentrantLock(true);

  private @Nullable Task task;
  private int blocks;
  private @Nullable Thread caller;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  private Workers(int threadCount) {
    shared = new AtomicLongArray(PARKED + threadCount + CACHE_LINE_LONGS);
    threads = new Thread[threadCount];
  }

  /**
   * Starts the threads.
   *
   * @param threads how many threads work on a run, the caller included; at least 1
   * @return running workers
   */
  public static Workers start(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads = " + threads + ", expected at least 1");
    }
    Workers workers = new Workers(threads);
    for (int i = 1; i < threads; i++) {
      int worker = i;
      workers.threads[i] =
          Thread.ofPlatform()
              .name("internvl-worker-" + i)
              .daemon(true)
              .start(() -> workers.work(worker));
    }
    return workers;
  }

  /**
   * Returns how many threads work on a run.
   *
   * @return number of threads, the caller included
   */
  public int threads() {
    return threads.length;
  }

  /**
   * Executes a task for each block and returns when all are finished.
   *
   * <p>When a block throws, the blocks not yet started are skipped and the exception is thrown
   * here. The results of a run must not depend on which thread executes which block.
   *
   * @param task what to execute
   * @param blocks number of blocks
   * @throws IllegalStateException when closed, or when called from inside a task
   */
  public void run(Task task, int blocks) {
    if (blocks < 0) {
      throw new IllegalArgumentException("blocks = " + blocks + ", expected at least 0");
    }
    rejectInsideTask();
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the kernels are closed");
      }
      if (threads.length == 1 || blocks <= 1) {
        for (int block = 0; block < blocks; block++) {
          task.run(block, 0);
        }
      } else {
        runShared(task, blocks);
      }
    } finally {
      lock.unlock();
    }
  }

  private void rejectInsideTask() {
    Thread current = Thread.currentThread();
    boolean inside = lock.isHeldByCurrentThread();
    for (Thread thread : threads) {
      inside |= thread == current;
    }
    if (inside) {
      throw new IllegalStateException("a task must not call its workers");
    }
  }

  private void runShared(Task newTask, int newBlocks) {
    task = newTask;
    blocks = newBlocks;
    caller = Thread.currentThread();
    failure = null;
    shared.set(UNFINISHED, newBlocks);
    long run = nextRun();
    shared.set(CLAIM, (run << 32) | newBlocks);
    wakeWorkers();
    takePart(run, 0);
    awaitFinish();
    task = null;
    caller = null;
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      rethrow(thrown);
    }
  }

  private long nextRun() {
    return ((shared.get(CLAIM) >>> 32) + 1) & BLOCKS_MASK;
  }

  private void wakeWorkers() {
    for (int worker = 1; worker < threads.length; worker++) {
      if (shared.get(PARKED + worker) != 0) {
        LockSupport.unpark(threads[worker]);
      }
    }
  }

  /** Executes blocks of a run until none is left. */
  private void takePart(long run, int worker) {
    int finished = 0;
    while (true) {
      long claim = shared.get(CLAIM);
      long left = claim & BLOCKS_MASK;
      if (claim >>> 32 != run || left == 0) {
        break;
      }
      if (shared.compareAndSet(CLAIM, claim, claim - 1)) {
        execute(blocks - (int) left, worker);
        finished++;
      }
    }
    if (finished > 0 && shared.addAndGet(UNFINISHED, -finished) == 0) {
      wakeCaller();
    }
  }

  // Whatever a block throws belongs to the caller of run, which is another thread.
  private void execute(int block, int worker) {
    Task current = task;
    if (current == null || failure != null) {
      return;
    }
    try {
      current.run(block, worker);
    } catch (Throwable thrown) {
      failure = thrown;
    }
  }

  private void wakeCaller() {
    if (shared.get(PARKED) != 0) {
      Thread waiting = caller;
      if (waiting != null) {
        LockSupport.unpark(waiting);
      }
    }
  }

  private void awaitFinish() {
    long start = System.nanoTime();
    boolean interrupted = false;
    while (shared.get(UNFINISHED) != 0) {
      long waited = System.nanoTime() - start;
      if (waited < YIELD_NANOS) {
        spinOrYield(waited);
      } else {
        shared.set(PARKED, 1);
        if (shared.get(UNFINISHED) != 0) {
          LockSupport.park(this);
          interrupted |= Thread.interrupted(); // park returns at once while it is set
        }
        shared.set(PARKED, 0);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // a hint that saves time; nothing relies on it
  private static void spinOrYield(long waitedNanos) {
    if (waitedNanos < SPIN_NANOS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
  }

  private static void rethrow(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    throw new IllegalStateException(thrown);
  }

  private void work(int worker) {
    long done = 0;
    while (!closed) {
      long run = awaitRun(worker, done);
      takePart(run, worker);
      done = run;
    }
  }

  private long awaitRun(int worker, long done) {
    long start = System.nanoTime();
    long run = shared.get(CLAIM) >>> 32;
    while (run == done && !closed) {
      long waited = System.nanoTime() - start;
      if (waited < YIELD_NANOS) {
        spinOrYield(waited);
      } else {
        shared.set(PARKED + worker, 1);
        if (shared.get(CLAIM) >>> 32 == done && !closed) {
          LockSupport.park(this);
          Thread.interrupted(); // nothing here heeds it, and park returns at once while it is set
        }
        shared.set(PARKED + worker, 0);
      }
      run = shared.get(CLAIM) >>> 32;
    }
    return run;
  }

  /**
   * Waits for the run in progress and stops the threads. Idempotent.
   *
   * @throws IllegalStateException when called from inside a task
   */
  @Override
  public void close() {
    rejectInsideTask();
    lock.lock();
    try {
      closed = true;
      for (int worker = 1; worker < threads.length; worker++) {
        LockSupport.unpark(threads[worker]);
      }
    } finally {
      lock.unlock();
    }
  }
}
