package io.internvl.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BannedSequencesTest {
  @Test
  void onlyTheTokenThatCompletesASequenceIsImpossible() {
    BannedSequences banned = new BannedSequences(List.of(new int[] {1, 2, 3}, new int[] {4}));
    assertThat(allowed(banned)).containsExactly(true, true, true, true, false);
    banned.append(2);
    assertThat(allowed(banned)).containsExactly(true, true, true, true, false);
    banned.append(1);
    banned.append(2);
    assertThat(allowed(banned)).containsExactly(true, true, true, false, false);
    banned.append(0);
    assertThat(allowed(banned)).containsExactly(true, true, true, true, false);
  }

  private static boolean[] allowed(BannedSequences banned) {
    float[] logits = new float[5];
    banned.apply(logits);
    boolean[] allowed = new boolean[logits.length];
    for (int i = 0; i < logits.length; i++) {
      allowed[i] = logits[i] == 0;
    }
    return allowed;
  }
}
