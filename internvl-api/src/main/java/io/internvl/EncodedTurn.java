package io.internvl;

import io.internvl.core.chat.PromptEncoder;
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
