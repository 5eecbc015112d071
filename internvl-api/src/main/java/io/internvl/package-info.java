/** Loading InternVL models and talking to them about text and images. */
package io.internvl;
