/** Image files to normalised tiles, as InternVL's Python and Pillow make them. */
package io.internvl.vision.image;
