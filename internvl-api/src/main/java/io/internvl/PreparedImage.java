package io.internvl;

/**
 * An image cut into tiles and normalised.
 *
 * @param pixels (tiles, 3, tileSize, tileSize)
 * @param tiles number of tiles, the thumbnail included
 */
record PreparedImage(float[] pixels, int tiles) {}
