package io.internvl;

import io.internvl.core.chat.PromptEncoder;
import io.internvl.core.nn.KvCache;
import java.util.List;

/**
 * What is to be evaluated before an answer, as ids and places of images.
 *
 * @param runs in order
 * @param images by number
 */
record EncodedTurn(List<PromptEncoder.Run> runs, List<PreparedImage> images) {
  int length() {
    int length = 0;
    for (PromptEncoder.Run run : runs) {
      length +=
          switch (run) {
            case PromptEncoder.TokenRun(List<Integer> ids) -> ids.size();
            case PromptEncoder.ImageRun(int index, int rows) -> rows;
          };
    }
    return length;
  }

  int imageRows() {
    int rows = 0;
    for (PromptEncoder.Run run : runs) {
      rows += run instanceof PromptEncoder.ImageRun(int index, int length) ? length : 0;
    }
    return rows;
  }

  /**
   * Checks that a cache has room for this and one token of the answer.
   *
   * @param carried tokens of the last answer that come first
   * @param cache the cache
   * @throws ContextOverflowException when it has not
   */
  void checkRoom(int carried, KvCache cache) {
    int needed = length() + carried + 1;
    int available = cache.maxLength() - cache.length();
    if (needed > available) {
      throw new ContextOverflowException(
          "the question needs "
              + needed
              + " positions ("
              + imageRows()
              + " of them for images), but "
              + available
              + " of "
              + cache.maxLength()
              + " are left; use fewer tiles (Image.withMaxTiles), a new session or a larger"
              + " ModelOptions.contextLength",
          needed,
          available);
    }
  }

  /** The prompt as InternVL writes it, with one context token for each embedding. */
  int[] idsWithImageContext(int contextToken) {
    int[] all = new int[length()];
    int at = 0;
    for (PromptEncoder.Run run : runs) {
      switch (run) {
        case PromptEncoder.TokenRun(List<Integer> ids) -> {
          for (int id : ids) {
            all[at++] = id;
          }
        }
        case PromptEncoder.ImageRun(int index, int rows) -> {
          for (int i = 0; i < rows; i++) {
            all[at++] = contextToken;
          }
        }
      }
    }
    return all;
  }
}
