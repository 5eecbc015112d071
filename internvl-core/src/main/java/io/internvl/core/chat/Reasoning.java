package io.internvl.core.chat;

/**
 * An answer of a thinking model, taken apart.
 *
 * @param thought text between {@code <think>} and {@code </think>}, stripped; empty for none
 * @param answer the rest, stripped
 */
public record Reasoning(String thought, String answer) {
  /** System message that switches InternVL3.5 to thinking, from its model card. */
  public static final String SYSTEM_MESSAGE =
      """
      You are an AI assistant that rigorously follows this response protocol:

      1. First, conduct a detailed analysis of the question. Consider different angles, potential \
      solutions, and reason through the problem step-by-step. Enclose this entire thinking process \
      within <think> and </think> tags.

      2. After the thinking section, provide a clear, concise, and direct answer to the user's \
      question. Separate the answer from the think section with a newline.

      Ensure that the thinking process is thorough but remains focused on the query. The final \
      answer should be standalone and not reference the thinking section.\
      """;

  private static final String START = "<think>";
  private static final String END = "</think>";

  /**
   * Splits an answer as {@link ReasoningStream} does: a thought is what an answer begins with. An
   * unfinished one has no answer yet.
   *
   * @param text what the model wrote
   * @return thought and answer
   */
  public static Reasoning split(String text) {
    String stripped = text.strip();
    if (!stripped.startsWith(START)) {
      return new Reasoning("", stripped);
    }
    int end = stripped.indexOf(END);
    if (end < 0) {
      return new Reasoning(stripped.substring(START.length()).strip(), "");
    }
    return new Reasoning(
        stripped.substring(START.length(), end).strip(),
        stripped.substring(end + END.length()).strip());
  }
}
