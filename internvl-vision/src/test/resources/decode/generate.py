"""Writes the image files of this directory and cases.json: what Pillow's convert("RGB") makes of each.

Run as `python generate.py` here; needs Pillow (12.3.0 wrote the files that are checked in).
"""

import base64
import io
import json
import random
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

HERE = Path(__file__).parent
W, H = 17, 11
CASES = []
RNG = random.Random(7)


def add(name, data, tolerance=0, upright=False):
    (HERE / name).write_bytes(data)
    image = Image.open(io.BytesIO(data))
    rgb = (ImageOps.exif_transpose(image) if upright else image).convert("RGB")
    CASES.append({
        "file": name,
        "width": rgb.width,
        "height": rgb.height,
        "tolerance": tolerance,
        "upright": upright,
        "rgb": base64.b64encode(rgb.tobytes()).decode(),
    })


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(depth, color, samples, extra=b"", width=W, height=H):
    """A PNG of rows of samples, packed to the depth; no filter, no interlacing."""
    body = b""
    for row in samples:
        bits = "".join(format(s, f"0{depth}b") for s in row)
        bits += "0" * (-len(bits) % 8)
        body += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
            + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b""))


def noise(depth, channels):
    return [[RNG.randrange(1 << depth) for _ in range(W * channels)] for _ in range(H)]


def pngs():
    for depth in (1, 2, 4, 8, 16):
        rows = noise(depth, 1)
        if depth == 16:
            rows[0][:6] = [0, 1, 254, 255, 256, 65535]
            rows[1] = [RNG.randrange(300) for _ in range(W)]
        add(f"png-gray-{depth}.png", png(depth, 0, rows))
        key = chunk(b"tRNS", struct.pack(">H", rows[2][2]))
        add(f"png-gray-{depth}-key.png", png(depth, 0, rows, key))
    for depth in (8, 16):
        rows = noise(depth, 3)
        add(f"png-rgb-{depth}.png", png(depth, 2, rows))
        key = chunk(b"tRNS", struct.pack(">HHH", *rows[2][3:6]))
        add(f"png-rgb-{depth}-key.png", png(depth, 2, rows, key))
        add(f"png-gray-alpha-{depth}.png", png(depth, 4, noise(depth, 2)))
        add(f"png-rgba-{depth}.png", png(depth, 6, noise(depth, 4)))
    for depth in (1, 2, 4, 8):
        palette = chunk(b"PLTE", bytes(RNG.randrange(256) for _ in range(3 << depth)))
        rows = noise(depth, 1)
        add(f"png-palette-{depth}.png", png(depth, 3, rows, palette))
        alpha = chunk(b"tRNS", bytes(RNG.randrange(256) for _ in range(1 << depth)))
        add(f"png-palette-{depth}-alpha.png", png(depth, 3, rows, palette + alpha))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    icc = chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    add("png-rgb-profile.png", png(8, 2, noise(8, 3), icc))
    add("png-gray-gamma.png", png(8, 0, noise(8, 1), gamma))
    add("png-text-bomb.png",
        png(8, 2, noise(8, 3), chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 900_000, 9))))


def smooth(mode="RGB", size=(40, 24)):
    """Gradients, which survive JPEG compression well."""
    image = Image.new("RGB", size)
    for y in range(size[1]):
        for x in range(size[0]):
            image.putpixel((x, y), (6 * x, 10 * y, 255 - 3 * (x + y)))
    return image.convert(mode)


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def jpegs():
    add("jpeg-gray.jpg", jpeg(smooth("L")), 1)
    add("jpeg-444.jpg", jpeg(smooth(), subsampling=0), 3)
    add("jpeg-420.jpg", jpeg(smooth(), subsampling=2), 8)
    add("jpeg-progressive.jpg", jpeg(smooth(), subsampling=0, progressive=True), 3)
    add("jpeg-rgb.jpg", jpeg(smooth(), subsampling=0, keep_rgb=True), 2)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    add("jpeg-profile.jpg", jpeg(smooth(), subsampling=0, icc_profile=profile), 3)
    add("jpeg-damaged-profile.jpg",
        jpeg(smooth(), subsampling=0, icc_profile=bytes(200)), 3)
    cmyk = jpeg(smooth("CMYK"), subsampling=0)
    add("jpeg-cmyk.jpg", cmyk, 3)
    adobe = cmyk.index(b"Adobe")
    ycck = cmyk[:adobe + 11] + b"\2" + cmyk[adobe + 12:]
    add("jpeg-ycck.jpg", ycck, 4)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif.endian = "<" if orientation % 2 else ">"
        data = jpeg(smooth(), subsampling=0, exif=exif.tobytes())
        add(f"jpeg-orientation-{orientation}.jpg", data, 3)
        add(f"jpeg-orientation-{orientation}.jpg", data, 3, upright=True)


def gif_frame(index_rows, left, top, palette=b"", transparent=None, disposal=0):
    """A graphic control block and an image block with uncompressed codes of 9 bits."""
    flags = disposal << 2 | (transparent is not None)
    control = b"\x21\xf9\x04" + struct.pack("<BHB", flags, 10, transparent or 0) + b"\0"
    local = 0x80 | 7 if palette else 0
    head = b"\x2c" + struct.pack("<HHHHB", left, top, len(index_rows[0]), len(index_rows), local)
    codes = [256]
    for n, index in enumerate(i for row in index_rows for i in row):
        if n and n % 200 == 0:
            codes.append(256)
        codes.append(index)
    codes.append(257)
    bits = 0
    for n, code in enumerate(codes):
        bits |= code << 9 * n
    data = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255]
                      for i in range(0, len(data), 255))
    return control + head + palette + b"\x08" + blocks + b"\0"


def gif(frames, palette, background=0):
    return (b"GIF89a" + struct.pack("<HHBBB", W, H, 0xF7, background, 0) + palette
            + b"".join(frames) + b"\x3b")


def gifs():
    palette = bytes(RNG.randrange(256) for _ in range(768))
    other = bytes(RNG.randrange(256) for _ in range(768))
    rows = noise(8, 1)
    small = [row[:9] for row in rows[:5]]
    add("gif-plain.gif", gif([gif_frame(rows, 0, 0)], palette))
    add("gif-local-palette.gif", gif([gif_frame(rows, 0, 0, other)], palette))
    add("gif-transparent.gif", gif([gif_frame(rows, 0, 0, transparent=rows[0][0])], palette))
    add("gif-animated.gif",
        gif([gif_frame(rows, 0, 0), gif_frame(small, 3, 2, other)], palette))
    add("gif-small-frame.gif", gif([gif_frame(small, 4, 3)], palette, background=9))
    add("gif-small-frame-transparent.gif",
        gif([gif_frame(small, 4, 3, transparent=small[1][1])], palette, background=9))
    add("gif-small-frame-local-palette.gif",
        gif([gif_frame(small, 4, 3, other)], palette, background=9))


def bmp(depth, pixels, palette=b"", compression=0, masks=b"", height=H):
    offset = 14 + 40 + len(masks) + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, W, height, 1, depth, compression, len(pixels), 0, 0,
                       len(palette) // 4, 0)
    return (b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + head + masks
            + palette + pixels)


def packed(depth, rows):
    out = b""
    for row in rows:
        bits = "".join(format(s, f"0{depth}b") for s in row)
        bits += "0" * (-len(bits) % 32)
        out += int(bits, 2).to_bytes(len(bits) // 8, "big")
    return out


def bmps():
    for depth in (1, 4, 8):
        palette = b"".join(bytes(RNG.randrange(256) for _ in range(3)) + b"\0"
                           for _ in range(1 << depth))
        add(f"bmp-palette-{depth}.bmp", bmp(depth, packed(depth, noise(depth, 1)), palette))
    add("bmp-rgb-24.bmp", bmp(24, packed(8, noise(8, 3))))
    add("bmp-top-down.bmp", bmp(24, packed(8, noise(8, 3)), height=-H))
    add("bmp-rgb-32.bmp", bmp(32, packed(8, noise(8, 4))))
    add("bmp-555.bmp", bmp(16, packed(16, noise(15, 1))))
    add("bmp-565.bmp", bmp(16, packed(16, noise(16, 1)), compression=3,
                           masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    palette = b"".join(bytes([i, 255 - i, i // 2, 0]) for i in range(256))
    runs = b"".join(bytes([9, 3 * y, 8, 200 - y]) + b"\0\0" for y in range(H)) + b"\0\1"
    add("bmp-rle8.bmp", bmp(8, runs, palette, compression=1))


pngs()
jpegs()
gifs()
bmps()
(HERE / "cases.json").write_text(json.dumps(CASES, indent=1) + "\n")
print(len(CASES), "cases")
