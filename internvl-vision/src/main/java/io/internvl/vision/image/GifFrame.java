package io.internvl.vision.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Where the first frame of a GIF stands on its screen. As in Pillow, what it does not cover has the
 * frame's transparent colour or else its colour 0.
 *
 * @param width columns of the screen, widened to hold the frame
 * @param height rows of the screen, likewise
 * @param left first column of the frame
 * @param top first row of the frame
 * @param fill palette index of what is not covered
 */
record GifFrame(int width, int height, int left, int top, int fill) {
  private static final String FORMAT = "javax_imageio_gif_image_1.0";
  private static final int SCREEN_WIDTH = 6;
  private static final int SCREEN_HEIGHT = 8;

  static GifFrame of(ImageReader reader, byte[] file) throws IOException {
    IIOMetadataNode root = (IIOMetadataNode) reader.getImageMetadata(0).getAsTree(FORMAT);
    Element descriptor = (Element) root.getElementsByTagName("ImageDescriptor").item(0);
    int left = number(descriptor, "imageLeftPosition");
    int top = number(descriptor, "imageTopPosition");
    NodeList controls = root.getElementsByTagName("GraphicControlExtension");
    int fill = 0;
    if (controls.getLength() > 0) {
      Element control = (Element) controls.item(0);
      boolean transparent = control.getAttribute("transparentColorFlag").equals("TRUE");
      fill = transparent ? number(control, "transparentColorIndex") : 0;
    }
    return new GifFrame(
        Math.max(unsignedShort(file, SCREEN_WIDTH), left + reader.getWidth(0)),
        Math.max(unsignedShort(file, SCREEN_HEIGHT), top + reader.getHeight(0)),
        left,
        top,
        fill);
  }

  private static int number(Element element, String attribute) {
    return Integer.parseInt(element.getAttribute(attribute));
  }

  private static int unsignedShort(byte[] file, int at) {
    return (file[at] & 0xFF) | (file[at + 1] & 0xFF) << 8;
  }

  /** Puts the decoded frame onto the screen. */
  RgbImage paint(BufferedImage image) {
    RgbImage frame = RasterColors.rgb(image);
    if (frame.width() == width && frame.height() == height) {
      return frame;
    }
    byte[] rgb = new byte[3 * width * height];
    if (image.getColorModel() instanceof IndexColorModel palette && fill < palette.getMapSize()) {
      byte[] color = {
        (byte) palette.getRed(fill), (byte) palette.getGreen(fill), (byte) palette.getBlue(fill)
      };
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = color[i % 3];
      }
    }
    int line = 3 * frame.width();
    for (int y = 0; y < frame.height(); y++) {
      System.arraycopy(frame.rgb(), y * line, rgb, 3 * ((top + y) * width + left), line);
    }
    return new RgbImage(width, height, rgb);
  }
}
