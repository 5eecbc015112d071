package io.internvl;

import io.internvl.vision.image.RgbImage;
import java.util.List;

/**
 * An image cut into tiles.
 *
 * @param source the image
 * @param tiles pixels of the tiles; none when the image has been embedded already
 * @param count number of tiles, the thumbnail included
 */
record PreparedImage(Image source, List<RgbImage> tiles, int count) {}
