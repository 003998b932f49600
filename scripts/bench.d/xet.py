"""The official Xet client against the hub: upload a checkpoint, edited ones, and download one into an empty cache.

Content is 64 bf16 tensors in one safetensors file. The edited versions replace three of them, and 5 % of the rows of
each. Every step is a client process of its own; all uploads share a cache, as those of one person do.
"""

import json
import os
import shutil
import sys

import programs
import tables
from measuring import Failed, folder_bytes, run

REPLACED = (0, 21, 42)
AIM_RSS = 200_000_000
REPEATED_UPLOADS = 10


def bench(place, options):
    place = place / "xet"
    place.mkdir()
    tensor = ((128 << 20) if options.quick else (1 << 30)) // 64
    results = {}
    hub = programs.Hub(place)
    try:
        hub.create("model")
        upload(place, hub, "upload, new", results, "weights", tensor)
        download(place, hub, results)
        upload(place, hub, "3 of 64 tensors", results, "weights", tensor, *REPLACED)
        upload(place, hub, "5 % of all rows", results, "rows", tensor, 5)
        tell(tensor * 64, results)
        results["many uploads"] = upload_many(place, hub, tensor)
    finally:
        hub.stop()
    shutil.rmtree(place)
    return results


def client(place, hub, home, *arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"HF_HOME": str(place / home), "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, programs.HERE / "hf_xet_client.py", arguments[0], hub.url, hub.token, "ada/model"]
    return run([*command, *arguments[1:]], env=environment, server=hub.server)


def upload(place, hub, step, results, kind, *parameters):
    file = place / "model.safetensors"
    programs.fixture(kind, file, *parameters)
    before = folder_bytes(hub.data / "blobs")
    cost, said = client(place, hub, "home", "up", file)
    said = json.loads(said)
    results[step] = cost.as_json() | {
        "sent": said["sent"], "stored": folder_bytes(hub.data / "blobs") - before, "size": said["size"],
        "hash": said["hash"]}


def download(place, hub, results):
    """The first version, which lies in the folder still."""
    first = results["upload, new"]
    target = place / "copy.safetensors"
    cost, _ = client(place, hub, "empty", "down", first["hash"], first["size"], target)
    run(["cmp", place / "model.safetensors", target])
    target.unlink()
    shutil.rmtree(place / "empty")
    results["download, cold"] = cost.as_json() | {"sent": 0, "stored": 0, "size": first["size"]}


def upload_many(place, hub, tensor):
    """Ten new checkpoints one after the other: what the hub holds in memory must not grow with what went through."""
    sent = peak = 0
    for number in range(REPEATED_UPLOADS):
        file = place / "model.safetensors"
        programs.fixture("fresh", file, tensor, number)
        cost, said = client(place, hub, f"home-{number}", "up", file)
        sent += json.loads(said)["sent"]
        peak = max(peak, cost.hub_peak_rss)
        shutil.rmtree(place / f"home-{number}")
    if sent < REPEATED_UPLOADS * tensor * 64 // 2:
        raise Failed(f"only {sent} bytes were sent: the checkpoints are not new ones")
    tables.note(f"{tables.size(sent)} in {REPEATED_UPLOADS} uploads: the hub held {tables.size(peak)} at most; "
                f"aim: {tables.size(AIM_RSS)}")
    return {"sent": sent, "hub_peak_rss": peak}


def tell(size, results):
    rows = [
        (step, tables.seconds(cost["wall"]), f"{cost['size'] / cost['wall'] / 1e6:.0f} MB/s",
         tables.seconds(cost["cpu"]), tables.seconds(cost["hub_cpu"]), tables.ratio(cost["hub_cpu"] / cost["cpu"]),
         tables.size(cost["sent"]), tables.size(cost["stored"]), tables.size(cost["hub_peak_rss"]))
        for step, cost in results.items()]
    head = ("", "wall", "rate", "CPU client", "CPU hub", "hub/client", "sent", "stored", "peak RSS hub")
    tables.table(f"hf_xet → hubd, {tables.size(size)} of bf16 weights", head, rows)
    tables.note("aim: less of the hub's CPU than of the client's for each upload")
