"""hubd is killed while it works. What it acknowledged is there byte for byte, the rest is as before."""

import random
import time

import checkpoints
from hub import HUBD, run

TIMES = 20


def verify(hub, person, folder, repository="ada/model"):
    """The hub is sound and its head is complete: a new clone holds the bytes of the working copy's head."""
    ada = person("ada")
    doctor = run([HUBD, "doctor", "--data", str(hub.data)])
    assert "sound" in doctor.stdout
    head = hub.head(repository)
    known = ada.git("rev-parse", "--verify", "-q", f"{head}^{{commit}}", cwd=folder, check=False)
    return head if known.returncode == 0 else None


def test_kill_during_push(hub, person, tmp_path):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    acknowledged, contents = hub.head("ada/model"), {}
    moments = random.Random(1)
    killed = 0
    for attempt in range(TIMES):
        checkpoints.random_checkpoint(
            folder / checkpoints.WEIGHTS, seed=1, tensors=16, replace=range(8), replaced_by=100 + attempt)
        commit = ada.commit(folder, f"Attempt {attempt}")
        contents[commit] = (folder / checkpoints.WEIGHTS).read_bytes()
        push = ada.start("push", cwd=folder)
        time.sleep(moments.uniform(0, 0.6))
        hub.kill()
        killed += push.poll() is None
        hub.start()
        push.communicate(timeout=100)
        head = hub.head("ada/model")
        assert head in ((commit,) if push.returncode == 0 else (commit, acknowledged))
        if push.returncode != 0:
            ada.hubctl("push", cwd=folder)
            assert hub.head("ada/model") == commit
        acknowledged = commit
        assert hub.file("ada/model", checkpoints.WEIGHTS).body == contents[commit]
    assert killed >= TIMES // 4, "the kills came too late to prove anything"
    assert "sound" in hub.hubd("doctor").stdout
    for commit, content in list(contents.items())[::5]:
        assert hub.file("ada/model", checkpoints.WEIGHTS, commit).body == content
    copy = person("bert").clone("ada/model")
    person("bert").git("fsck", "--strict", cwd=copy)


def test_the_retry_after_a_kill_sends_only_what_is_missing(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    for part in range(3):
        checkpoints.random_checkpoint(folder / f"part-{part}.safetensors", seed=part, tensors=64)
    ada.commit(folder, "Three parts")
    whole = 3 * 64 << 20
    push = ada.start("push", cwd=folder)
    deadline = time.monotonic() + 60
    while hub.stored_bytes() < whole // 8 and push.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    hub.kill()
    push.kill()
    push.communicate(timeout=60)
    hub.start()
    had = hub.stored_bytes()
    retry = ada.json("push", cwd=folder)
    assert hub.head("ada/model") == ada.git("rev-parse", "HEAD", cwd=folder).stdout.strip()
    assert retry["bytesSent"] <= hub.stored_bytes() - had + (8 << 20), "xorbs that arrived are not sent again"
    copy = person("bert").clone("ada/model")
    for part in range(3):
        name = f"part-{part}.safetensors"
        assert (copy / name).read_bytes() == (folder / name).read_bytes()


def test_kill_during_merge(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    checkpoints.random_checkpoint(folder / checkpoints.WEIGHTS, seed=1, tensors=32)
    base = ada.commit(folder, "The base")
    ada.hubctl("push", cwd=folder)
    heads = {}
    for side, seed in (("left", 2), ("right", 3)):
        ada.git("checkout", "-q", "-b", side, base, cwd=folder)
        checkpoints.random_checkpoint(
            folder / checkpoints.WEIGHTS, seed=1, tensors=32, replace=range(32), replaced_by=seed)
        heads[side] = ada.commit(folder, side)
        ada.hubctl("push", cwd=folder)
    moments = random.Random(2)
    killed, result = 0, set()
    for attempt in range(TIMES):
        name = f"try-{attempt}"
        ada.git("push", hub.remote("ada/model", ada.user), f"{heads['left']}:refs/heads/{name}", cwd=folder)
        merge = ada.start("merge", "right", "--into", name, "--server", "-s", "average", cwd=folder)
        time.sleep(moments.uniform(0, 0.8))
        hub.kill()
        hub.start()
        merge.communicate(timeout=100)
        head = hub.head("ada/model", branch=name)
        if head == heads["left"]:
            assert merge.returncode != 0, "an acknowledged merge is gone"
            killed += 1
            again = hub.request(
                "POST", "/api/models/ada/model/merge",
                {"source": "right", "target": name, "strategy": "average"}, ada.user)
            assert (again.status, again.json["outcome"]) == (200, "merged")
            head = hub.head("ada/model", branch=name)
        parents = hub.get(f"/api/models/ada/model/commits/{head}?limit=1").json[0]["parents"]
        assert parents == [heads["left"], heads["right"]]
        result.add(hub.file("ada/model", checkpoints.WEIGHTS, name).body)
    assert killed >= TIMES // 5, "the kills came too late to prove anything"
    assert len(result) == 1, "the merge of the same two commits is the same file each time"
    assert "sound" in hub.hubd("doctor").stdout
    assert hub.report("ada/model", heads["left"])["state"] == "done"
