"""Chunk and hash, as a client does before an upload, against hf_xet and against BLAKE3 alone."""

import json
import sys

import programs
import tables
from measuring import run

AIM = 2.0  # times hf_xet, of processor time


def bench(place, options):
    size = (128 << 20) if options.quick else (1 << 30)
    files = {"random bytes": place / "random.bin", "bf16 weights": place / "weights.safetensors"}
    programs.fixture("random", files["random bytes"], size)
    programs.fixture("weights", files["bf16 weights"], size // 64)
    results = {name: bench_file(path, options) for name, path in files.items()}
    for name, path in files.items():
        tell(f"Chunk and hash, {tables.size(path.stat().st_size)} of {name}", results[name])
        path.unlink()
    return results


def bench_file(path, options):
    repeats = 2 if options.quick else 3
    lines = []
    for threads in (1, 2):
        # One thread is held to one core, for hf_xet as for hub-bench, so that nothing helps beside it.
        pin = ["taskset", "--cpu-list", "0"] if threads == 1 else []
        ours = ["--threads", threads, "--repeats", repeats]
        for command in (
                [programs.HUB_BENCH, "chunk", path, *ours],
                [sys.executable, programs.HERE / "hash_peers.py", path, threads, repeats],
                [programs.HUB_BENCH, "hash", path, *ours],
                [programs.HUB_BENCH, "chunk", "--digest", path, *ours]):
            lines += [json.loads(line) for line in run(pin + command)[1].splitlines()]
    hashes = {line["fileHash"] for line in lines if line["bench"] in ("chunk", "hf_xet")}
    if len(hashes) != 1:
        raise SystemExit(f"bench: hubd and hf_xet disagree on the hash of {path.name}: {hashes}")
    return lines


NAMES = {
    "chunk": "hubd: chunk and hash",
    "hf_xet": "hf_xet.hash_files",
    "hash": "hubd: BLAKE3 alone, 64 KiB pieces",
    "blake3": "blake3 (Rust) alone, one piece",
    "chunk-sha256": "hubd: chunk, hash and SHA-256",
}


def tell(title, lines):
    rows = []
    for threads in (1, 2):
        found = {line["bench"]: line for line in lines if line["threads"] == threads}
        peer = found["hf_xet"]
        for name, words in NAMES.items():
            line = found[name]
            rows.append((
                words, threads, f"{line['wallGBps']:.2f}", f"{line['cpuGBps']:.2f}",
                tables.ratio(line["wallGBps"] / peer["wallGBps"]), tables.ratio(line["cpuGBps"] / peer["cpuGBps"])))
    head = ("", "threads", "GB/s of wall", "GB/s of CPU", "× hf_xet, wall", "× hf_xet, CPU")
    tables.table(title, head, rows)
    speed = rows[0][-1]
    tables.note(f"aim: {AIM:.0f} × hf_xet of one core; here {speed}")
