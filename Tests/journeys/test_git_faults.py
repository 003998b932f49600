"""Pushes that are cut off, raced, killed and made up: what was acknowledged stays, the rest never was."""

import hashlib
import os
import pathlib
import random
import struct
import subprocess
import threading
import time
import urllib.request
import zlib

from cutting_proxy import CuttingProxy
from hub import LIMIT, said

KILLS = int(os.environ.get("HUB_KILLS", "15"))
CUTS = 30
ZERO = "0" * 40


def repository(hub, ada, commits=60):
    """A working copy with a history that takes a moment to push, and its first commit on the hub."""
    hub.create("ada/model", ada.user)
    folder = ada.home / "model"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), str(folder))
    grow(ada, folder, commits)
    return folder


def grow(ada, folder, commits=60, seed=0):
    """Adds commits to main without a process for each."""
    noise = random.Random(seed)
    head = ada.git("rev-parse", "HEAD", cwd=folder).stdout.strip()
    stream = []
    for number in range(commits):
        text = "\n".join(f"{noise.getrandbits(64):x}" for _ in range(100))
        stream.append(
            f"commit refs/heads/main\ncommitter Ada <ada@example.org> {1700000000 + number} +0000\ndata 4\nmore\n"
            + (f"from {head}\n" if number == 0 else "")
            + f"M 644 inline d{number % 7}/f{number % 11}\ndata {len(text)}\n{text}\n\n")
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"], input="".join(stream).encode(), cwd=folder,
        env=ada.environment, check=True, timeout=LIMIT)
    ada.git("reset", "-q", "--hard", cwd=folder)
    return ada.git("rev-parse", "HEAD", cwd=folder).stdout.strip()


def sound(hub, ada):
    """The database is sound, and so is a clone with everything in it."""
    assert "sound" in hub.hubd("doctor").stdout
    mirror = ada.home / f"mirror-{time.monotonic_ns()}"
    ada.git("clone", "-q", "--mirror", hub.remote("ada/model", ada.user), str(mirror))
    assert ada.git("fsck", "--full", "--strict", cwd=mirror).stdout == ""


def test_connections_cut_at_random_bytes(hub, person):
    ada = person("ada")
    folder = repository(hub, ada)
    old, new = hub.head("ada/model"), ada.git("rev-parse", "HEAD", cwd=folder).stdout.strip()
    size = int(ada.git("rev-list", "--disk-usage", "--objects", f"{old}..{new}", cwd=folder).stdout)
    port = hub.url.rsplit(":", 1)[1]
    proxy, moments = CuttingProxy(int(port)), random.Random(2)
    through = hub.remote("ada/model", ada.user).replace(port, proxy.url.rsplit(":", 1)[1])
    outcomes = []
    for _ in range(CUTS):
        proxy.cut_after(moments.randrange(200, size), "up")
        result = ada.git("push", "-q", through, "main", cwd=folder, check=False)
        outcomes.append(result.returncode)
        assert hub.head("ada/model") in (old, new)
        if result.returncode == 0:
            break
        assert hub.head("ada/model") == old or "error" in said(result)
    assert any(outcomes), "no connection was cut"
    ada.git("push", "-q", "origin", "main", cwd=folder)
    assert hub.head("ada/model") == new
    proxy.close()
    sound(hub, ada)


def test_killed_in_the_middle_of_a_push(hub, person):
    ada = person("ada")
    folder = repository(hub, ada, commits=20)
    begin = time.monotonic()
    ada.git("push", "-q", "origin", "main", cwd=folder)
    took = time.monotonic() - begin
    moments, killed, acknowledged = random.Random(3), 0, hub.head("ada/model")
    for attempt in range(KILLS):
        head = grow(ada, folder, 20, seed=attempt)
        push = subprocess.Popen(
            ["git", "push", "-q", "origin", "main"], cwd=folder, env=ada.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(took * moments.uniform(0.2, 0.9))
        hub.kill()
        killed += push.poll() is None
        code = push.wait(timeout=LIMIT)
        hub.start()
        found = hub.head("ada/model")
        assert found in ((head,) if code == 0 else (head, acknowledged))
        acknowledged = found
    assert killed >= KILLS // 4, "the kills came too late to prove anything"
    ada.git("push", "-q", "origin", "main", cwd=folder)
    sound(hub, ada)


def test_of_pushes_that_race_one_wins(hub, person):
    ada = person("ada")
    folder = repository(hub, ada)
    ada.git("push", "-q", "origin", "main", cwd=folder)
    heads = [grow(ada, folder, 5, seed=seed) for seed in (11,)]
    base = ada.git("rev-parse", "origin/main", cwd=folder).stdout.strip()
    for seed in range(12, 18):
        ada.git("reset", "-q", "--hard", base, cwd=folder)
        heads.append(grow(ada, folder, 5, seed=seed))
    for number, head in enumerate(heads):
        ada.git("branch", f"racer-{number}", head, cwd=folder)
    pushes = [subprocess.Popen(
        ["git", "push", "origin", f"racer-{number}:main"], cwd=folder, env=ada.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for number in range(len(heads))]
    texts = [push.communicate(timeout=LIMIT)[0] for push in pushes]
    winners = [number for number, push in enumerate(pushes) if push.returncode == 0]
    assert len(winners) == 1, texts
    assert hub.head("ada/model") == heads[winners[0]]
    for number, text in enumerate(texts):
        # Who comes late is told by git itself, in other words if it has the winner's commits.
        late = any(words in text for words in ("has moved", "fetch first", "non-fast-forward"))
        assert number in winners or late, text
    sound(hub, ada)


# Packs no honest client would make.


def header(kind, size):
    text, size = [kind << 4 | size & 15], size >> 4
    while size:
        text[-1] |= 0x80
        text.append(size & 0x7F)
        size >>= 7
    return bytes(text)


def number(value):
    text = bytearray()
    while True:
        text.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(text)


def pack(entries, count=None):
    body = b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(body).digest()


def blob(text):
    return header(3, len(text)) + zlib.compress(text)


def distance(value):
    text = [value & 0x7F]
    while value := value >> 7:
        value -= 1
        text.insert(0, value & 0x7F | 0x80)
    return bytes(text)


def chain(length):
    """A blob and deltas, each on the one before."""
    entries = [blob(b"x" * 100)]
    for step in range(length):
        text = number(100 + step) + number(101 + step) + b"\xb0" + struct.pack("<H", 100 + step) + b"\x01y"
        entries.append(header(6, len(text)) + distance(len(entries[-1])) + zlib.compress(text))
    return entries


def bomb(size):
    """A blob of zeros that inflates a thousandfold."""
    deflate, text = zlib.compressobj(9), []
    for _ in range(size >> 20):
        text.append(deflate.compress(bytes(1 << 20)))
    return header(3, size) + b"".join(text) + deflate.flush()


def send(hub, user, body):
    """Pushes a made-up pack as a new branch and returns what the hub reports."""
    command = f"{ZERO} {'1' * 40} refs/heads/evil\0 report-status"
    lines = f"{len(command) + 4:04x}{command}0000".encode()
    request = urllib.request.Request(
        hub.remote("ada/model") + "/git-receive-pack", data=lines + body, method="POST",
        headers={"Authorization": f"Bearer {user.token}", "Content-Type": "application/x-git-receive-pack-request"})
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return answer.read().decode()


def peak(hub):
    """The most memory the hub has held since the last call, in MiB."""
    process = pathlib.Path(f"/proc/{hub.process.pid}")
    lines = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    (process / "clear_refs").write_text("5")
    return int(lines["VmHWM"].split()[0]) // 1024


def test_malicious_packs_are_refused_in_little_memory(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    base = peak(hub)
    sentences = {
        "deltas on each other": pack(chain(5000)),
        "something outside of it": pack([blob(b"x"), header(6, 7) + distance(900) + zlib.compress(b"1234567")]),
        "a damaged object": pack([header(3, 9) + zlib.compress(b"12345")]),
        "damaged object at": pack([header(3, 3) + zlib.compress(b"12345")]),
        "which this repository does not have": pack([header(7, 7) + bytes(range(20)) + zlib.compress(b"1234567")]),
        "more than the 67108864 allowed": pack([header(3, 1 << 40) + zlib.compress(b"12345")]),
        "more than the 2000000 allowed": pack([], count=3_000_000),
        "longer than its objects": pack([blob(b"x"), b"more"], count=1),
        "ends too early": pack([blob(b"x")], count=2),
        "its checksum is wrong": pack([blob(b"x")])[:-1] + b"!",
        "not a pack": b"KCAP" + bytes(8) + hashlib.sha1(b"KCAP" + bytes(8)).digest(),
        "needs 11111111": pack([bomb(60 << 20)] * 3),
    }
    for sentence, body in sentences.items():
        report = send(hub, ada.user, body)
        assert sentence in report and "ng refs/heads/evil" in report, (sentence, report)
        assert peak(hub) < base + 220, sentence
    few = pack([blob(b"%d" % step) for step in range(100_000)])
    assert "needs 1111111" in send(hub, ada.user, few)
    assert peak(hub) < base + 120, "100,000 tiny objects"
    assert "sound" in hub.hubd("doctor").stdout
