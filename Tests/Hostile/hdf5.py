"""Writes HDF5 files in the oldest form of the format, which has no checksums: what is spoilt is believed at first.

Source: HDF5 File Format Specification Version 3.0, superblock 0, object headers 1.
"""

import math
import struct
import zlib

NOWHERE = (1 << 64) - 1
# Symbols of a group's leaf, children of a group's node and of a node of chunks: halves of what there is room for.
LEAF, NODE, CHUNKS = 4, 16, 32


def padded(data, length=None):
    return data.ljust(length or -(-len(data) // 8) * 8, b"\0")


def header(*messages):
    """An object header of (type, data) messages."""
    body = b"".join(struct.pack("<HHB3x", kind, len(padded(data)), 0) + padded(data) for kind, data in messages)
    return struct.pack("<BxHIIxxxx", 1, len(messages), 1, len(body)) + body


def node(kind, keys, children, room):
    """A node of a tree: keys around the children, with room for as many as the format asks for."""
    pairs = b"".join(key + struct.pack("<Q", child) for key, child in zip(keys, children)) + keys[-1]
    full = 24 + (room + 1) * len(keys[0]) + room * 8
    return padded(b"TREE" + struct.pack("<BBHQQ", kind, 0, len(children), NOWHERE, NOWHERE) + pairs, full)


def hdf5(shape, data, chunk=None):
    """A file with the dataset /stamps of 32-bit floats; with `chunk`, so many of its first axis are deflated together.

    `data` may be shorter than `shape` says.
    """
    heap_text = padded(b"") + bytes(8) + padded(b"stamps\0")
    dataspace = struct.pack("<BBB5x", 1, len(shape), 0) + struct.pack(f"<{len(shape)}Q", *shape)
    datatype = bytes([0x11, 0x20, 31, 0]) + struct.pack("<IHHBBBBI", 4, 0, 32, 23, 8, 0, 23, 127)
    fill = bytes([2, 2, 2, 0])
    messages = [(1, dataspace), (3, datatype), (5, fill)]
    if chunk:
        messages.append((11, struct.pack("<BB6xHHHHII", 1, 1, 1, 0, 1, 1, 6, 0)))

    def layout(place):
        if not chunk:
            return struct.pack("<BBQQ", 3, 1, place, 4 * math.prod(shape))
        extents = [chunk, *shape[1:], 4]
        return struct.pack("<BBBQ", 3, 2, len(extents), place) + struct.pack(f"<{len(extents)}I", *extents)

    root_place, tree_place = 96, 96 + len(header((17, bytes(16))))
    heap_place = tree_place + len(node(0, [bytes(8)] * 2, [0], 2 * NODE))
    text_place = heap_place + 32
    symbols_place = text_place + len(heap_text)
    dataset_place = symbols_place + 8 + 2 * LEAF * 40
    data_place = dataset_place + len(header(*messages, (8, layout(0))))
    name = len(heap_text) - 8

    root = header((17, struct.pack("<QQ", tree_place, heap_place)))
    tree = node(0, [struct.pack("<Q", 0), struct.pack("<Q", name)], [symbols_place], 2 * NODE)
    # 1 is the end of the list of what is free.
    heap = b"HEAP" + struct.pack("<B3xQQQ", 0, len(heap_text), 1, text_place)
    symbol = struct.pack("<QQII16x", name, dataset_place, 0, 0)
    symbols = padded(b"SNOD" + struct.pack("<BBH", 1, 0, 1) + symbol, 8 + 2 * LEAF * 40)
    dataset = header(*messages, (8, layout(data_place)))
    rest = data
    if chunk:
        size = chunk * 4 * math.prod(shape[1:])
        pieces = [zlib.compress(padded(data[start:start + size], size), 6) for start in range(0, len(data), size)]
        room = data_place + len(node(1, [bytes(8 + 8 * len(shape) + 8)] * 2, [0], 2 * CHUNKS))
        places = [room + sum(map(len, pieces[:number])) for number in range(len(pieces))]

        def key(number, length):
            offsets = [number * chunk] + [0] * len(shape)
            return struct.pack("<II", length, 0) + struct.pack(f"<{len(offsets)}Q", *offsets)

        keys = [key(number, len(piece)) for number, piece in enumerate(pieces)] + [key(len(pieces), 0)]
        rest = node(1, keys, places, 2 * CHUNKS) + b"".join(pieces)
    end = data_place + len(rest)
    superblock = b"\x89HDF\r\n\x1a\n" + struct.pack("<BBBxBBBxHHI", 0, 0, 0, 0, 8, 8, LEAF, NODE, 0)
    superblock += struct.pack("<QQQQ", 0, NOWHERE, end, NOWHERE)
    superblock += struct.pack("<QQIIQQ", 0, root_place, 1, 0, tree_place, heap_place)
    return superblock + root + tree + heap + heap_text + symbols + dataset + rest
