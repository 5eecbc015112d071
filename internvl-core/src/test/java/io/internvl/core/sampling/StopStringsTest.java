package io.internvl.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void endsBeforeAStopStringSpreadOverPieces() {
    StopStrings stops = new StopStrings(List.of("END"));
    assertThat(stops.append("one E")).isEqualTo("one ");
    assertThat(stops.append("N")).isEmpty();
    assertThat(stops.append("D two")).isEmpty();
    assertThat(stops.stopped()).isTrue();
    assertThat(stops.append("more") + stops.flush()).isEmpty();
  }

  @Test
  void releasesTextThatTurnsOutHarmless() {
    StopStrings stops = new StopStrings(List.of("END"));
    assertThat(stops.append("EN")).isEmpty();
    assertThat(stops.append("TER")).isEqualTo("ENTER");
    assertThat(stops.stopped()).isFalse();
  }

  @Test
  void holdsBackTheLongestPossibleBeginning() {
    StopStrings stops = new StopStrings(List.of("ab", "bcd"));
    assertThat(stops.append("xbc")).isEqualTo("x");
    assertThat(stops.append("a")).isEqualTo("bc");
    assertThat(stops.append("b!")).isEmpty();
    assertThat(stops.stopped()).isTrue();
  }

  @Test
  void flushReturnsWhatWasHeldBack() {
    StopStrings stops = new StopStrings(List.of("END"));
    assertThat(stops.append("the E")).isEqualTo("the ");
    assertThat(stops.flush()).isEqualTo("E");
  }

  @Test
  void withoutStopStringsNothingIsHeldBack() {
    assertThat(new StopStrings(List.of()).append("anything")).isEqualTo("anything");
  }
}
