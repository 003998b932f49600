"""Writes the files the benches work on; run as a program of its own, so that their memory is not the bench's.

    fixtures.py random FILE BYTES
    fixtures.py weights FILE BYTES_OF_A_TENSOR [INDEX …]    the tensors named are new ones
"""

import json
import struct
import sys

import numpy

TENSORS = 64


def write_random(path, size):
    generator = numpy.random.default_rng(1)
    with open(path, "wb") as file:
        for offset in range(0, size, 16 << 20):
            file.write(generator.bytes(min(16 << 20, size - offset)))


def write_weights(path, tensor_bytes, replaced):
    """A safetensors file of 64 bf16 tensors from N(0, 0.02²), a checkpoint as far as its statistics go."""
    header = {
        f"model.layers.{index}.weight": {
            "dtype": "BF16", "shape": [tensor_bytes // 8192, 4096],
            "data_offsets": [index * tensor_bytes, (index + 1) * tensor_bytes]}
        for index in range(TENSORS)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for index in range(TENSORS):
            generator = numpy.random.default_rng((2 if index in replaced else 1, index))
            values = generator.standard_normal(tensor_bytes // 2, dtype=numpy.float32) * numpy.float32(0.02)
            file.write((values.view(numpy.uint32) >> 16).astype(numpy.uint16).tobytes())


if __name__ == "__main__":
    kind, path, size, *indices = sys.argv[1:]
    if kind == "random":
        write_random(path, int(size))
    else:
        write_weights(path, int(size), set(map(int, indices)))
