"""The peers of the chunk bench; prints one JSON object a line, with the fields that hub-bench prints.

    hash_peers.py FILE THREADS REPEATS

hf_xet hashes one file on one thread; with more threads it is given as many files as there are, here the same one.
"""

import json
import mmap
import os
import sys
import time

import blake3
import hf_xet


def measure(name, threads, size, repeats, work):
    wall = cpu = float("inf")
    for _ in range(repeats):
        wall_before, cpu_before = time.monotonic(), time.process_time()
        result = work()
        wall = min(wall, time.monotonic() - wall_before)
        cpu = min(cpu, time.process_time() - cpu_before)
    print(json.dumps({
        "bench": name, "threads": threads, "bytes": size, "fileHash": result, "wallSeconds": wall, "cpuSeconds": cpu,
        "wallGBps": size / wall / 1e9, "cpuGBps": size / cpu / 1e9}))


def main(path, threads, repeats):
    size = os.path.getsize(path)
    measure("hf_xet", threads, size * threads, repeats, lambda: hf_xet.hash_files([path] * threads)[0].hash)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bytes_:
        measure(
            "blake3", threads, size, repeats, lambda: blake3.blake3(bytes_, max_threads=threads).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
