package io.internvl;

import io.internvl.core.decoder.DecoderBatch;
import io.internvl.core.decoder.DecoderState;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
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
  private final TurnBuilder turns;
  private final DecoderBatch batch;
  private final @Nullable Conversation[] conversations; // by place
  private final int[] pending; // places of which a token is evaluated next
  private final @Nullable Reply[] replies; // by question
  private int next;

  /** What goes on at a place. */
  private record Conversation(int question, Turn turn) {
    Answer answer() {
      return turn.answer();
    }
  }

  BatchChat(Model model, List<Message> questions, SessionOptions options) {
    questions.forEach(Message::requireUser);
    this.model = model;
    this.questions = List.copyOf(questions);
    this.options = options;
    turns = new TurnBuilder(model);
    int places = Math.min(PLACES, questions.size());
    conversations = new Conversation[places];
    pending = new int[places];
    replies = new Reply[questions.size()];
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

  /** Answers all questions; the replies have their order. */
  List<Reply> run() {
    int left = questions.size();
    while (left > 0) {
      model.enter();
      try {
        for (int place = 0; place < conversations.length && next < questions.size(); place++) {
          if (conversations[place] == null) {
            conversations[place] = begin(place, next++);
          }
        }
        advance();
      } finally {
        model.exit();
      }
      left -= collect();
    }
    return Stream.of(replies).map(Objects::requireNonNull).toList();
  }

  /** Evaluates a question and chooses the first token of its answer. */
  private Conversation begin(int place, int question) {
    Message message = questions.get(question);
    Stopwatch watch = new Stopwatch();
    EncodedTurn encoded = turns.first(options.systemMessage(), options.history(), message, watch);
    batch.cache(place).truncate(0);
    DecoderState state = batch.conversation(place);
    Turn turn = turns.begin(message, encoded, -1, state, options.generation(), watch);
    watch.start();
    turn.answer().next(state.logits(), 0);
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
        one.answer().next(batch.state().logits(), 0); // a limit ends it
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
      Conversation one = Objects.requireNonNull(conversations[pending[row]]);
      one.answer().evaluated();
      one.answer().next(batch.state().logits(), row);
      one.turn().watch().decode();
    }
  }

  /** Frees the places of answers that have ended; returns how many. */
  private int collect() {
    int ended = 0;
    for (int place = 0; place < conversations.length; place++) {
      Conversation one = conversations[place];
      if (one != null && one.answer().finished()) {
        replies[one.question()] = one.turn().reply();
        conversations[place] = null;
        ended++;
      }
    }
    return ended;
  }

  @Override
  public void close() {
    batch.close();
  }
}
