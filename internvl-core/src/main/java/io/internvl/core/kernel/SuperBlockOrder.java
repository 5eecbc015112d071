package io.internvl.core.kernel;

/**
 * Where the 256 codes of a super-block are. A quarter is 64 codes: one field of bits of 64 bytes,
 * or of 32 bytes and others that belong to the same place; lane i is four of its bytes.
 */
enum SuperBlockOrder {
  /** Q4_K, Q5_K: 32 bytes hold 64 elements, the first 32 in the lower bits; a scale for 32. */
  PAIRS_OF_32 {
    @Override
    int element(int quarter, int lane) {
      return 128 * (quarter / 2) + 64 * (lane / 8) + 32 * (quarter % 2) + 4 * (lane % 8);
    }

    @Override
    int scaleElements() {
      return 32;
    }
  },
  /** Q6_K: 64 bytes hold 128 elements, the first 64 in the lower bits; a scale for 16. */
  PAIRS_OF_64 {
    @Override
    int element(int quarter, int lane) {
      return 64 * quarter + 4 * lane;
    }

    @Override
    int scaleElements() {
      return 16;
    }
  },
  /** Q2_K, Q3_K: 32 bytes hold 128 elements, 32 in each two bits; a scale for 16. */
  FOURS_OF_32 {
    @Override
    int element(int quarter, int lane) {
      return 128 * (lane / 8) + 32 * quarter + 4 * (lane % 8);
    }

    @Override
    int scaleElements() {
      return 16;
    }
  },
  /** IQ4_XS: 16 bytes hold 32 elements, the first 16 in the lower bits; a scale for 32. */
  PAIRS_OF_16 {
    @Override
    int element(int quarter, int lane) {
      return 128 * (quarter / 2) + 32 * (lane / 4) + 16 * (quarter % 2) + 4 * (lane % 4);
    }

    @Override
    int scaleElements() {
      return 32;
    }
  };

  static final int QUARTERS = 4;
  static final int LANES = 16;

  /** Returns the first of the four consecutive elements of a lane. */
  abstract int element(int quarter, int lane);

  /** Returns how many elements have a scale in common. */
  abstract int scaleElements();

  /** Makes a table of the scale of each lane (quarters, 16). */
  int[] scales() {
    int[] scales = new int[QUARTERS * LANES];
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
      for (int lane = 0; lane < LANES; lane++) {
        scales[quarter * LANES + lane] = element(quarter, lane) / scaleElements();
      }
    }
    return scales;
  }

  /** Makes a table (quarters, 16): one value in lanes 0 to 7, one in lanes 8 to 15 of each. */
  static int[] halves(int... values) {
    int[] table = new int[QUARTERS * LANES];
    for (int i = 0; i < table.length; i++) {
      table[i] = values[i / 8];
    }
    return table;
  }
}
