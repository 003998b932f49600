"""Stock git as the oracle: repositories with real history, kept twice, and what can be seen of a clone.

A `Twin` is one repository served by the hub and the same as a bare folder served by `git http-backend`. A scenario is a
function of a `Side`; what it sees on both sides must be the same.
"""

import dataclasses
import pathlib
import shutil
import subprocess

import git_server
import packets
import hub as programs

SIDES = ("hub", "git")
VERSIONS = (0, 1, 2)
DAY = 86_400
EPOCH = 1_600_000_000  # the first commit of every history


class History:
    """Writes commits and tags through git fast-import; a commit is named by the number its `commit` returned."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        git("init", "--quiet", "--bare", "--initial-branch=main", self.folder)
        self.stream = []
        self.count = 0

    def commit(self, branch, files, parents=(), when=None, message=None):
        """One commit of `files` (path → text, bytes, or None to delete) onto the first of `parents`."""
        self.count += 1
        seconds = EPOCH + (self.count * DAY if when is None else when)
        self.say(f"commit refs/heads/{branch}\nmark :{self.count}\n")
        for role in ("author", "committer"):
            self.say(f"{role} ada <ada@example.org> {seconds} +0000\n")
        self.data(message or f"Change {self.count}\n")
        for word, parent in zip(("from", *["merge"] * len(parents)), parents):
            self.say(f"{word} :{parent}\n")
        for path, content in files.items():
            if content is None:
                self.say(f"D {path}\n")
            else:
                self.say(f"M {'755' if path.endswith('.sh') else '644'} inline {path}\n")
                self.data(content)
        self.say("\n")
        return self.count

    def tag(self, name, commit, message=None):
        """A tag, annotated if it has a message."""
        if message is None:
            self.say(f"reset refs/tags/{name}\nfrom :{commit}\n\n")
            return
        self.say(f"tag {name}\nfrom :{commit}\ntagger ada <ada@example.org> {EPOCH} +0000\n")
        self.data(message)

    def branch(self, name, commit):
        self.say(f"reset refs/heads/{name}\nfrom :{commit}\n\n")

    def data(self, content):
        content = content.encode() if isinstance(content, str) else content
        self.say(f"data {len(content)}\n")
        self.stream.append(content + b"\n")

    def say(self, text):
        self.stream.append(text.encode())

    def write(self):
        """Imports all of it; returns the folder and the ids of the commits, by number."""
        marks = self.folder / "marks"
        subprocess.run(
            ["git", "-C", self.folder, "fast-import", "--quiet", f"--export-marks={marks}"],
            input=b"".join(self.stream), check=True, timeout=programs.LIMIT)
        ids = dict(line[1:].split() for line in marks.read_text().splitlines())
        return {int(mark): commit for mark, commit in ids.items()}


def ordinary(folder):
    """A small repository with all that clients ask about: branches, merges, nested folders, tags of every kind."""
    history = History(folder)
    text = [f"line {number}\n" for number in range(40)]
    tip = history.commit("main", {
        "README.md": "A model\n", "src/core/a.py": "".join(text), "src/core/io/b.py": "b = 1\n",
        "docs/guide/start.md": "# Start\n", "run.sh": "#!/bin/sh\n", "data/large.txt": "0123456789abcdef\n" * 4096})
    for number in range(20):
        text[number] = f"line {number}, changed\n"
        files = {"src/core/a.py": "".join(text), f"docs/note-{number % 7}.md": f"{number}\n"}
        tip = history.commit("main", files, [tip])
        if number == 4:
            history.tag("v1", tip, "The first\n")
            side = history.commit("side", {"src/side.py": "side = 1\n"}, [tip])
        elif number == 9:
            side = history.commit("side", {"src/side.py": "side = 2\n"}, [side])
            history.tag("side-light", side)
            tip = history.commit("main", {"src/side.py": "side = 2\n"}, [tip, side])
        elif number == 14:
            history.tag("v2", tip, "The second\n")
            history.tag("light", tip)
    side = history.commit("side", {"src/side.py": "side = 3\n", "docs/guide/start.md": None}, [side])
    history.tag("side-end", side, "Not on main\n")
    alone = history.commit("feature/alone", {"other.txt": "Nothing in common\n"})
    history.commit("feature/alone", {"other.txt": "Nothing at all\n"}, [alone])
    ids = history.write()
    git("-C", folder, "tag", "-a", "-m", "A tag of a tag", "v1-again", "v1", env=DATED)
    return ids


DATED = {
    "GIT_COMMITTER_NAME": "ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_COMMITTER_DATE": f"{EPOCH} +0000",
    "GIT_AUTHOR_NAME": "ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": f"{EPOCH} +0000"}


def git(*arguments, cwd=None, env=None, stdin=None):
    """Stock git without anybody's settings, for preparations."""
    result = subprocess.run(
        ["git", *map(str, arguments)], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=programs.LIMIT,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", **(env or {})})
    assert result.returncode == 0, f"git {' '.join(map(str, arguments))}\n{result.stdout}{result.stderr}"
    return result.stdout


class Twin:
    """One repository twice: on the hub, and as a bare folder that git's own server may read all of."""

    backend = None  # one for all

    def __init__(self, hub, owner, name, folder, make=None, by_hand=False):
        self.hub = hub
        self.owner = owner
        self.commits = 0
        self.by_hand = by_hand  # git looks at every ref for every other one before it pushes them
        self.repository = f"{owner.user.name}/{name}"
        self.bare = pathlib.Path(folder) / f"{name}.git"
        if make:
            self.ids = make(self.bare)
        else:
            git("init", "--quiet", "--bare", "--initial-branch=main", self.bare)
        # Version 0 of git's own lets one ask for a blob only where it lets one ask for anything.
        for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "transfer.advertiseObjectInfo"):
            git("-C", self.bare, "config", setting, "true")
        if not Twin.backend:
            Twin.backend = git_server.GitServer().start()
        self.git_url = Twin.backend.add(self.bare)
        answer = hub.request(
            "POST", "/api/repos/create",
            {"name": name, "organization": owner.user.name, "visibility": "public", "empty": True}, owner.user)
        assert answer.status == 200, answer.body
        self.publish()

    def publish(self):
        """Makes the hub's refs those of the bare folder."""
        here = self.refs(self.bare)
        there = self.refs(self.hub.remote(self.repository))
        if self.by_hand:
            pack = subprocess.run(
                ["git", "-C", self.bare, "pack-objects", "--all", "--stdout", "--quiet"], stdin=subprocess.DEVNULL,
                capture_output=True, check=True, timeout=60).stdout
            return packets.HubEnd(self.hub, self.repository, self.owner.user).push(
                {name: (there.get(name), target) for name, target in here.items()}, pack)
        order = sorted(here, key=lambda name: name != "refs/heads/main")
        changes = [f"+{name}:{name}" for name in order if there.get(name) != here[name]]
        changes += [f":{name}" for name in there if name not in here]
        if changes:
            self.push(*changes)

    def push(self, *changes):
        self.owner.git(
            "push", "--quiet", self.hub.remote(self.repository, self.owner.user), *changes, cwd=self.bare)

    def refs(self, place):
        lines = self.owner.git("ls-remote", str(place)).stdout.splitlines()
        refs = dict(reversed(line.split("\t")) for line in lines)
        return {name: target for name, target in refs.items() if name.startswith("refs/") and not name.endswith("^{}")}

    def git(self, *arguments, **options):
        """Git in the bare folder."""
        return git("-C", self.bare, *arguments, **options)

    def commit(self, branch, files, message="One more"):
        """A commit on a branch of the bare folder, without publishing it; returns its id."""
        self.commits += 1
        date = f"{EPOCH + 1000 * DAY + self.commits} +0000"
        index = {**DATED, "GIT_INDEX_FILE": str(self.bare / "index-of-commit"), "GIT_AUTHOR_DATE": date,
                 "GIT_COMMITTER_DATE": date}
        parent = subprocess.run(
            ["git", "-C", self.bare, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"],
            capture_output=True, text=True).stdout.strip()
        self.git("read-tree", *([parent] if parent else ["--empty"]), env=index)
        for path, text in files.items():
            blob = self.git("hash-object", "-w", "--stdin", stdin=text).strip()
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        tree = self.git("write-tree", env=index).strip()
        parents = ["-p", parent] if parent else []
        commit = self.git("commit-tree", *parents, "-m", message, tree, env=index).strip()
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def side(self, name, person, folder, version=2):
        remote, writable = self.hub.remote(self.repository), self.hub.remote(self.repository, self.owner.user)
        if name == "git":
            remote = writable = self.git_url
        return Side(name, self, person, pathlib.Path(folder) / name, remote, writable, version)

    def both(self, scenario, person, folder, version=2):
        """What a scenario sees at the hub, after it was compared with what it sees at git's own."""
        seen = {}
        for name in SIDES:
            side = self.side(name, person, folder, version)
            shutil.rmtree(side.folder, ignore_errors=True)
            side.folder.mkdir(parents=True)
            seen[name] = scenario(side)
        assert seen["hub"] == seen["git"], differences(seen["hub"], seen["git"])
        return seen["hub"]


@dataclasses.dataclass
class Side:
    """Where a scenario takes place: a folder, the URL to fetch from, the version of the protocol."""

    name: str
    twin: Twin
    person: programs.Person
    folder: pathlib.Path
    remote: str  # without a login
    writable: str
    version: int

    def git(self, *arguments, cwd=None, check=True):
        return self.person.git(
            "-c", f"protocol.version={self.version}", *map(str, arguments), cwd=cwd or self.folder, check=check)

    def clone(self, *options, into="clone"):
        """Clones, and returns where to."""
        self.git("clone", "--quiet", *options, self.remote, into)
        return self.folder / into

    def commit(self, clone, path, text):
        """A commit in a clone, the same on every side, after all that the histories have."""
        (clone / path).write_text(text)
        self.git("add", path, cwd=clone)
        date = f"{EPOCH + 2000 * DAY} +0000"
        dated = {**self.person.environment, **DATED, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        programs.run(["git", "commit", "--quiet", "-m", f"Write {path}"], cwd=clone, env=dated)

    def plain(self, text):
        """Text without what must differ from side to side."""
        return text.replace(self.remote, "REMOTE").replace(str(self.folder), "FOLDER")


def seen(side, repository, pack=True, reachable=True):
    """Everything a clone shows: refs, HEAD, what is reachable and what is there, where it is cut, what it promises."""
    def look(*arguments):
        return sorted(side.git(*arguments, cwd=repository).stdout.splitlines())

    folder = pathlib.Path(side.git("rev-parse", "--absolute-git-dir", cwd=repository).stdout.strip())
    shallow = folder / "shallow"
    settings = side.git("config", "--local", "--list", cwd=repository).stdout.splitlines()
    fsck(side, repository)
    return {
        "refs": look("for-each-ref", "--format=%(refname) %(objectname) %(objecttype) %(symref) %(*objectname)"),
        "head": (folder / "HEAD").read_text(),
        "reachable": look("rev-list", "--objects", "--all", "--missing=print") if reachable else None,
        "objects": objects(side, repository) if pack else None,
        "shallow": sorted(shallow.read_text().split()) if shallow.exists() else None,
        "settings": sorted(side.plain(line) for line in settings),
        "files": tree_of_files(repository) if folder != repository else None,
    }


def differences(hub, git, name=""):
    """Where two sides differ, short enough to read."""
    if hub == git:
        return ""
    if isinstance(hub, dict) and isinstance(git, dict):
        return "\n".join(filter(None, (
            differences(hub.get(key), git.get(key), f"{name} {key}") for key in hub | git)))
    if isinstance(hub, (list, tuple)) and isinstance(git, (list, tuple)):
        only_hub = [item for item in hub if item not in git][:4]
        only_git = [item for item in git if item not in hub][:4]
        return f"{name}:\n  only from the hub: {only_hub}\n  only from git: {only_git}"
    return f"{name}:\n  from the hub: {hub!r:.300}\n  from git: {git!r:.300}"


def objects(side, repository):
    """All objects a repository has, without fetching any."""
    return sorted(side.git(
        "cat-file", "--batch-all-objects", "--batch-check", cwd=repository).stdout.splitlines())


def fsck(side, repository):
    """`git fsck --full --strict` must have nothing to say."""
    result = side.git("fsck", "--full", "--strict", "--no-progress", "--no-dangling", cwd=repository)
    assert not result.stdout.strip() and not result.stderr.strip(), programs.said(result)


def tree_of_files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(pathlib.Path(folder).rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts}
