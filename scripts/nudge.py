#!/usr/bin/env python3
"""Copies a safetensors file of bf16 weights and moves some tensors a little, as a fine-tune would.

    nudge.py SOURCE TARGET PATTERN…

Every value of a tensor whose name matches a pattern (as of a shell) grows or shrinks by up to two percent, by a rule
that depends on the target's name and the value's place only: the same call writes the same file.
"""
import array
import fnmatch
import json
import pathlib
import random
import struct
import sys


def nudged(data, source):
    """bf16 values, each times 1 ± 0.02."""
    factors = [1 + source.uniform(-0.02, 0.02) for _ in range(4096)]
    wide = array.array("I", (value << 16 for value in array.array("H", data)))
    values = array.array("f", wide.tobytes())
    changed = array.array("f", (value * factors[i & 4095] for i, value in enumerate(values)))
    return array.array("H", ((bits + 0x8000) >> 16 & 0xFFFF for bits in array.array("I", changed.tobytes()))).tobytes()


def main(source, target, *patterns):
    with open(source, "rb") as old, open(target, "wb") as new:
        (length,) = struct.unpack("<Q", old.read(8))
        header = old.read(length)
        new.write(struct.pack("<Q", length) + header)
        tensors = json.loads(header)
        tensors.pop("__metadata__", None)
        for name, entry in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
            begin, end = entry["data_offsets"]
            data = old.read(end - begin)
            if entry["dtype"] == "BF16" and any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                data = nudged(data, random.Random(f"{pathlib.Path(target).name} {name}"))
            new.write(data)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
