package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessorsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"AuthenticAMD,true", "HygonGenuine,true", "GenuineIntel,false"})
  void linuxNamesTheVendor(String vendor, boolean fast) throws IOException {
    Path processors = directory.resolve("cpuinfo");
    Files.writeString(
        processors,
        "processor\t: 0\nvendor_id\t: " + vendor + "\nflags\t: fpu\n\nprocessor\t: 1\n");
    assertThat(Processors.fastSubnormals(processors, "")).isEqualTo(fast);
  }

  @ParameterizedTest
  @CsvSource({
    "'AMD64 Family 25 Model 1 Stepping 1, AuthenticAMD',true",
    "'Intel64 Family 6 Model 143 Stepping 8, GenuineIntel',false",
    "'',false"
  })
  void windowsNamesItInTheEnvironment(String identifier, boolean fast) {
    Path absent = directory.resolve("absent");
    assertThat(Processors.fastSubnormals(absent, identifier)).isEqualTo(fast);
  }

  @Test
  void threadsOfOneCoreAreCountedOnce() throws IOException {
    for (int cpu = 0; cpu < 4; cpu++) {
      Path topology = Files.createDirectories(directory.resolve("cpu" + cpu + "/topology"));
      int first = cpu % 2;
      Files.writeString(topology.resolve("thread_siblings_list"), first + "," + (first + 2) + "\n");
    }
    assertThat(Processors.physicalCores(directory, 4)).isEqualTo(2);
    assertThat(Processors.physicalCores(directory, 1)).isEqualTo(1);
    assertThat(Processors.physicalCores(directory.resolve("absent"), 4)).isEqualTo(4);
  }
}
