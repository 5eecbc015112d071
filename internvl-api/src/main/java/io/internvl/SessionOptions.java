package io.internvl;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Settings of {@link Model#newSession(SessionOptions)}. Immutable.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="session-options"}
 */
public final class SessionOptions {
  private static final SessionOptions DEFAULTS = new Builder().build();

  private final SystemMessage systemMessage;
  private final List<Message> history;
  private final GenerationOptions generation;
  private final Map<Adapter, Double> adapters;

  private SessionOptions(Builder builder) {
    systemMessage = builder.systemMessage;
    history = builder.history;
    generation = builder.generation;
    adapters = Collections.unmodifiableMap(new LinkedHashMap<>(builder.adapters));
  }

  /**
   * Returns the settings that apply when none are given.
   *
   * @return defaults, as each setter of {@link Builder} states
   */
  public static SessionOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Starts from the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns what precedes the conversation.
   *
   * @return the system message
   */
  public SystemMessage systemMessage() {
    return systemMessage;
  }

  /**
   * Returns earlier turns.
   *
   * @return immutable list, user and assistant in turn
   */
  public List<Message> history() {
    return history;
  }

  /**
   * Returns the settings of answers for which none are given.
   *
   * @return the options
   */
  public GenerationOptions generation() {
    return generation;
  }

  /**
   * Returns the adapters besides those of the model.
   *
   * @return immutable map from adapter to scale
   */
  public Map<Adapter, Double> adapters() {
    return adapters;
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private SystemMessage systemMessage = SystemMessage.modelDefault();
    private List<Message> history = List.of();
    private GenerationOptions generation = GenerationOptions.defaults();

    private final Map<Adapter, Double> adapters = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Sets what precedes the conversation. Default: {@link SystemMessage#modelDefault()}.
     *
     * @param value the system message
     * @return this
     */
    public Builder systemMessage(SystemMessage value) {
      systemMessage = Objects.requireNonNull(value, "systemMessage");
      return this;
    }

    /**
     * Continues an earlier conversation. It is evaluated with the first question. Default: none.
     *
     * @param messages user and assistant in turn, ending with the assistant
     * @return this
     * @throws IllegalArgumentException when the roles do not alternate so
     */
    public Builder history(List<Message> messages) {
      for (int i = 0; i < messages.size(); i++) {
        Message.Role expected = i % 2 == 0 ? Message.Role.USER : Message.Role.ASSISTANT;
        if (messages.get(i).role() != expected) {
          throw new IllegalArgumentException(
              "history: message "
                  + i
                  + " is of "
                  + messages.get(i).role()
                  + ", expected "
                  + expected);
        }
      }
      if (messages.size() % 2 != 0) {
        throw new IllegalArgumentException("history: the last question has no answer");
      }
      history = List.copyOf(messages);
      return this;
    }

    /**
     * Sets how answers are produced unless a call says otherwise. Default: {@link
     * GenerationOptions#defaults()}.
     *
     * @param value the options
     * @return this
     */
    public Builder generation(GenerationOptions value) {
      generation = Objects.requireNonNull(value, "generation");
      return this;
    }

    /**
     * Applies a LoRA adapter, besides those of {@link ModelOptions.Builder#adapter}. Several add
     * up; the same one again replaces its scale. Default: none.
     *
     * @param adapter an adapter of the session's model
     * @param scale factor of its changes, finite: 1 as trained, 0 not at all
     * @return this
     * @throws IllegalArgumentException when the scale is not finite
     */
    public Builder adapter(Adapter adapter, double scale) {
      adapters.put(Objects.requireNonNull(adapter, "adapter"), ModelOptions.finite(scale));
      return this;
    }

    /**
     * Freezes the settings.
     *
     * @return the options
     */
    public SessionOptions build() {
      return new SessionOptions(this);
    }
  }
}
