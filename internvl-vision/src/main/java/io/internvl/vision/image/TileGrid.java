package io.internvl.vision.image;

/**
 * Into how many columns and rows of tiles an image is cut: InternVL's {@code dynamic_preprocess}.
 *
 * <p>Of all grids with an allowed number of tiles, the one whose aspect ratio is closest to the
 * image's; of grids with equal ratio, the larger one if the image has more than half its pixels.
 *
 * @param columns tiles side by side
 * @param rows tiles one above the other
 */
public record TileGrid(int columns, int rows) {
  /**
   * Chooses the grid of an image.
   *
   * @param width image columns
   * @param height image rows
   * @param minTiles smallest number of tiles
   * @param maxTiles largest number of tiles
   * @param tileSize side of a tile in pixels
   * @return the grid
   */
  public static TileGrid of(int width, int height, int minTiles, int maxTiles, int tileSize) {
    double aspectRatio = (double) width / height;
    double area = (double) width * height;
    double best = Double.POSITIVE_INFINITY;
    TileGrid grid = new TileGrid(1, 1);
    for (int tiles = minTiles; tiles <= maxTiles; tiles++) {
      for (int columns = 1; columns <= tiles; columns++) {
        if (tiles % columns != 0) {
          continue;
        }
        int rows = tiles / columns;
        double difference = Math.abs(aspectRatio - (double) columns / rows);
        boolean larger = area > 0.5 * tileSize * tileSize * columns * rows;
        if (difference < best || (difference == best && larger)) {
          best = difference;
          grid = new TileGrid(columns, rows);
        }
      }
    }
    return grid;
  }

  /**
   * Returns the number of tiles.
   *
   * @return columns times rows
   */
  public int tiles() {
    return columns * rows;
  }
}
