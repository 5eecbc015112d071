package io.internvl.gguf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Distributes tensors over the files of a split model. */
final class SplitPlan {
  private static final int MOST_PARTS = 65_535; // split.count is a u16

  private final long maxBytes;
  private final long alignment;
  private final List<List<PendingTensor>> parts = new ArrayList<>();

  private SplitPlan(long maxBytes, long alignment) {
    this.maxBytes = maxBytes;
    this.alignment = alignment;
  }

  static List<FileImage> of(
      Map<String, GgufValue> metadata, List<PendingTensor> tensors, long maxBytes) {
    if (maxBytes <= 0) {
      throw new IllegalArgumentException("maxBytes is " + maxBytes + ", expected at least 1");
    }
    SplitPlan plan = new SplitPlan(maxBytes, FileImage.alignment(metadata));
    plan.distribute(metadata, tensors);
    int count = plan.parts.size();
    if (count > MOST_PARTS) {
      throw new IllegalArgumentException(
          "maxBytes "
              + maxBytes
              + " makes "
              + count
              + " parts, allowed are "
              + MOST_PARTS
              + "; raise it");
    }
    List<FileImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, GgufValue> keys = keys(metadata, i, count, tensors.size());
      images.add(new FileImage(keys, plan.parts.get(i)));
    }
    return images;
  }

  private void distribute(Map<String, GgufValue> metadata, List<PendingTensor> tensors) {
    List<PendingTensor> part = new ArrayList<>();
    parts.add(part);
    long header = headerBytes(metadata, 0);
    long data = 0;
    for (PendingTensor tensor : tensors) {
      long moreHeader = HeaderEncoder.infoBytes(tensor.name(), tensor.shape().size());
      long moreData = TensorLayout.padded(tensor.bytes(), alignment);
      boolean full =
          TensorLayout.padded(header + moreHeader, alignment) + data + moreData > maxBytes;
      if (full && !part.isEmpty()) {
        part = new ArrayList<>();
        parts.add(part);
        header = headerBytes(metadata, 1);
        data = 0;
      }
      part.add(tensor);
      header += moreHeader;
      data += moreData;
    }
  }

  private static long headerBytes(Map<String, GgufValue> metadata, int index) {
    return HeaderEncoder.encode(keys(metadata, index, 1, 0), List.of()).length;
  }

  private static Map<String, GgufValue> keys(
      Map<String, GgufValue> metadata, int index, int count, int tensors) {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    if (index == 0) {
      keys.putAll(metadata);
    } else if (metadata.containsKey(TensorLayout.ALIGNMENT_KEY)) {
      keys.put(TensorLayout.ALIGNMENT_KEY, metadata.get(TensorLayout.ALIGNMENT_KEY));
    }
    keys.putAll(SplitFiles.keys(index, count, tensors));
    return keys;
  }
}
