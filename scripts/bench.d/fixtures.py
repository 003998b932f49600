"""Writes the files the benches work on; run as a program of its own, so that their memory is not the bench's.

    fixtures.py random FILE BYTES
    fixtures.py weights FILE BYTES_OF_A_TENSOR [INDEX …]    the tensors named are new ones
    fixtures.py rows FILE BYTES_OF_A_TENSOR PERCENT         so many rows of every tensor are new ones
    fixtures.py fresh FILE BYTES_OF_A_TENSOR SEED           all tensors are new ones, other ones for each seed
"""

import json
import struct
import sys

import numpy

TENSORS = 64
COLUMNS = 4096


def write_random(path, size):
    generator = numpy.random.default_rng(1)
    with open(path, "wb") as file:
        for offset in range(0, size, 16 << 20):
            file.write(generator.bytes(min(16 << 20, size - offset)))


def write_weights(path, tensor_bytes, replaced=(), percent=0, seed=1):
    """A safetensors file of 64 bf16 tensors from N(0, 0.02²), a checkpoint as far as its statistics go."""
    header = {
        f"model.layers.{index}.weight": {
            "dtype": "BF16", "shape": [tensor_bytes // (2 * COLUMNS), COLUMNS],
            "data_offsets": [index * tensor_bytes, (index + 1) * tensor_bytes]}
        for index in range(TENSORS)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for index in range(TENSORS):
            generator = numpy.random.default_rng((2 if index in replaced else seed, index))
            tensor = weights(generator, tensor_bytes // (2 * COLUMNS))
            if percent:
                generator = numpy.random.default_rng((3, index))
                rows = generator.choice(len(tensor), len(tensor) * percent // 100, replace=False)
                tensor[rows] = weights(generator, len(rows))
            file.write(tensor.tobytes())


def weights(generator, rows):
    """bf16 values, as the 16-bit numbers they are stored as."""
    values = generator.standard_normal((rows, COLUMNS), dtype=numpy.float32) * numpy.float32(0.02)
    return (values.view(numpy.uint32) >> 16).astype(numpy.uint16)


if __name__ == "__main__":
    kind, path, size, *numbers = sys.argv[1:]
    if kind == "random":
        write_random(path, int(size))
    elif kind == "fresh":
        write_weights(path, int(size), seed=100 + int(numbers[0]))
    elif kind == "rows":
        write_weights(path, int(size), percent=int(numbers[0]))
    else:
        write_weights(path, int(size), replaced=set(map(int, numbers)))
