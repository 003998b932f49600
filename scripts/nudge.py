"""Makes a stand-in for a fine-tune: moves the weights of some layers a little, always in the same way.

usage: nudge.py IN.safetensors OUT.safetensors LAYER…
"""

import array
import json
import random
import struct
import sys

source, target, *layers = sys.argv[1:]
with open(source, "rb") as file:
    data = bytearray(file.read())
(length,) = struct.unpack_from("<Q", data)
header = json.loads(data[8:8 + length])
moved = 0
for name, entry in header.items():
    if not any(f".layers.{layer}.mlp.down_proj." in name for layer in layers):
        continue
    begin, end = (8 + length + offset for offset in entry["data_offsets"])
    noise = random.Random(f"{target.rsplit('/', 1)[-1]} {name}")
    code, low = {"BF16": ("H", 2), "F16": ("H", 4), "F32": ("I", 1 << 17)}[entry["dtype"]]
    values = array.array(code, bytes(data[begin:end]))
    # A few of the lowest bits of each value: some parts in a hundred at most, and never NaN.
    for place in range(len(values)):
        values[place] = values[place] & ~(2 * low - 1) | noise.randrange(2 * low)
    data[begin:end] = values.tobytes()
    moved += 1
if not moved:
    sys.exit(f"{source} has no layers {layers}")
with open(target, "wb") as file:
    file.write(data)
