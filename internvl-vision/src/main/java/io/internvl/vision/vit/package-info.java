/** InternViT, the vision tower. */
package io.internvl.vision.vit;
