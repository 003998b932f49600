"""`git ls-remote` lists what git's own server lists, and version 2 is asked for no more than is wanted."""

import pytest

import git_oracle
import packets


LISTINGS = {
    "all": [], "branches": ["--heads"], "tags": ["--tags"], "both": ["--heads", "--tags"], "unpeeled": ["--refs"],
    "symbolic": ["--symref"], "symbolic HEAD": ["--symref", "REMOTE", "HEAD"], "HEAD": ["REMOTE", "HEAD"],
    "a name": ["REMOTE", "main"], "a pattern": ["REMOTE", "v*"], "a full pattern": ["REMOTE", "refs/heads/feature/*"],
    "a tag by name": ["REMOTE", "refs/tags/v1"], "a peeled tag": ["REMOTE", "refs/tags/v1*"],
    "several": ["REMOTE", "side", "v2", "absent"], "none of these": ["--exit-code", "REMOTE", "absent"],
    "sorted": ["--sort=-version:refname", "REMOTE"], "a branch of tags": ["--tags", "REMOTE", "*light"],
}


@pytest.mark.parametrize("kind", LISTINGS)
def test_ls_remote_lists_what_git_itself_would(twin, shared_ada, tmp_path, version, kind):
    def scenario(side):
        arguments = [side.remote if one == "REMOTE" else one for one in LISTINGS[kind]]
        remote = [] if "REMOTE" in LISTINGS[kind] else [side.remote]
        result = side.git("ls-remote", *arguments, *remote, check=False)
        return result.returncode, result.stdout, side.plain(result.stderr)

    twin.both(scenario, shared_ada, tmp_path, version)


ASKED = {
    "everything": [], "peeled": ["peel"], "symbolic": ["symrefs"], "unborn": ["unborn", "symrefs"],
    "all of it": ["peel", "symrefs", "unborn"], "branches": ["ref-prefix refs/heads/"],
    "two kinds": ["peel", "ref-prefix refs/tags/v", "ref-prefix refs/heads/main"], "HEAD": ["symrefs", "ref-prefix HEAD"],
    "a part of a name": ["ref-prefix refs/heads/fe"], "nothing": ["ref-prefix refs/none/"],
    "an empty prefix": ["ref-prefix "], "many": [f"ref-prefix refs/heads/none-{number}" for number in range(300)],
}


@pytest.mark.parametrize("kind", ASKED)
def test_ls_refs_answers_as_git_itself_does(shared_hub, twin, kind):
    body = packets.command("ls-refs", ASKED[kind])
    answer = packets.HubEnd(shared_hub, twin.repository).ask(body)
    assert answer.type == "application/x-git-upload-pack-result"
    assert answer.lines == packets.GitEnd(twin.bare).ask(body).lines


def test_an_unborn_head_is_told_when_asked(shared_hub, shared_ada, tmp_path):
    empty = git_oracle.Twin(shared_hub, shared_ada, "empty", tmp_path)
    for arguments in (["unborn", "symrefs"], ["symrefs"], ["unborn"], []):
        body = packets.command("ls-refs", arguments)
        answer = packets.HubEnd(shared_hub, empty.repository).ask(body)
        assert answer.lines == packets.GitEnd(empty.bare).ask(body).lines, arguments


def test_object_info_tells_sizes_as_git_itself_does(shared_hub, twin):
    names = ("main", "main^{tree}", "main:README.md", "main:data/large.txt", "v1")
    ids = [twin.git("rev-parse", name).strip() for name in names]
    body = packets.command("object-info", ["size", *(f"oid {one}" for one in ids)])
    answer = packets.HubEnd(shared_hub, twin.repository).ask(body)
    assert answer.lines == packets.GitEnd(twin.bare).ask(body).lines


def test_every_version_advertises_itself(shared_hub, twin):
    end = packets.HubEnd(shared_hub, twin.repository)
    first = {version: end.advertisement(version).lines for version in git_oracle.VERSIONS}
    for lines in (first[0], first[1]):
        assert lines[:2] == [b"# service=git-upload-pack\n", "flush"]
    assert first[1][2] == b"version 1\n" and first[1][3:] == first[0][2:]
    assert first[2][0] == b"version 2\n" and first[2][-1] == "flush"
    words = {one.split(b"=")[0].strip(): one.partition(b"=")[2].split() for one in first[2][1:-1]}
    assert {b"agent", b"ls-refs", b"fetch", b"object-format", b"object-info"} <= set(words)
    assert b"unborn" in words[b"ls-refs"]
    assert {b"shallow", b"wait-for-done", b"filter"} <= set(words[b"fetch"])


NONSENSE = {
    "no such command": packets.command("steal-refs"),
    "another hash": packets.command("ls-refs", capabilities=("object-format=sha256",)),
    "no command": packets.line("agent=test\n") + packets.FLUSH,
    "a word nobody knows": packets.command("ls-refs", ["unheard-of"]),
    "a want that is no id": packets.command("fetch", ["want main", "done"]),
    "a depth below one": packets.command("fetch", ["want " + "1" * 40, "deepen -1", "done"]),
    "two depths": packets.command("fetch", ["want " + "1" * 40, "deepen 1", "deepen-since 5", "done"]),
    "no end": packets.line("command=ls-refs\n"),
    "no line": b"zzzz",
    "a line cut short": b"0050command=ls-refs",
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_refused_in_words_and_the_hub_lives(shared_hub, twin, kind):
    end = packets.HubEnd(shared_hub, twin.repository)
    answer = end.ask(NONSENSE[kind])
    assert answer.status == 400 or answer.status == 200 and b"ERR " in answer.text, (answer.status, answer.body[:200])
    assert end.ask(packets.command("ls-refs")).status == 200
