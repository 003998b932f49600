"""Writes the fixtures of HubTensorsTests: what other implementations make of the same bytes.

Needs numpy, torch, safetensors, tokenizers, transformers and gguf; mergekit's answers in merge/ are copied from
elsewhere, not made here. Run as `python make_tensor_fixtures.py`, in this folder.
"""

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections import OrderedDict

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

random = np.random.default_rng(20260)


def folder(name):
    os.makedirs(name, exist_ok=True)
    return name


# Safetensors ---------------------------------------------------------------------------------------------------


def safetensors_files():
    place = folder("safetensors")
    dtypes = {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
        "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
        "U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64,
        "BOOL": torch.bool, "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2, "C64": torch.complex64,
    }
    tensors = {f"of.{name}": torch.arange(6).reshape(2, 3).to(dtype) for name, dtype in dtypes.items()}
    tensors["scalar"] = torch.tensor(0.5)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["größe/☃ \"x\""] = torch.ones(1)
    save_file(tensors, f"{place}/all-types.safetensors", metadata={"format": "pt", "ключ": "a \"b\"\n"})
    expected = {
        name: {"dtype": next((n for n, d in dtypes.items() if d == t.dtype)), "shape": list(t.shape),
               "hex": t.contiguous().view(torch.uint8).numpy().tobytes().hex() if t.numel() and t.dim()
               else (t.numpy().tobytes().hex() if t.numel() else "")}
        for name, t in tensors.items()
    }
    json.dump(expected, open(f"{place}/all-types.json", "w"), indent=1, ensure_ascii=False)


# Rounding ------------------------------------------------------------------------------------------------------


def roundings():
    bits = random.integers(0, 1 << 32, 3000, dtype=np.uint32)
    halves = random.integers(0, 1 << 16, 500, dtype=np.uint16)
    ties = []
    for half in halves:  # exactly between two halves or two bfloat16s, and a step beside
        value = np.array([half], np.uint16).view(np.float16).astype(np.float32)
        following = np.array([half + 1 & 0x7FFF], np.uint16).view(np.float16).astype(np.float32)
        with np.errstate(all="ignore"):
            middle = ((value + following) / 2).view(np.uint32)[0]
        ties += [int(middle), int(middle) + 1 & 0xFFFFFFFF, int(middle) - 1 & 0xFFFFFFFF]
        word = int(half) << 16 | 0x8000
        ties += [word, word + 1, word - 1 & 0xFFFFFFFF]
    edges = [0, 0x80000000, 1, 0x33000000, 0x33000001, 0x32FFFFFF, 0x387FE000, 0x387FF000, 0x387FEFFF, 0x38800000,
             0x477FEFFF, 0x477FF000, 0x477FE000, 0x7F7FFFFF, 0x7F7F8000, 0x7F7F7FFF, 0x7F800000, 0xFF800000]
    words = np.concatenate([bits, np.array(ties, np.uint32), np.array(edges, np.uint32)])
    floats = torch.from_numpy(words.view(np.float32).copy())
    keep = ~torch.isnan(floats)  # the payload of a NaN is nobody's promise
    floats = floats[keep]
    doubles = torch.from_numpy(random.standard_normal(2000) * np.exp2(random.integers(-30, 20, 2000)))
    near = np.repeat(floats[:2000].numpy().astype(np.float16), 2).astype(np.float64)
    with np.errstate(all="ignore"):
        steps = np.spacing(near.astype(np.float16)).astype(np.float64) / 2
        near = near + steps * (1 + np.tile([1, -1], len(near) // 2) * 2.0 ** -40)
    doubles = torch.cat([doubles, torch.from_numpy(near[np.isfinite(near)])])
    save_file({
        "f32": floats, "f32.as.bf16": floats.to(torch.bfloat16), "f32.as.f16": floats.to(torch.float16),
        "f64": doubles, "f64.as.f32": doubles.to(torch.float32),
        # numpy goes from double to half in one rounding
        "f64.as.f16": torch.from_numpy(doubles.numpy().astype(np.float16)),
    }, f"{folder('elements')}/roundings.safetensors")


# Differences and movements -------------------------------------------------------------------------------------


def differences():
    place = folder("elements")
    shapes = {"matrix": (37, 53), "vector": (1001,), "one": (1,)}
    out = {}
    for dtype in ("f32", "bf16", "f16", "f64"):
        kind = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16, "f64": torch.float64}[dtype]
        for name, shape in shapes.items():
            base = torch.from_numpy(random.standard_normal(shape)).to(kind)
            for side in ("ours", "theirs"):
                step = torch.from_numpy(random.standard_normal(shape) * (random.random(shape) < 0.4) * 0.1)
                out[f"{side}.{dtype}.{name}"] = (base.double() + step).to(kind)
            out[f"base.{dtype}.{name}"] = base
    numbers = {}
    for dtype in ("f32", "bf16", "f16", "f64"):
        for name in shapes:
            base, ours, theirs = (out[f"{s}.{dtype}.{name}"].double().numpy().ravel() for s in ("base", "ours", "theirs"))
            a, b = ours - base, theirs - base
            norm = np.linalg.norm
            opposed = a * b < 0
            numbers[f"{dtype}.{name}"] = {
                "l2": norm(a), "relativeL2": norm(a) / norm(base),
                "cosine": float(base @ ours / (norm(base) * norm(ours))), "changed": int((a != 0).sum()),
                "movementCosine": float(a @ b / (norm(a) * norm(b))) if norm(a) * norm(b) else 0,
                "contested": float(2 * np.minimum(abs(a), abs(b))[opposed].sum() / max((abs(a) + abs(b)).sum(), 1e-300)),
                "overlap": float(((a != 0) & (b != 0)).mean()), "oursNorm": norm(a), "theirsNorm": norm(b),
            }
    for side in ("base", "ours", "theirs"):
        save_file({k[len(side) + 1:]: v.contiguous() for k, v in out.items() if k.startswith(side + ".")},
                  f"{place}/{side}.safetensors")
    json.dump(numbers, open(f"{place}/differences.json", "w"), indent=1)


# GGUF ----------------------------------------------------------------------------------------------------------


def dequantised():
    types = [gguf.GGMLQuantizationType[n] for n in
             ("F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K")]
    scales = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
              "Q6_K": [208]}
    out = {}
    for kind in types:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        count = 12 if elements > 1 else 600
        blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
        if elements == 1:
            blocks = blocks[(blocks[:, 1] & 0x7C) != 0x7C]
        for place in scales.get(kind.name, []):
            values = (random.standard_normal(count) * 0.05).astype(np.float16)
            values[:2] = np.float16(6e-8), np.float16(-3e-6)  # subnormal scales
            blocks[:, place:place + 2] = values.view(np.uint8).reshape(count, 2)
        values = gguf.dequantize(blocks, kind).astype(np.float32).reshape(-1)
        out[f"{kind.name}.blocks"] = torch.from_numpy(blocks.reshape(-1).copy())
        out[f"{kind.name}.values"] = torch.from_numpy(values.copy())
    save_file(out, f"{folder('gguf')}/dequantised.safetensors")


def tokenizer(specials, digits):
    text = open("/usr/share/common-licenses/GPL-3").read()
    tokenizer = Tokenizer(models.BPE())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = (
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), level]) if digits else level)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=288, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def add_tokenizer(writer, tokenizer, pre):
    document = json.loads(tokenizer.to_str())
    words = sorted(document["model"]["vocab"].items(), key=lambda item: item[1])
    special = {token["id"] for token in document["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([word for word, _ in words])
    writer.add_token_types([3 if id in special else 1 for _, id in words])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in document["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1 if len(special) > 1 else 0)


def packed(values, kind):
    """A tensor's blocks, and the values they stand for."""
    blocks = gguf.quants.quantize(values, kind)
    return blocks, gguf.quants.dequantize(blocks, kind).reshape(values.shape).astype(np.float32)


class Gguf:
    """A model on its way into GGUF, with what must come out of it again."""

    def __init__(self, path, architecture):
        self.path = path
        self.writer = gguf.GGUFWriter(path + ".gguf", architecture)
        self.expected = {}

    def add(self, name, target, tensor, kind, before=lambda x: x, after=lambda x: x):
        kind = gguf.GGMLQuantizationType[kind]
        values = np.ascontiguousarray(before(tensor.detach().float().numpy()))
        blocks, back = packed(values, kind)
        self.writer.add_tensor(name, blocks, raw_dtype=kind)
        plain = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}.get(kind.name, torch.bfloat16)
        self.expected[target] = torch.from_numpy(np.ascontiguousarray(after(back))).to(plain).contiguous()

    def finish(self, tokenizer):
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()
        save_file(self.expected, self.path + ".safetensors", metadata={"format": "pt"})
        tokenizer.save(self.path + ".tokenizer.json")


def interleaved(heads):
    """Half-split rotary rows become neighbours, as llama.cpp stores them; and back."""

    def there(x):
        return x.reshape(heads, 2, x.shape[0] // heads // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)

    def back(x):
        return x.reshape(heads, x.shape[0] // heads // 2, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)

    return there, back


def tiny_llama():
    torch.manual_seed(1)
    tokens = tokenizer(["<|begin|>", "<|end|>"], digits=True)
    config = LlamaConfig(
        vocab_size=288, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, rms_norm_eps=1e-5, rope_theta=50000.0,
        tie_word_embeddings=True)
    state = LlamaForCausalLM(config).state_dict()
    out = Gguf(f"{folder('gguf')}/tiny-llama", "llama")
    writer = out.writer
    writer.add_block_count(2)
    writer.add_context_length(128)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(50000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(16)
    add_tokenizer(writer, tokens, "smollm")
    out.add("token_embd.weight", "model.embed_tokens.weight", state["model.embed_tokens.weight"], "Q8_0")
    out.add("output_norm.weight", "model.norm.weight", state["model.norm.weight"], "F32")
    names = {"attn_norm": ("input_layernorm", "F32"), "ffn_norm": ("post_attention_layernorm", "F32"),
             "attn_q": ("self_attn.q_proj", "Q4_0"), "attn_k": ("self_attn.k_proj", "F16"),
             "attn_v": ("self_attn.v_proj", "BF16"), "attn_output": ("self_attn.o_proj", "Q5_0"),
             "ffn_gate": ("mlp.gate_proj", "Q4_1"), "ffn_up": ("mlp.up_proj", "Q5_1"), "ffn_down": ("mlp.down_proj", "F32")}
    for layer in range(2):
        for name, (target, kind) in names.items():
            target = f"model.layers.{layer}.{target}.weight"
            there, back = interleaved({"attn_q": 4, "attn_k": 2}.get(name, 1)) \
                if name in ("attn_q", "attn_k") else (lambda x: x, lambda x: x)
            out.add(f"blk.{layer}.{name}.weight", target, state[target], kind, there, back)
    out.finish(tokens)


def tiny_gpt2():
    torch.manual_seed(2)
    tokens = tokenizer(["<|endoftext|>"], digits=False)
    config = GPT2Config(vocab_size=288, n_embd=32, n_layer=2, n_head=2, n_positions=64)
    model = GPT2LMHeadModel(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    state = model.state_dict()
    out = Gguf(f"{folder('gguf')}/tiny-gpt2", "gpt2")
    writer = out.writer
    writer.add_block_count(2)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(128)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-5)
    add_tokenizer(writer, tokens, "gpt-2")
    out.add("token_embd.weight", "transformer.wte.weight", state["transformer.wte.weight"], "F16")
    out.add("position_embd.weight", "transformer.wpe.weight", state["transformer.wpe.weight"], "F32")
    for part in ("weight", "bias"):
        out.add(f"output_norm.{part}", f"transformer.ln_f.{part}", state[f"transformer.ln_f.{part}"], "F32")
    names = {"attn_norm": ("ln_1", "F32"), "attn_qkv": ("attn.c_attn", "Q8_0"), "attn_output": ("attn.c_proj", "F32"),
             "ffn_norm": ("ln_2", "F32"), "ffn_up": ("mlp.c_fc", "F16"), "ffn_down": ("mlp.c_proj", "Q4_0")}
    for layer in range(2):
        for name, (target, kind) in names.items():
            target = f"transformer.h.{layer}.{target}"
            turned = (lambda x: x.T, lambda x: x.T) if "norm" not in name else (lambda x: x, lambda x: x)
            out.add(f"blk.{layer}.{name}.weight", f"{target}.weight", state[f"{target}.weight"], kind, *turned)
            out.add(f"blk.{layer}.{name}.bias", f"{target}.bias", state[f"{target}.bias"], "F32")
    out.finish(tokens)


# Files that do harm, and files that do not ---------------------------------------------------------------------


def reduce(module, name, argument=b"echo hi"):
    return b"c" + module + b"\n" + name + b"\n(S'" + argument + b"'\ntR."


def stack_global(module, name, argument=b"echo hi"):
    text = lambda b: b"\x8c" + bytes([len(b)]) + b
    return b"\x80\x04" + text(module) + text(name) + b"\x93" + text(argument) + b"\x85R."


def archive(members, packing=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, compress_type=packing)
    return bytearray(out.getvalue())


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def torch_file(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def pickles():
    place = folder("pickle")
    system = reduce(b"os", b"system")
    weights = OrderedDict(w=torch.arange(4.0), b=torch.zeros(2, dtype=torch.bfloat16))
    header = struct.pack("<Q", 2) + b"{}"
    flagged = archive({"archive/data.pkl": system, "archive/version": b"3"})
    renamed, crc = bytearray(flagged), bytearray(flagged)
    entry = flagged.find(b"PK\x01\x02")
    flagged[entry + 8] |= 1
    flagged[6] |= 1
    crc[entry + 16:entry + 20] = crc[14:18] = b"\0\0\0\0"
    start = renamed.find(b"archive/data.pkl")
    renamed[start:start + 16] = b"archive/data.txt"
    objects = io.BytesIO()
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    evil_objects = objects.getvalue()[:objects.getvalue().index(b"\n") + 1] + system
    numbers = io.BytesIO()
    np.save(numbers, np.arange(3.0))
    elf = b"\x7fELF\x02\x01\x01" + bytes(57)
    # file: (bytes, words a finding must hold; none for a file that is fine)
    bad = {
        "os-system.pkl": (system, "os.system"),
        "builtins-eval.pkl": (reduce(b"builtins", b"eval", b"1+1"), "builtins.eval"),
        "pip-main.pkl": (reduce(b"pip", b"main"), "pip.main"),
        "importlib.pkl": (reduce(b"importlib", b"import_module", b"os"), "importlib.import_module"),
        "marshal-loads.pkl": (reduce(b"marshal", b"loads"), "marshal.loads"),
        "collect-env.pkl": (reduce(b"torch.utils.collect_env", b"run"), "collect_env.run"),
        "spawnv.pkl": (reduce(b"multiprocessing.util", b"spawnv_passfds"), "spawnv_passfds"),
        "uuid.pkl": (reduce(b"uuid", b"_get_command_stdout"), "uuid._get_command_stdout"),
        "submodule.pkl": (reduce(b"asyncio.unix_events", b"_UnixSubprocessTransport._start"), "asyncio.unix_events"),
        "nested-loads.pkl": (reduce(b"pickle", b"loads", b"abc"), "pickle.loads"),
        "dotted-name.pkl": (stack_global(b"numpy", b"f2py.crackfortran.getlincoef"), "getlincoef"),
        "cut-after-call.pkl": (system[:-1] + b"\xff\xff\xff", "os.system"),
        "memo.pkl": (b"\x80\x04cnumpy\nprod\n" + b"\x8c\x02os\x94\x8c\x06system\x94" + b"h\x00h\x01\x930\x8c\x01x0"
                     + b"h\x00h\x01\x93\x8c\x07echo hi\x85R.", "os.system"),
        "another-suffix.weights": (system, "os.system"),
        "no-suffix": (stack_global(b"posix", b"system"), "posix.system"),
        "picture.png": (system, "os.system"),
        "plain.pt": (system, "os.system"),
        "zip.pt": (bytes(archive({"archive/data.pkl": system, "archive/version": b"3"})), "os.system"),
        "zip-deflated.pt": (bytes(archive({"archive/data.pkl": system}, zipfile.ZIP_DEFLATED)), "os.system"),
        "zip-member-suffix.bin": (bytes(archive({"weights.txt": system})), "os.system"),
        "zip-flag.pt": (bytes(flagged), "encrypted"),
        "zip-crc.pt": (bytes(crc), "os.system"),
        "zip-renamed.pt": (bytes(renamed), "local header"),
        "zip-in-zip.bin": (bytes(archive({"a.zip": bytes(archive({"b": system}))})), "os.system"),
        "zip-escapes.zip": (bytes(archive({"../../etc/cron.d/x": b"hello"})), "out of the archive"),
        "zip-prefixed.bin": (b"hello" * 9 + bytes(archive({"a": system})), "hidden"),
        "gzip.bin": (gzip.compress(system, mtime=0), "os.system"),
        "zlib.joblib": (zlib.compress(system), "os.system"),
        "tar.bin": (tar({"pickle": system}), "os.system"),
        "tar-gzip.bin": (gzip.compress(tar({"pickle": system}), mtime=0), "os.system"),
        "7z.pt": (b"7z\xbc\xaf\x27\x1c" + system, "7z"),
        "tail.safetensors": (header + system, "follow the end"),
        "zip-tail.safetensors": (header + bytes(archive({"a": system})), "zip archive is hidden"),
        "objects.npy": (evil_objects, "os.system"),
        "elf.bin": (elf, "ELF"),
        "script.json": (b"#!/bin/sh\necho hi\n", "script"),
        "broken.pkl": (b"\x80\x04}\x94", "ends before its STOP"),
        "empty.pt": (b"", "ends before its STOP"),
        "unicode-name.pkl": (stack_global("ｏｓ".encode(), b"system"), "system"),
        "second-stream.pkl": (b"\x80\x04}\x94." + system, "os.system"),
        "build.pkl": (b"\x80\x04ctorch\nfloat32\n}b.", "changes torch.float32"),
        "extension.pkl": (b"\x80\x04\x82\x01.", "extension registry"),
    }
    good = {
        "dict.pkl": b"\x80\x04}\x94.",
        "torch-name.pkl": b"ctorch\nfloat32\n.",
        "containers.pickle": pickle.dumps({"a": [1, 2.5, None, "x" * 300], "b": OrderedDict(c={1, 2}), "d": b"\0"}),
        "torch.pt": torch_file(weights),
        "torch-legacy.pt": torch_file(weights, _use_new_zipfile_serialization=False),
        "numpy-array.pkl": pickle.dumps(np.arange(6.0).reshape(2, 3)),
        "numbers.npy": numbers.getvalue(),
        "objects-good.npy": objects.getvalue(),
        "numbers.npz": bytes(archive({"a.npy": numbers.getvalue()}, zipfile.ZIP_DEFLATED)),
        "readme.md": b"cos(x) is a function.\n\nIt is (not) a pickle.\n",
        "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 3\n",
        "tokenizer.json": b'{"version": "1.0"}\n',
        "text.txt.gz": gzip.compress(b"hello\n" * 30, mtime=0),
    }
    verdicts = {}
    for name, (content, words) in bad.items():
        open(f"{place}/{name}", "wb").write(content)
        verdicts[name] = words
    for name, content in good.items():
        open(f"{place}/{name}", "wb").write(content)
        verdicts[name] = None
    json.dump(verdicts, open(f"{place}/verdicts.json", "w"), indent=1)


if __name__ == "__main__":
    safetensors_files()
    roundings()
    differences()
    dequantised()
    tiny_llama()
    tiny_gpt2()
    pickles()
