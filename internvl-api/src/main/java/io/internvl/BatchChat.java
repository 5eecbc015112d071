package io.internvl;

import io.internvl.core.decoder.DecoderBatch;
import io.internvl.core.decoder.DecoderState;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Independent questions whose answers are produced together. As soon as one has ended, the next
 * question takes its place.
 */
final class BatchChat implements AutoCloseable {
  /** Most answers in progress. */
  static final int PLACES = 16;

  private final Model model;
  private final List<Message> questions;
  private final SessionOptions options;
  private final List<GenerationOptions> generations; // of each question
  private final TurnBuilder turns;
  private final DecoderBatch batch;
  private final @Nullable Conversation[] conversations; // by place
  private final String[] pieces; // of text that was not told yet, by place
  private final int[] pending; // places of which a token is evaluated next
  private final BatchListener listener;
  private int next;

  /** What goes on at a place. */
  private record Conversation(int question, Turn turn) {
    Answer answer() {
      return turn.answer();
    }
  }

  BatchChat(
      Model model,
      List<Message> questions,
      List<GenerationOptions> generations,
      SessionOptions options,
      BatchListener listener) {
    questions.forEach(Message::requireUser);
    if (generations.size() != questions.size()) {
      throw new IllegalArgumentException(
          generations.size() + " generation options for " + questions.size() + " questions");
    }
    this.model = model;
    this.questions = List.copyOf(questions);
    this.generations = List.copyOf(generations);
    this.options = options;
    this.listener = listener;
    turns = new TurnBuilder(model, SharedImages.of(questions, options.history()));
    int places = Math.min(PLACES, questions.size());
    conversations = new Conversation[places];
    pieces = new String[places];
    Arrays.fill(pieces, "");
    pending = new int[places];
    model.enter();
    try {
      batch =
          model
              .decoder()
              .newBatch(
                  places,
                  model.contextLength(),
                  model.prefillChunk(),
                  model.kvCacheFormat(),
                  model.adaptersOf(options));
    } finally {
      model.exit();
    }
  }

  /** Answers all questions. The listener is called while the model is not held. */
  void run() {
    int left = questions.size();
    while (left > 0) {
      for (int place = 0; place < conversations.length; place++) {
        while (conversations[place] == null && next < questions.size()) {
          left -= begin(place, next++) ? 0 : 1;
        }
      }
      model.enter();
      try {
        advance();
      } finally {
        model.exit();
      }
      left -= tell();
    }
  }

  /** Begins an answer; returns whether the question could be evaluated. */
  private boolean begin(int place, int question) {
    InternVlException problem;
    model.enter();
    try {
      conversations[place] = evaluate(place, question);
      return true;
    } catch (InternVlException e) {
      problem = e;
    } finally {
      model.exit();
    }
    listener.failed(question, problem);
    return false;
  }

  /** Evaluates a question and chooses the first token of its answer. */
  private Conversation evaluate(int place, int question) {
    Message message = questions.get(question);
    Stopwatch watch = new Stopwatch();
    EncodedTurn encoded = turns.first(options.systemMessage(), options.history(), message, watch);
    batch.cache(place).truncate(0);
    DecoderState state = batch.conversation(place);
    Turn turn = turns.begin(message, encoded, -1, state, generations.get(question), watch);
    watch.start();
    pieces[place] = turn.answer().next(state.logits(), 0);
    watch.decode();
    return new Conversation(question, turn);
  }

  /** Evaluates the last token of each answer and chooses the next one. */
  private void advance() {
    int count = 0;
    for (int place = 0; place < conversations.length; place++) {
      Conversation one = conversations[place];
      if (one == null || one.answer().finished()) {
        continue;
      }
      int token = one.answer().pending();
      if (token < 0) {
        pieces[place] += one.answer().next(batch.state().logits(), 0); // a limit ends it
        continue;
      }
      one.turn().watch().start();
      model.decoder().embed(batch.state(), token, count);
      pending[count++] = place;
    }
    if (count > 0) {
      model.decoder().forward(batch, pending, count);
    }
    for (int row = 0; row < count; row++) {
      int place = pending[row];
      Conversation one = Objects.requireNonNull(conversations[place]);
      one.answer().evaluated();
      pieces[place] += one.answer().next(batch.state().logits(), row);
      one.turn().watch().decode();
    }
  }

  /** Tells of new text and of answers that have ended, and frees their places; returns how many. */
  private int tell() {
    int ended = 0;
    for (int place = 0; place < conversations.length; place++) {
      Conversation one = conversations[place];
      if (one == null) {
        continue;
      }
      if (!pieces[place].isEmpty()) {
        listener.text(one.question(), pieces[place]);
        pieces[place] = "";
      }
      if (one.answer().finished()) {
        conversations[place] = null;
        ended++;
        listener.answered(one.question(), one.turn().reply());
      }
    }
    return ended;
  }

  @Override
  public void close() {
    batch.close();
  }
}
