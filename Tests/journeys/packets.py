"""Git's protocol by hand (gitprotocol-common, -v2, -pack), for lines that git itself would not send."""

import dataclasses
import os
import pathlib
import subprocess
import tempfile
import urllib.error
import urllib.request

FLUSH, DELIMITER, END = b"0000", b"0001", b"0002"
NOTHING = "0" * 40
MARKS = {0: "flush", 1: "delimiter", 2: "end"}
CAPABILITIES = "multi_ack_detailed no-done side-band-64k ofs-delta"


def line(text):
    content = text.encode() if isinstance(text, str) else text
    return b"%04x" % (len(content) + 4) + content


def parse(data):
    """The lines of an answer: bytes, or the word of a mark; what is no line any more is the last item, raw."""
    found, place = [], 0
    while place < len(data):
        if data[place:place + 4] == b"PACK":
            return found + [data[place:]]
        length = int(data[place:place + 4], 16)
        found.append(MARKS[length] if length < 4 else data[place + 4:place + length])
        place += max(length, 4)
    return found


@dataclasses.dataclass
class Answer:
    status: int
    body: bytes
    type: str

    @property
    def lines(self):
        return parse(self.body)

    @property
    def text(self):
        """All that is not pack data."""
        return b"\n".join(
            item if isinstance(item, bytes) else item.encode() for item in self.lines
            if not (isinstance(item, bytes) and (item.startswith(b"\1") or item.startswith(b"PACK"))))

    @property
    def pack(self):
        """The pack, out of its side-band if it has one."""
        data = b"".join(item[1:] for item in self.lines if isinstance(item, bytes) and item[:1] == b"\1")
        return data or next((item for item in self.lines if isinstance(item, bytes) and item[:4] == b"PACK"), b"")

    def objects(self):
        """The ids of what the pack holds; it must stand by itself."""
        return pack_objects(self.pack) if self.pack else set()


def pack_objects(pack):
    """The ids of all objects of a pack, by git's own reading of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "it.pack"
        path.write_bytes(pack)
        subprocess.run(["git", "index-pack", path], check=True, capture_output=True, timeout=60)
        shown = subprocess.run(
            ["git", "show-index"], input=path.with_suffix(".idx").read_bytes(), check=True, capture_output=True,
            timeout=60)
    return {entry.split()[1] for entry in shown.stdout.decode().splitlines()}


class HubEnd:
    """`git-upload-pack` as the hub serves it."""

    def __init__(self, hub, repository, user=None):
        self.url = f"{hub.url}/{repository}.git"
        self.user = user

    def ask(self, body, version=2):
        return self.send(urllib.request.Request(
            f"{self.url}/git-upload-pack", data=body, method="POST",
            headers={"Content-Type": "application/x-git-upload-pack-request", **protocol(version)}))

    def advertisement(self, version=2):
        return self.send(urllib.request.Request(
            f"{self.url}/info/refs?service=git-upload-pack", headers=protocol(version)))

    def push(self, refs, pack):
        """Moves refs, each from one id (or None) to another, in one push that must succeed whole."""
        body, words = b"", "\0report-status atomic"
        for name, (old, new) in refs.items():
            body += line(f"{old or NOTHING} {new or NOTHING} {name}{words}")
            words = ""
        answer = self.send(urllib.request.Request(
            f"{self.url}/git-receive-pack", data=body + FLUSH + pack, method="POST",
            headers={"Content-Type": "application/x-git-receive-pack-request"}))
        assert answer.status == 200 and b"unpack ok" in answer.body and b"ng " not in answer.body, answer.body[:500]

    def send(self, request):
        if self.user:
            request.add_header("Authorization", f"Bearer {self.user.token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.read(), answer.headers.get("Content-Type"))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), error.headers.get("Content-Type"))


class GitEnd:
    """The same, by stock git's own program on a bare folder."""

    def __init__(self, bare):
        self.bare = bare

    def ask(self, body, version=2):
        environment = {**os.environ, "GIT_PROTOCOL": f"version={version}"}
        result = subprocess.run(
            ["git", "upload-pack", "--stateless-rpc", self.bare], input=body, capture_output=True, timeout=60,
            env=environment)
        return Answer(200, result.stdout, "")


def protocol(version):
    return {"Git-Protocol": f"version={version}"} if version else {}


def command(name, arguments=(), capabilities=("agent=test", "object-format=sha1")):
    """A request of version 2."""
    body = line(f"command={name}\n") + b"".join(line(f"{one}\n") for one in capabilities) + DELIMITER
    return body + b"".join(line(f"{one}\n") for one in arguments) + FLUSH


def fetch(version, wants, haves=(), shallow=(), extra=(), done=True):
    """A fetch in either form; `extra` are lines such as `filter blob:none` or `deepen 1`."""
    if version == 2:
        arguments = [
            "ofs-delta", "no-progress", *(f"want {one}" for one in wants), *(f"shallow {one}" for one in shallow), *extra,
            *(f"have {one}" for one in haves), *(["done"] if done else [])]
        return command("fetch", arguments)
    capabilities = CAPABILITIES + "".join(
        f" {word}" for word, prefix in CAPABILITIES_OF.items() if any(one.startswith(prefix) for one in extra))
    body = b"".join(
        line(f"want {one}{' ' + capabilities if number == 0 else ''}\n") for number, one in enumerate(wants))
    body += b"".join(line(f"shallow {one}\n") for one in shallow) + b"".join(line(f"{one}\n") for one in extra) + FLUSH
    body += b"".join(line(f"have {one}\n") for one in haves)
    if haves and not done:
        body += FLUSH
    return body + (line("done\n") if done else b"")


CAPABILITIES_OF = {
    "filter": "filter ", "deepen-since": "deepen-since ", "deepen-not": "deepen-not ",
    "deepen-relative": "deepen-relative"}

