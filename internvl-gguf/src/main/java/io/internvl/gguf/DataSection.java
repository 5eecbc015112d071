package io.internvl.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The part of a file behind its header. Gives every tensor its bytes, after checking its place. */
final class DataSection {
  private final Path path;
  private final MemorySegment file;
  private final long start;
  private final long alignment;

  DataSection(Path path, MemorySegment file, long headerEnd, long alignment) {
    this.path = path;
    this.file = file;
    this.start = TensorLayout.padded(headerEnd, alignment);
    this.alignment = alignment;
  }

  /** Accepts any order, also gaps, which llama.cpp refuses. */
  List<GgufTensor> place(List<TensorInfo> infos) {
    List<GgufTensor> tensors = new ArrayList<>(infos.size());
    for (TensorInfo info : infos) {
      checkPlace(info);
      long offset = info.bytes() == 0 ? 0 : start + info.offset();
      MemorySegment data = file.asSlice(offset, info.bytes());
      tensors.add(new GgufTensor(info.name(), info.type(), info.shape(), data));
    }
    checkOverlap(infos);
    return tensors;
  }

  private void checkPlace(TensorInfo info) {
    if (info.offset() % alignment != 0) {
      throw fail(
          info,
          "is at data offset "
              + Long.toUnsignedString(info.offset())
              + ", expected a multiple of the alignment "
              + alignment);
    }
    long room = file.byteSize() - start;
    boolean inFile =
        info.offset() >= 0 && info.offset() <= room && info.bytes() <= room - info.offset();
    if (!inFile && info.bytes() > 0) {
      throw fail(
          info,
          "of "
              + info.bytes()
              + " bytes at data offset "
              + Long.toUnsignedString(info.offset())
              + " reaches beyond the file: data starts at "
              + start
              + " and the file ends at "
              + file.byteSize()
              + "; it is truncated");
    }
  }

  private void checkOverlap(List<TensorInfo> infos) {
    List<TensorInfo> sorted = new ArrayList<>(infos);
    sorted.removeIf(info -> info.bytes() == 0);
    sorted.sort(Comparator.comparingLong(TensorInfo::offset));
    for (int i = 1; i < sorted.size(); i++) {
      TensorInfo info = sorted.get(i);
      TensorInfo previous = sorted.get(i - 1);
      long end = previous.offset() + previous.bytes();
      if (info.offset() < end) {
        throw fail(
            info,
            "at data offset "
                + info.offset()
                + " overlaps tensor "
                + GgufException.quoted(previous.name())
                + ", which ends at "
                + end);
      }
    }
  }

  private GgufException fail(TensorInfo info, String problem) {
    return new GgufException(
        path + ": tensor " + GgufException.quoted(info.name()) + " " + problem);
  }
}
