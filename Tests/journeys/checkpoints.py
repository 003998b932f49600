"""Checkpoints to push: the real small models of the fixtures, and files built to be wrong in one way each."""

import io
import json
import pathlib
import pickle
import random
import shutil
import struct
import zipfile

MODELS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "models"
BASE = MODELS / "gpt-neo-tiny"
FINE_TUNE_A = MODELS / "gpt-neo-tiny-ft-a"
FINE_TUNE_B = MODELS / "gpt-neo-tiny-ft-b"
WEIGHTS = "model.safetensors"


def copy_model(model, folder):
    """All files of a model into a working copy."""
    for path in model.iterdir():
        shutil.copyfile(path, folder / path.name)


def copy_weights(model, folder):
    shutil.copyfile(model / WEIGHTS, folder / WEIGHTS)


def push_base(hub, person):
    """Makes `ada/model`, in which ada publishes the base; returns her working copy."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    copy_model(BASE, folder)
    ada.commit(folder, "The base")
    ada.hubctl("push", cwd=folder)
    return folder


def read(path):
    """A safetensors file as (tensors, metadata); a tensor is (dtype, shape, bytes)."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", None)
    body = data[8 + length:]
    tensors = {
        name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])]) for name, entry in header.items()}
    return tensors, metadata


def write(path, tensors, metadata=None):
    header, place = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + len(data)]}
        place += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, data in tensors.values():
            file.write(data)


def change(path, *names, with_=lambda data: bytes(reversed(data))):
    """Changes the bytes of the named tensors."""
    tensors, metadata = read(path)
    for name in names:
        dtype, shape, data = tensors[name]
        tensors[name] = (dtype, shape, with_(data))
    write(path, tensors, metadata)


def shard(folder, parts):
    """Splits the weights of a folder into shards with an index, as save_pretrained does."""
    tensors, metadata = read(folder / WEIGHTS)
    names = list(tensors)
    size = -(-len(names) // parts)
    places = {}
    for part in range(parts):
        file = f"model-{part + 1:05}-of-{parts:05}.safetensors"
        chosen = names[part * size:(part + 1) * size]
        write(folder / file, {name: tensors[name] for name in chosen}, metadata)
        places |= {name: file for name in chosen}
    total = sum(len(data) for _, _, data in tensors.values())
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2))
    (folder / WEIGHTS).unlink()


def floats(data):
    """The values of bf16 bytes."""
    return [struct.unpack("<f", b"\0\0" + data[i:i + 2])[0] for i in range(0, len(data), 2)]


def scaled(data, factor=1.5):
    """bf16 bytes times a factor, rounded towards zero."""
    return b"".join(struct.pack("<f", value * factor)[2:] for value in floats(data))


def random_checkpoint(path, seed, tensors=24, size=1 << 20, replace=(), replaced_by=None):
    """Incompressible weights of `tensors` × `size` bytes; the tensors `replace` come from another seed."""
    content = {}
    for index in range(tensors):
        source = random.Random(replaced_by * 1000 + index if index in replace else seed * 1000 + index)
        # The top byte of each bf16 is kept small and positive, so that all values are finite.
        data = bytearray(source.randbytes(size))
        data[1::2] = bytes(size // 2 * [0x3C])
        content[f"layers.{index}.weight"] = ("BF16", [size // 2 // 256, 256], bytes(data))
    write(path, content, {"format": "pt"})


class RunsACommand:
    def __reduce__(self):
        import os
        return os.system, ("touch pwned",)


def malicious_pickle():
    """What torch.load of an old PyTorch would have run."""
    return pickle.dumps(RunsACommand(), protocol=2)


def malicious_zip():
    """The same inside the zip that newer PyTorch writes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", malicious_pickle())
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()
