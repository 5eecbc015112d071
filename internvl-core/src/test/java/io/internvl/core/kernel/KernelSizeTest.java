package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Large kernels are compiled alone: two of them in one compilation are more than C2 inlines at
 * once, and vectors then end up on the heap (docs/kernels.md). HotSpot inlines hot methods of up to
 * {@code FreqInlineSize} bytes, so these have to be longer.
 */
class KernelSizeTest {
  private static final int FREQ_INLINE_SIZE = 325;

  @ParameterizedTest
  @CsvSource({
    "GemvQ2_K,decodeScales",
    "GemvQ2_K,multiplyCodes",
    "GemvQ3_K,decodeScales",
    "GemvQ3_K,multiplyCodes",
    "SubScales,decode",
    "GemvQ4_K,multiplyCodes",
    "GemvQ4_KIntegers,multiplyCodes",
    "GemvQ5_K,multiplyCodes",
    "GemvQ6_K,multiplyCodes",
    "GemvIQ4_XS,multiplyCodes",
    "GemvIQ3_XXS,multiplyCodes",
    "GemvIQ3_S,multiplyCodes",
    "GemvIQ2_XXS,multiplyCodes",
    "GemvIQ2_XS,multiplyCodes",
    "GemvIQ2_S,multiplyCodes",
    "GemvIQ1_S,multiplyCodes",
    "GemvIQ1_M,multiplyCodes",
    "GemvBookIQ2_XXS,unpack",
    "GemvBookIQ2_XS,unpack",
    "GemvBookIQ2_S,unpack",
    "GemvBookIQ3_XXS,unpack",
    "GemvBookIQ3_S,unpack",
    "GemvBookIQ1_S,unpack",
    "GemvBookIQ1_M,unpack",
    "BookProducts,multiplySignedEights",
    "BookProducts,multiplyEights",
    "BookProducts,multiplySignedFours",
    "VectorSum,rows",
    "PackedNibbles,multiply",
    "PackedFives,multiply",
    "PackedBytes,multiply",
    "PackedScales,halves",
    "PackedScales,halfPairs",
    "PackedScales,sixBits",
    "PackedScales,sixBitMinima",
    "PackedScales,nibblePairs",
    "GemvQ4_0,blocks",
    "GemvQ4_1,blocks",
    "GemvQ5_0,blocks",
    "GemvQ5_1,blocks",
    "GemvQ8_0,blocks",
    "GemvNarrowQ8_0,blocks",
    "GemvNarrowQ2_K,decodeScales",
    "GemvNarrowQ2_K,multiplyCodes",
    "GemvNarrowQ3_K,decodeScales",
    "GemvNarrowQ3_K,multiplyCodes",
    "GemvNarrowQ4_K,multiplyCodes",
    "GemvNarrowQ4_KIntegers,multiplyCodes",
    "GemvNarrowQ5_K,multiplyCodes",
    "GemvNarrowQ6_K,multiplyCodes",
    "GemvNarrowQ2_KIntegers,multiplyCodes",
    "GemvNarrowQ3_KIntegers,multiplyCodes",
    "GemvNarrowQ5_KIntegers,multiplyCodes",
    "GemvNarrowQ6_KIntegers,multiplyCodes",
    "NarrowScales,decode",
    "GemvNarrowTableKernel,multiply",
    "NarrowNibbles,multiplyIntegers",
    "NarrowNibbles,multiplyFloats",
    "NarrowFifthBits,multiply",
    "NarrowFiveBits,spread",
    "NarrowFiveBits,multiplyCodes",
    "GemvIQ3_XXSPairs,multiplyCodes",
    "GemvIQ3_SPairs,multiplyCodes",
    "GemvIQ4_NL,blocks",
    "GemvMXFP4,blocks",
    "DecodeKernels,products",
    "DecodeKernels,sumLanes",
    "DecodeKernels,softmax",
    "DecodeKernels,factors",
    "DecodeKernels,addValues",
    "AttentionKernels,softmax",
    "OutputRows,swish",
    "MicroKernel7x1,multiply",
    "MicroKernel8x1,multiply",
    "MicroKernel8x2,multiply"
  })
  void isTooLongToBeInlined(String type, String method) throws IOException {
    assertThat(codeLength(type, method)).isGreaterThan(FREQ_INLINE_SIZE);
  }

  private static int codeLength(String type, String method) throws IOException {
    try (InputStream in = KernelSizeTest.class.getResourceAsStream(type + ".class")) {
      ClassModel model = ClassFile.of().parse(Objects.requireNonNull(in).readAllBytes());
      return model.methods().stream()
          .filter(candidate -> candidate.methodName().equalsString(method))
          .flatMap(candidate -> candidate.code().stream())
          .mapToInt(code -> ((CodeAttribute) code).codeLength())
          .max()
          .orElseThrow();
    }
  }
}
