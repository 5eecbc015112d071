package io.internvl;

import java.util.List;
import java.util.Objects;

/**
 * How an answer is produced. Immutable.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="generation-options"}
 */
public final class GenerationOptions {
  private static final GenerationOptions DEFAULTS = new Builder().build();

  private final int maxTokens;
  private final float temperature;
  private final int topK;
  private final float topP;
  private final float minP;
  private final float repetitionPenalty;
  private final long seed;
  private final List<String> stopStrings;
  private final int minTokens;
  private final List<String> bannedStrings;
  private final int repetitionLimit;
  private final int logProbabilities;

  private GenerationOptions(Builder builder) {
    maxTokens = builder.maxTokens;
    temperature = builder.temperature;
    topK = builder.topK;
    topP = builder.topP;
    minP = builder.minP;
    repetitionPenalty = builder.repetitionPenalty;
    seed = builder.seed;
    stopStrings = builder.stopStrings;
    minTokens = builder.minTokens;
    bannedStrings = builder.bannedStrings;
    repetitionLimit = builder.repetitionLimit;
    logProbabilities = builder.logProbabilities;
  }

  /**
   * Returns the settings that apply when none are given: greedy, at most 1024 tokens.
   *
   * @return defaults, as each setter of {@link Builder} states
   */
  public static GenerationOptions defaults() {
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
   * Starts from these settings.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxTokens = maxTokens;
    builder.temperature = temperature;
    builder.topK = topK;
    builder.topP = topP;
    builder.minP = minP;
    builder.repetitionPenalty = repetitionPenalty;
    builder.seed = seed;
    builder.stopStrings = stopStrings;
    builder.minTokens = minTokens;
    builder.bannedStrings = bannedStrings;
    builder.repetitionLimit = repetitionLimit;
    builder.logProbabilities = logProbabilities;
    return builder;
  }

  /**
   * Returns the largest number of answer tokens.
   *
   * @return tokens
   */
  public int maxTokens() {
    return maxTokens;
  }

  /**
   * Returns the divisor of the logits.
   *
   * @return temperature, 0 for greedy
   */
  public float temperature() {
    return temperature;
  }

  /**
   * Returns how many of the likeliest tokens are kept.
   *
   * @return tokens, 0 for all
   */
  public int topK() {
    return topK;
  }

  /**
   * Returns the probability mass that is kept.
   *
   * @return probability, 1 for all
   */
  public float topP() {
    return topP;
  }

  /**
   * Returns the smallest probability kept, relative to the likeliest token's.
   *
   * @return ratio, 0 for all
   */
  public float minP() {
    return minP;
  }

  /**
   * Returns the penalty of tokens that appeared already.
   *
   * @return factor, 1 for none
   */
  public float repetitionPenalty() {
    return repetitionPenalty;
  }

  /**
   * Returns the seed of the random draw.
   *
   * @return seed
   */
  public long seed() {
    return seed;
  }

  /**
   * Returns the strings that end an answer.
   *
   * @return immutable list
   */
  public List<String> stopStrings() {
    return stopStrings;
  }

  /**
   * Returns the smallest number of answer tokens.
   *
   * @return tokens, 0 for no minimum
   */
  public int minTokens() {
    return minTokens;
  }

  /**
   * Returns the strings that an answer may not contain.
   *
   * @return immutable list
   */
  public List<String> bannedStrings() {
    return bannedStrings;
  }

  /**
   * Returns how often a stretch of text may stand in a row before the answer is ended.
   *
   * @return times, 0 for no limit
   */
  public int repetitionLimit() {
    return repetitionLimit;
  }

  /**
   * Returns how many alternatives of each token are recorded.
   *
   * @return alternatives; -1 when no probabilities are recorded
   */
  public int logProbabilities() {
    return logProbabilities;
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private int maxTokens = 1024;
    private float temperature;
    private int topK = 50;
    private float topP = 1;
    private float minP;
    private float repetitionPenalty = 1;
    private long seed;
    private List<String> stopStrings = List.of();
    private int minTokens;
    private List<String> bannedStrings = List.of();
    private int repetitionLimit;
    private int logProbabilities = -1;

    private Builder() {}

    /**
     * Limits the answer. Default: 1024.
     *
     * @param value tokens, at least 1
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder maxTokens(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("maxTokens: " + value + ", expected at least 1");
      }
      maxTokens = value;
      return this;
    }

    /**
     * Divides the logits before tokens are sorted out and drawn; 0 always takes the likeliest
     * token. Default: 0.
     *
     * @param value 0 to 2
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder temperature(double value) {
      temperature = inRange("temperature", value, 0, 2);
      return this;
    }

    /**
     * Keeps only the likeliest tokens. Default: 50.
     *
     * @param value number of tokens, 0 for no limit but the 4,096 that are ever drawn from
     * @return this
     * @throws IllegalArgumentException when negative
     */
    public Builder topK(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("topK: " + value + ", expected at least 0");
      }
      topK = value;
      return this;
    }

    /**
     * Keeps the smallest set of likeliest tokens with this probability mass (Holtzman et al. 2020).
     * Default: 1.
     *
     * @param value above 0, up to 1
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder topP(double value) {
      if ((float) value <= 0) {
        throw new IllegalArgumentException("topP: " + value + ", expected above 0, up to 1");
      }
      topP = inRange("topP", value, 0, 1);
      return this;
    }

    /**
     * Drops tokens less likely than this fraction of the likeliest one. Default: 0.
     *
     * @param value 0 to 1
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder minP(double value) {
      minP = inRange("minP", value, 0, 1);
      return this;
    }

    /**
     * Divides positive and multiplies negative logits of tokens that appeared in this answer
     * (Keskar et al. 2019); the question is not counted, as in InternVL's own chat. Default: 1, no
     * penalty.
     *
     * @param value above 0, up to 10
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder repetitionPenalty(double value) {
      if ((float) value <= 0) {
        throw new IllegalArgumentException(
            "repetitionPenalty: " + value + ", expected above 0, up to 10");
      }
      repetitionPenalty = inRange("repetitionPenalty", value, 0, 10);
      return this;
    }

    /**
     * Seeds the random draw; the same seed gives the same answer. In a batch, the question with
     * index i draws with this seed plus i. Default: 0.
     *
     * @param value any
     * @return this
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Ends the answer before any of these strings, also where one spans several tokens. The tokens
     * up to there stay in the session's context. Default: none.
     *
     * @param values strings, none empty
     * @return this
     * @throws IllegalArgumentException when one is empty
     */
    public Builder stopStrings(String... values) {
      stopStrings = nonEmpty("stopStrings", values);
      return this;
    }

    /**
     * Keeps the model from ending its turn too early. Default: 0.
     *
     * @param value tokens, at least 0; {@link #maxTokens} takes precedence
     * @return this
     * @throws IllegalArgumentException when negative
     */
    public Builder minTokens(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("minTokens: " + value + ", expected at least 0");
      }
      minTokens = value;
      return this;
    }

    /**
     * Keeps the model from writing certain words. Each string is banned in the tokens that it is
     * encoded with, at the beginning of a text and after a space; in other tokens it may still come
     * about. Default: none.
     *
     * @param values strings, none empty
     * @return this
     * @throws IllegalArgumentException when one is empty
     */
    public Builder bannedStrings(String... values) {
      bannedStrings = nonEmpty("bannedStrings", values);
      return this;
    }

    /**
     * Ends the answer, with {@link FinishReason#REPETITION}, when the model has written the same
     * stretch of up to 64 tokens so often in a row. Default: 0, never.
     *
     * @param times at least 2, or 0
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder repetitionLimit(int times) {
      if (times != 0 && times < 2) {
        throw new IllegalArgumentException(
            "repetitionLimit: " + times + ", expected 0 or at least 2");
      }
      repetitionLimit = times;
      return this;
    }

    /**
     * Records in {@link Reply#tokens} how likely each token of the answer was. Default: nothing is
     * recorded.
     *
     * @param alternatives how many of the likeliest tokens at each place to record as well, 0 to
     *     100
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder logProbabilities(int alternatives) {
      if (alternatives < 0 || alternatives > 100) {
        throw new IllegalArgumentException(
            "logProbabilities: " + alternatives + ", expected 0 to 100");
      }
      logProbabilities = alternatives;
      return this;
    }

    /**
     * Freezes the settings.
     *
     * @return the options
     */
    public GenerationOptions build() {
      return new GenerationOptions(this);
    }

    private static List<String> nonEmpty(String name, String... values) {
      for (String value : values) {
        if (Objects.requireNonNull(value, name).isEmpty()) {
          throw new IllegalArgumentException(name + ": one of the strings is empty");
        }
      }
      return List.of(values);
    }

    private static float inRange(String name, double value, double min, double max) {
      if (!(value >= min && value <= max)) {
        throw new IllegalArgumentException(
            name + ": " + value + ", expected " + min + " to " + max);
      }
      return (float) value;
    }
  }
}
