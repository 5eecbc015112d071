package io.internvl.vision.image;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts an image into square tiles, row by row; an overview of the whole image follows when there is
 * more than one. The image is stretched to the grid, not padded.
 *
 * @param tileSize side of a tile in pixels
 * @param minTiles smallest number of tiles, the overview not counted
 * @param maxTiles largest number of tiles, the overview not counted
 * @param overview whether an overview follows where there is more than one tile
 */
public record Tiles(int tileSize, int minTiles, int maxTiles, boolean overview) {
  /**
   * Cuts an image.
   *
   * @param image the image
   * @return tiles, each tileSize x tileSize
   */
  public List<RgbImage> of(RgbImage image) {
    TileGrid grid = TileGrid.of(image.width(), image.height(), minTiles, maxTiles, tileSize);
    RgbImage canvas =
        BicubicResize.resize(image, tileSize * grid.columns(), tileSize * grid.rows());
    List<RgbImage> tiles = new ArrayList<>();
    for (int i = 0; i < grid.tiles(); i++) {
      tiles.add(cut(canvas, i % grid.columns() * tileSize, i / grid.columns() * tileSize));
    }
    if (overview && grid.tiles() > 1) {
      tiles.add(BicubicResize.resize(image, tileSize, tileSize));
    }
    return tiles;
  }

  private RgbImage cut(RgbImage canvas, int left, int top) {
    int line = 3 * tileSize;
    byte[] rgb = new byte[line * tileSize];
    for (int y = 0; y < tileSize; y++) {
      int from = 3 * ((top + y) * canvas.width() + left);
      System.arraycopy(canvas.rgb(), from, rgb, line * y, line);
    }
    return new RgbImage(tileSize, tileSize, rgb);
  }
}
