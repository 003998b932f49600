#!/usr/bin/env python3
"""Writes models/tiny-*: random models of a few kilobytes; and golden/: what Transformers makes of all models.

Needs torch, transformers, numpy and safetensors as in Tests/requirements-bench.txt. The same versions write the
same bytes. Weights are multiples of 1/512 with 8 significant bits, so that they are exact as F32, BF16 and F16
alike and the golden values hold for all three; they are kept as BF16. Golden values come from a forward pass in
float64 (norms and rotary angles stay in float32, as Transformers computes them).

    golden/NAME.json: tokens; positions and their logits; losses of tokens 1... in nats; the greedy continuation of the
    first 20 tokens; and KL(model || other) after each token, in nats, where the other is a model of the fixtures, or
    the same with one tensor scaled.
"""

import json
import pathlib

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parent / "models"
GOLDEN = FOLDER.parent / "golden"
TOKENS = 75
POSITIONS = [0, 1, 7, 31, 32, 33, 63, 64, 74]
PROMPT = 20
GREEDY = 24

LLAMA = dict(hidden_size=48, intermediate_size=80, num_hidden_layers=2, vocab_size=131, max_position_embeddings=128)


def models():
    """Name, class and configuration of each; together they cover what the engine claims."""
    t = transformers
    yield "tiny-gpt2", t.GPT2LMHeadModel, t.GPT2Config(
        n_embd=48, n_head=3, n_layer=2, n_positions=96, vocab_size=131, n_inner=None,
        bos_token_id=0, eos_token_id=0)
    yield "tiny-gpt-neo", t.GPTNeoForCausalLM, t.GPTNeoConfig(
        hidden_size=40, num_heads=5, num_layers=4, attention_types=[[["global", "local"], 2]], window_size=9,
        max_position_embeddings=96, vocab_size=131, intermediate_size=72, bos_token_id=0, eos_token_id=0)
    # Untied, shared key heads, a head size of its own, biases everywhere.
    yield "tiny-llama-untied", t.LlamaForCausalLM, t.LlamaConfig(
        **LLAMA, num_attention_heads=6, num_key_value_heads=2, head_dim=10, attention_bias=True, mlp_bias=True,
        tie_word_embeddings=False)
    # More rows than one stretch of the vocabulary; frequencies on all three branches of the scaling.
    yield "tiny-llama-3", t.LlamaForCausalLM, t.LlamaConfig(
        **{**LLAMA, "vocab_size": 811, "hidden_size": 32}, num_attention_heads=4, num_key_value_heads=2,
        tie_word_embeddings=True, rope_parameters=dict(
            rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=64))
    yield "tiny-llama-linear", t.LlamaForCausalLM, t.LlamaConfig(
        **LLAMA, num_attention_heads=4, num_key_value_heads=4, tie_word_embeddings=True, hidden_act="gelu",
        rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0))
    # The proportions of SmolLM2-135M: nine heads on three, tied.
    yield "tiny-smollm2", t.LlamaForCausalLM, t.LlamaConfig(
        **{**LLAMA, "hidden_size": 72}, num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="default", rope_theta=100000.0))
    yield "tiny-mistral", t.MistralForCausalLM, t.MistralConfig(
        **LLAMA, num_attention_heads=6, num_key_value_heads=3, sliding_window=11, tie_word_embeddings=False)
    yield "tiny-qwen2", t.Qwen2ForCausalLM, t.Qwen2Config(
        **LLAMA, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, use_sliding_window=True,
        sliding_window=13, max_window_layers=1)
    yield "tiny-qwen3", t.Qwen3ForCausalLM, t.Qwen3Config(
        **LLAMA, num_attention_heads=4, num_key_value_heads=2, head_dim=16, tie_word_embeddings=True)


def randomise(model, generator):
    """Every weight, norms and biases too: a weight that stays at 0 or 1 hides that it is not used."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.randn(weight.shape, generator=generator)
            if "norm" in name or ".ln_" in name:
                values = values * 0.2 + (1 if name.endswith("weight") else 0)
            elif name.endswith("bias"):
                values = values * 0.3
            elif "embed" in name or "wte" in name:
                values = values * 0.5
            else:
                values = values * 1.4 / weight.shape[-1] ** 0.5
            grid = torch.round(values * 512) / 512
            weight.copy_(grid.to(torch.bfloat16).to(torch.float32))
            assert torch.equal(weight.to(torch.float16).to(torch.float32), weight), name


def log_probabilities(model, tokens):
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0].double()
    return logits, torch.log_softmax(logits, -1)


def greedy(model, tokens):
    sequence = list(tokens)
    for _ in range(GREEDY):
        logits, _ = log_probabilities(model, sequence)
        top = torch.topk(logits[-1], 2).values
        assert top[0] - top[1] > 1e-4, "the golden continuation hangs on rounding"
        sequence.append(int(logits[-1].argmax()))
    return sequence[len(tokens):]


def numbers(values, digits=7):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values).tolist()]


def write_golden(name, model, other, tokens, positions, **held_against):
    logits, logs = log_probabilities(model, tokens)
    _, others = log_probabilities(other, tokens)
    golden = {
        "tokens": tokens,
        "positions": positions,
        "logits": [numbers(logits[p]) for p in positions],
        "losses": numbers([-float(logs[i, token]) for i, token in enumerate(tokens[1:])], 10),
        "greedy": greedy(model, tokens[:PROMPT]),
        "divergence": numbers((logs.exp() * (logs - others)).sum(-1), 10),
        **held_against,
    }
    (GOLDEN / f"{name}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{name}: mean loss {np.mean(golden['losses']):.4f}, mean KL {np.mean(golden['divergence']):.5f}")


def tiny(name, kind, config, generator):
    """Makes and writes one of the random models, and its golden values."""
    config._attn_implementation = "eager"
    model = kind(config).eval()
    randomise(model, generator)
    model.tie_weights()
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    shared = {"lm_head.weight"} if config.tie_word_embeddings else set()
    weights = {k: v.to(torch.bfloat16).contiguous() for k, v in model.state_dict().items() if k not in shared}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    described = json.loads(config.to_json_string())
    described.update(architectures=[kind.__name__], dtype="bfloat16")
    (folder / "config.json").write_text(json.dumps(described, indent=2, sort_keys=True) + "\n")

    tokens = torch.randint(0, config.vocab_size, (TOKENS,), generator=generator).tolist()
    scaled = next(k for k in weights if k.endswith(("down_proj.weight", "mlp.c_proj.weight")))
    sibling = kind(config).eval()
    sibling.load_state_dict(model.state_dict())
    sibling.tie_weights()
    with torch.no_grad():
        sibling.get_parameter(scaled).mul_(0.75)
    write_golden(name, model.double(), sibling.double(), tokens, POSITIONS, scaledTensor=scaled, scaledBy=0.75)


def gpt_neo_tiny():
    """The trained GPT-Neo and its fine-tunes, over the probe text."""
    probe = FOLDER.parent.parent.parent / "Sources/HubInference/Resources/probe.txt"
    names = ["gpt-neo-tiny", "gpt-neo-tiny-ft-a", "gpt-neo-tiny-ft-b"]
    load = lambda name: transformers.GPTNeoForCausalLM.from_pretrained(
        FOLDER / name, dtype=torch.float32, attn_implementation="eager").eval().double()
    for name, other in zip(names, names[1:] + names[:1]):
        tokenizer = tokenizers.Tokenizer.from_file(str(FOLDER / name / "tokenizer.json"))
        tokens = tokenizer.encode(probe.read_text(), add_special_tokens=False).ids[:256]
        write_golden(name, load(name), load(other), tokens, [0, 31, 32, 33, 128, 255], heldAgainst=other)


def main():
    GOLDEN.mkdir(exist_ok=True)
    for seed, (name, kind, config) in enumerate(models()):
        torch.manual_seed(seed)
        tiny(name, kind, config, torch.Generator().manual_seed(seed))
    gpt_neo_tiny()


main()
