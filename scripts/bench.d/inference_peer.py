#!/usr/bin/env python3
"""What `hub-bench inference` measures, by Transformers and torch: the same steps, options and line of JSON."""

import argparse
import json
import os
import resource
import sys
import time


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--tokens", help="little-endian int32")
    parser.add_argument("--text", help="a text to take tokens from")
    parser.add_argument("--dtype", default="float32", help="of the arithmetic; float32 widens stored weights")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--window", type=int, default=512)
    parser.add_argument("--decode", type=int, default=64)
    parser.add_argument("--losses", help="write every window's losses to this file, as little-endian doubles")
    return parser.parse_args()


options = parse()
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np
import torch
import transformers

torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def best(body):
    """The least wall and processor time of the repeats, in seconds."""
    wall, cpu = [], []
    for _ in range(options.repeats):
        start, used = time.perf_counter(), time.process_time()
        body()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return min(wall), min(cpu)


def load():
    return transformers.AutoModelForCausalLM.from_pretrained(
        options.folder, dtype=getattr(torch, options.dtype)).eval()


def read_tokens():
    if options.tokens:
        return np.fromfile(options.tokens, dtype="<i4").astype(np.int64)
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(options.folder, "tokenizer.json"))
    with open(options.text, encoding="utf-8") as file:
        return np.array(tokenizer.encode(file.read(), add_special_tokens=False).ids)


def losses(model, tokens):
    logits = model(tokens[None], use_cache=False).logits[0, :-1].float()
    return torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="none")


def decode(model, first):
    """Greedy, with a cache, without what `generate` adds around it."""
    cache, token = None, first[None]
    for _ in range(options.decode):
        output = model(token, past_key_values=cache, use_cache=True)
        cache, token = output.past_key_values, output.logits[:, -1:].argmax(-1)


def main():
    tokens = torch.from_numpy(read_tokens())
    if len(tokens) < options.window:
        sys.exit(f"there are fewer than {options.window} tokens")
    prompt = tokens[:options.window]
    report = {
        "bench": "inference", "engine": f"transformers-{options.dtype}",
        "model": os.path.basename(options.folder.rstrip("/")), "threads": options.threads,
        "windowTokens": options.window, "decodeTokens": options.decode}

    def measure(name, body):
        report[f"{name}Seconds"], report[f"{name}CPUSeconds"] = best(body)

    measure("load", load)
    model = load()
    report["parameters"] = model.num_parameters()
    measure("prefill", lambda: model(prompt[None], use_cache=True, logits_to_keep=1))
    measure("loss", lambda: losses(model, prompt))
    measure("decode", lambda: decode(model, prompt[:1]))
    starts = range(0, min(len(tokens), 4 * options.window) - options.window + 1, options.window)
    every = np.concatenate([losses(model, tokens[i:i + options.window]).double().numpy() for i in starts])
    report["perplexity"] = float(np.exp(every.mean()))
    report["peakRSS"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if options.losses:
        every.astype("<f8").tofile(options.losses)
    print(json.dumps(report, sort_keys=True))


main()
