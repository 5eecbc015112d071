package io.internvl.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RepetitionGuardTest {
  @Test
  void noticesAStretchAtItsLastRepetition() {
    assertThat(firstAlarm(new RepetitionGuard(4, 3), 9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1)).isEqualTo(9);
    assertThat(firstAlarm(new RepetitionGuard(4, 3), 5, 5, 5)).isEqualTo(2);
    assertThat(firstAlarm(new RepetitionGuard(2, 2), 7, 1, 2, 1, 2)).isEqualTo(4);
  }

  @Test
  void longerStretchesAndInterruptedOnesPass() {
    assertThat(firstAlarm(new RepetitionGuard(2, 2), 1, 2, 3, 1, 2, 3, 1, 2, 3)).isNegative();
    assertThat(firstAlarm(new RepetitionGuard(4, 3), 1, 2, 1, 2, 9, 1, 2, 1, 2)).isNegative();
  }

  @Test
  void zeroTimesNoticesNothing() {
    assertThat(firstAlarm(new RepetitionGuard(4, 0), 5, 5, 5, 5, 5, 5)).isNegative();
  }

  private static int firstAlarm(RepetitionGuard guard, int... tokens) {
    for (int i = 0; i < tokens.length; i++) {
      if (guard.append(tokens[i])) {
        return i;
      }
    }
    return -1;
  }
}
