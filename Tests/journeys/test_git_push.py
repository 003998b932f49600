"""Pushes by stock git: many refs at once, all kinds of moves, and what the hub says about each on the terminal."""

import json
import sqlite3
import subprocess

import pytest

from hub import said


@pytest.fixture
def work(hub, person):
    """A working copy of ada/model with one commit more than the hub's first one, pushed."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.home / "model"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), str(folder))
    commit(ada, folder, "one")
    ada.git("push", "-q", "origin", "main", cwd=folder)
    return folder


def commit(somebody, folder, text, name="notes.txt"):
    (folder / name).write_text(text)
    somebody.git("add", ".", cwd=folder)
    somebody.git("commit", "-q", "-m", text, cwd=folder)
    return rev(somebody, folder)


def rev(somebody, folder, name="HEAD"):
    return somebody.git("rev-parse", name, cwd=folder).stdout.strip()


def refs(hub, somebody, repository="ada/model"):
    """All refs of the hub's repository, as git sees them."""
    lines = somebody.git("ls-remote", hub.remote(repository, somebody.user)).stdout.splitlines()
    return {name: target for target, name in (line.split("\t") for line in lines)}


def sound(hub, somebody, repository="ada/model"):
    """A new mirror of the repository is sound in every object."""
    folder = somebody.home / "mirror"
    somebody.git("clone", "-q", "--mirror", hub.remote(repository, somebody.user), str(folder))
    assert somebody.git("fsck", "--full", "--strict", cwd=folder).stdout == ""


def test_one_push_creates_moves_and_deletes(hub, person, work):
    ada = person("ada")
    ada.git("push", "-q", "origin", "main:old", "main:topic", cwd=work)
    two = commit(ada, work, "two")
    ada.git("tag", "light", cwd=work)
    ada.git("tag", "-a", "-m", "heavy", "heavy", cwd=work)
    result = ada.git(
        "push", "--porcelain", "origin", "main", "main:topic", ":old", "main:new", "light", "heavy", cwd=work)
    assert "[rejected]" not in said(result)
    found = refs(hub, ada)
    for name in ("refs/heads/main", "refs/heads/topic", "refs/heads/new", "refs/tags/light", "refs/tags/heavy^{}"):
        assert found[name] == two
    assert "refs/heads/old" not in found
    assert ada.git("push", "origin", "main", cwd=work).stderr.strip() == "Everything up-to-date"
    sound(hub, ada)


def test_each_ref_is_judged_by_itself_unless_the_push_is_atomic(hub, person, work):
    ada = person("ada")
    one = rev(ada, work)
    two = commit(ada, work, "two")
    ada.git("push", "-q", "origin", "main", cwd=work)
    ada.git("reset", "-q", "--hard", one, cwd=work)
    other = commit(ada, work, "another two")
    wanted = ("+main:main", "main:topic", "main:refs/pr/7", "main:refs/convert/parquet", "main:refs/notes/x")
    atomic = ada.git("push", "--atomic", "origin", *wanted, cwd=work, check=False)
    assert atomic.returncode == 1
    assert "main is the default branch and only moves forward" not in said(atomic)  # refused by name before that
    assert "refs/pr/7 is the hub's own" in said(atomic)
    assert "atomic push failed" in said(atomic)
    assert "refs/heads/topic" not in refs(hub, ada)
    each = ada.git("push", "origin", *wanted, cwd=work, check=False)
    assert each.returncode == 1
    said_each = said(each)
    assert "[new branch]      main -> topic" in said_each
    assert "main -> main (main is the default branch and only moves forward; pull and merge first" in said_each
    assert "main -> refs/pr/7 (refs/pr/7 is the hub's own" in said_each
    assert "refs/convert/parquet is not a ref for clients" in said_each
    assert "[new reference]   main -> refs/notes/x" in said_each
    found = refs(hub, ada)
    assert found["refs/heads/main"] == two and found["refs/heads/topic"] == other
    assert found["refs/notes/x"] == other
    assert not any(name.startswith(("refs/pr", "refs/convert")) for name in found)
    sound(hub, ada)


def test_force_and_lease(hub, person, work):
    ada, bert = person("ada"), person("bert")
    one = rev(ada, work)
    ada.git("checkout", "-q", "-b", "topic", cwd=work)
    two = commit(ada, work, "two")
    ada.git("push", "-q", "origin", "topic", cwd=work)
    ada.git("reset", "-q", "--hard", one, cwd=work)
    three = commit(ada, work, "three")
    assert "non-fast-forward" in said(ada.git("push", "origin", "topic", cwd=work, check=False))
    result = ada.git("push", "--force-with-lease", "origin", "topic", cwd=work)
    assert f"+ {two[:7]}...{three[:7]} topic -> topic (forced update)" in said(result)
    stale = ada.git("push", f"--force-with-lease=topic:{two}", "origin", "main:topic", cwd=work, check=False)
    assert "stale info" in said(stale)
    forced = ada.git("push", "--force", "origin", f"{two}:topic", cwd=work)
    assert "forced update" in said(forced)
    assert refs(hub, ada)["refs/heads/topic"] == two


def test_push_options_are_kept_with_the_push(hub, person, work):
    ada = person("ada")
    commit(ada, work, "two")
    ada.git("push", "-q", "-o", "ci.skip", "-o", "note=a b", "origin", "main", cwd=work)
    with sqlite3.connect(f"file:{hub.data}/hub.sqlite?mode=ro", uri=True) as database:
        rows = database.execute("SELECT payload FROM event WHERE kind = 'ref-moved' ORDER BY id DESC LIMIT 1")
        assert json.loads(rows.fetchone()[0])["options"] == "ci.skip\nnote=a b"
    commit(ada, work, "three")
    many = [word for number in range(33) for word in ("-o", f"n{number}")]
    result = ada.git("push", *many, "origin", "main", cwd=work, check=False)
    assert "a push takes 32 push options of 1024 bytes at most" in said(result)


def test_findings_reach_the_terminal(hub, person, work):
    ada = person("ada")
    commit(ada, work, "cos\nsystem\n(S'echo hi'\ntR.", "evil.pkl")
    result = ada.git("push", "origin", "main", cwd=work, check=False)
    assert result.returncode == 1
    assert any(line.startswith("remote: ") and "evil.pkl" in line for line in result.stderr.splitlines())
    assert "[remote rejected] main -> main (" in said(result)


def test_a_shallow_clone_pushes(hub, person, work):
    ada, bert = person("ada"), person("bert")
    for number in range(5):
        commit(ada, work, f"step {number}")
    ada.git("push", "-q", "origin", "main", cwd=work)
    folder = ada.home / "shallow"
    ada.git("clone", "-q", "--depth=1", hub.remote("ada/model", ada.user), str(folder))
    head = commit(ada, folder, "from a shallow clone")
    ada.git("push", "-q", "origin", "main", "main:topic", cwd=folder)
    assert refs(hub, ada)["refs/heads/main"] == head
    hub.create("ada/empty", ada.user)
    elsewhere = ada.git("push", hub.remote("ada/empty", ada.user), "main:topic", cwd=folder, check=False)
    assert "it needs commits that this repository does not have" in said(elsewhere)
    sound(hub, ada)


def test_a_thousand_refs_in_one_push(hub, person, work):
    ada = person("ada")
    stream = "".join(
        f"commit refs/heads/many/{number}\ncommitter A <a@example.org> {1700000000 + number} +0000\ndata 0\n"
        f"{'from refs/heads/main^0' if number == 0 else f'from refs/heads/many/{number - 1}'}\n"
        f"M 644 inline file\ndata {len(str(number))}\n{number}\n\n" for number in range(1000))
    (ada.home / "stream").write_text(stream)
    with open(ada.home / "stream", "rb") as source:
        subprocess.run(["git", "fast-import", "--quiet"], stdin=source, cwd=work, env=ada.environment, check=True)
    ada.git("push", "-q", "origin", "refs/heads/many/*", cwd=work)
    found = refs(hub, ada)
    assert sum(name.startswith("refs/heads/many/") for name in found) == 1000
    ada.git("push", "-q", "origin", *(f":many/{number}" for number in range(1000)), cwd=work)
    assert not any(name.startswith("refs/heads/many/") for name in refs(hub, ada))


def test_a_tag_of_what_is_no_commit_is_refused_by_itself(hub, person, work):
    ada = person("ada")
    ada.git("tag", "tree", "HEAD^{tree}", cwd=work)
    ada.git("tag", "blob", "HEAD:notes.txt", cwd=work)
    ada.git("tag", "-a", "-m", "a tree", "heavy-tree", "HEAD^{tree}", cwd=work)
    ada.git("tag", "good", cwd=work)
    result = ada.git("push", "origin", "tree", "blob", "heavy-tree", "good", cwd=work, check=False)
    for name, kind in (("tree", "tree"), ("blob", "blob"), ("heavy-tree", "tree")):
        assert f"{name} -> {name} (refs/tags/{name} would name a {kind}; the hub keeps branches and tags of commits" in said(result)
    assert "[new tag]         good -> good" in said(result)


def test_the_ways_to_push_everything(hub, person, work):
    ada = person("ada")
    for number in range(3):
        commit(ada, work, "".join(f"line {line} of {number}\n" for line in range(2000)))
    ada.git("branch", "side", "HEAD~1", cwd=work)
    ada.git("tag", "-a", "-m", "one", "v1", cwd=work)
    ada.git("push", "-q", "--no-thin", "--follow-tags", "origin", "main", cwd=work)
    assert {"refs/heads/main", "refs/tags/v1"} <= refs(hub, ada).keys()
    ada.git("-c", "repack.useDeltaBaseOffset=false", "push", "-q", "--all", "origin", cwd=work)
    ada.git("tag", "v2", "HEAD~2", cwd=work)
    ada.git("push", "-q", "--tags", "origin", cwd=work)
    assert {"refs/heads/side", "refs/tags/v2"} <= refs(hub, ada).keys()
    hub.create("ada/copy", ada.user)
    mirror = ada.home / "all.git"
    ada.git("clone", "-q", "--mirror", str(work), str(mirror))
    ada.git("push", "-q", "--mirror", hub.remote("ada/copy", ada.user), cwd=mirror, check=False)
    copied, original = refs(hub, ada, "ada/copy"), refs(hub, ada)
    for name in ("refs/heads/side", "refs/tags/v1", "refs/tags/v1^{}", "refs/tags/v2"):
        assert copied[name] == original[name]
    sound(hub, ada)


def test_a_large_plain_file_is_refused_with_a_way_out(hub, person, work):
    ada = person("ada")
    (work / "large.txt").write_bytes(b"w" * (10 * 1024 * 1024 + 1))
    ada.git("add", ".", cwd=work)
    ada.git("commit", "-q", "-m", "large", cwd=work)
    result = ada.git("push", "origin", "main", cwd=work, check=False)
    sentence = (
        "large.txt: is 10485761 bytes as a plain git file, over this hub's limit of 10485760; "
        "add it with hubctl, or track it with git-lfs ('git lfs track') and commit again")
    assert f"remote: error: {sentence}" in said(result)
    assert "remote rejected" in said(result)


def test_a_pointer_to_content_nobody_sent_is_refused(hub, person, work):
    ada = person("ada")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 12345\n"
    (work / "weights.bin").write_text(pointer)
    ada.git("add", ".", cwd=work)
    ada.git("commit", "-q", "-m", "pointer", cwd=work)
    result = ada.git("push", "--no-verify", "origin", "main", cwd=work, check=False)
    assert f"remote: missing {'ab' * 32}" in said(result)
    assert "the content of 1 large file is not on the hub" in said(result)


def test_trees_and_commits_stock_git_would_refuse_are_refused(hub, person, work):
    ada = person("ada")
    head = rev(ada, work)
    blob = ada.git("hash-object", "-w", "notes.txt", cwd=work).stdout.strip()

    def write(kind, data):
        return subprocess.run(
            ["git", "hash-object", "-w", "-t", kind, "--literally", "--stdin"], input=data, cwd=work,
            env=ada.environment, check=True, capture_output=True).stdout.decode().strip()

    bad_tree = write("tree", b"100644 .GIT\0" + bytes.fromhex(blob))
    ada.git("update-ref", "refs/heads/tree", ada.git("commit-tree", bad_tree, "-m", "x", cwd=work).stdout.strip(),
            cwd=work)
    tree = rev(ada, work, "HEAD^{tree}")
    bad_commit = write("commit", f"tree {tree}\nparent {head}\nauthor A <a@b> 1 +0000\n"
                       "committer A <a@b> 1 0000\n\nx\n".encode())
    ada.git("update-ref", "refs/heads/commit", bad_commit, cwd=work)
    assert "the name means '.git' on some systems" in said(ada.git("push", "origin", "tree", cwd=work, check=False))
    result = ada.git("push", "origin", "commit", cwd=work, check=False)
    assert f"commit {bad_commit} is malformed: its committer has a bad time zone" in said(result)
