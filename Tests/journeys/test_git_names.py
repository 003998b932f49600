"""Names that deceive, as git pushes and shows them, and text of others at the terminal."""

import gzip
import re
import subprocess

import pytest

from hub import said

RLO = "\u202e"  # turns what follows from right to left
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@pytest.fixture
def ada(hub, person):
    ada = person("ada")
    body = {"name": "model", "organization": "ada", "visibility": "public", "empty": True}
    assert hub.request("POST", "/api/repos/create", body, ada.user).status == 200
    ada.work = ada.home / "work"
    ada.git("init", "-q", ada.work)
    ada.git("remote", "add", "origin", hub.remote("ada/model", ada.user), cwd=ada.work)
    return ada


def commit(ada, name, text):
    path = ada.work / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    ada.git("add", "-A", cwd=ada.work)
    ada.git("commit", "-q", "-m", "change", cwd=ada.work)


@pytest.mark.parametrize("unseen", [RLO, "\u200b", "\u2066", "\ufeff"])
def test_a_branch_with_what_is_not_seen_is_refused_and_spelled_out(hub, ada, unseen):
    commit(ada, "a", "1\n")
    spelled = f"\\u{{{ord(unseen):X}}}"
    answer = ada.git("push", "origin", "main", f"main:refs/heads/ma{unseen}in", cwd=ada.work, check=False)
    assert answer.returncode != 0
    assert f"'refs/heads/ma{spelled}in' has characters in it that are not seen" in said(answer)
    made = hub.request("POST", f"/api/models/ada/model/branch/ma{'%' + '%'.join(f'{b:02X}' for b in unseen.encode())}in",
                       {}, ada.user)
    assert made.status == 400 and spelled in made.json["error"]
    assert ada.git("ls-remote", "--heads", "origin", cwd=ada.work).stdout.count("refs/heads/") == 1


def test_a_file_with_what_is_not_seen_is_taken_and_remarked_on(hub, ada):
    commit(ada, f"weights/safe{RLO}nib.exe", "1\n")
    answer = ada.git("push", "origin", "main", cwd=ada.work)
    lines = [line for line in said(answer).splitlines() if line.startswith("remote:")]
    assert any("warning: weights/safe\\u{202E}nib.exe: the name holds characters that are not seen" in line
               for line in lines)
    assert not UNSEEN.search("".join(lines))
    commit(ada, "other", "2\n")
    assert "not seen" not in said(ada.git("push", "origin", "main", cwd=ada.work))


def test_a_compressed_push_is_the_same_push(hub, ada):
    """git itself never packs a push; its own server takes packed ones."""
    commit(ada, "a", "1\n")
    head = ada.git("rev-parse", "HEAD", cwd=ada.work).stdout.strip()
    pack = subprocess.run(
        ["git", "pack-objects", "--all", "--stdout", "-q"], cwd=ada.work, stdin=subprocess.DEVNULL, capture_output=True,
        check=True).stdout
    line = f"{'0' * 40} {head} refs/heads/main\0 report-status\n".encode()
    body = b"%04x" % (len(line) + 4) + line + b"0000" + pack
    headers = {"Content-Type": "application/x-git-receive-pack-request", "Content-Encoding": "gzip"}
    packed = gzip.compress(body)
    for damaged in (packed[:-3], packed[:-6] + bytes(6), body):
        assert hub.request("POST", "/ada/model.git/git-receive-pack", damaged, ada.user, headers).status == 400
    answer = hub.request("POST", "/ada/model.git/git-receive-pack", packed, ada.user, headers)
    assert answer.status == 200 and b"ok refs/heads/main" in answer.body
    assert ada.git("ls-remote", "origin", "main", cwd=ada.work).stdout.split()[0] == head


def test_what_others_wrote_does_not_command_the_terminal_of_hubctl(hub, ada):
    commit(ada, f"a{RLO}b", "1\n")
    ada.git("push", "-q", "origin", "main", cwd=ada.work)
    title = f"look\x1b]0;owned\x07 {RLO}here \u009b31m"
    body = {"title": title, "description": f"first line\nsecond \x1b[2J {RLO}line", "pullRequest": False}
    answer = hub.request("POST", "/api/models/ada/model/discussions", body, ada.user)
    assert answer.status == 200, answer.body
    number = str(answer.json["num"])
    for command in (
            ["pr", "show", number, "--repo", "ada/model"], ["pr", "show", number, "--repo", "ada/model", "--json"],
            ["repo", "show", "ada/model"]):
        shown = ada.hubctl(*command).stdout
        assert not UNSEEN.search(shown), (command, shown)
        assert "202e" in shown.lower()
    assert "first line\nsecond" in ada.hubctl("pr", "show", number, "--repo", "ada/model").stdout
