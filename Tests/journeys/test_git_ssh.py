"""git and git-lfs over SSH, through a private OpenSSH server on loopback."""

import getpass
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

import hub as programs
from hub import run, said

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin")


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


class Door:
    """An sshd of its own: key, configuration, port; it asks hubd which keys it knows."""

    def __init__(self, hub, folder):
        self.hub = hub
        self.folder = folder
        self.port = free_port()
        folder.mkdir()
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host")])
        self.known = folder / "known_hosts"
        host = " ".join((folder / "host.pub").read_text().split()[:2])
        self.known.write_text(f"[127.0.0.1]:{self.port} {host}\n")
        self.list = folder / "authorized_keys"
        self.list.write_text("")
        self.asks_hubd = os.geteuid() == 0 and self.may_be_run(pathlib.Path(programs.HUBD))
        if self.asks_hubd:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        keys = (
            f"AuthorizedKeysFile none\nAuthorizedKeysCommandUser {getpass.getuser()}\n"
            f"AuthorizedKeysCommand {programs.HUBD} ssh-keys %t %k --data {hub.data}\n"
            if self.asks_hubd else f"AuthorizedKeysFile {self.list}\n")
        (folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {folder}/host\nPidFile none\nStrictModes no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPermitRootLogin yes\n"
            f"AcceptEnv GIT_PROTOCOL\n{keys}")
        self.log = open(folder / "sshd.log", "w")
        self.process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (folder / "sshd.log").read_text()
            with socket.socket() as place:
                if place.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("sshd was not ready in 10 s")

    @staticmethod
    def may_be_run(program):
        """sshd runs no command that somebody else could have put there."""
        places = [program.resolve(), *program.resolve().parents]
        return all(place.stat().st_uid == 0 and place.stat().st_mode & 0o022 == 0 for place in places)

    def url(self, repository):
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}/{repository}.git"

    def allow(self, key):
        """What AuthorizedKeysCommand would tell, written into a file, where sshd does not ask for itself."""
        kind, text = key.read_text().split()[:2]
        line = self.hub.hubd("ssh-keys", kind, text).stdout
        with open(self.list, "a") as list:
            list.write(line)
        return line

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        self.log.close()


@pytest.fixture
def door(hub, tmp_path):
    assert SSHD, "sshd is not installed; run scripts/setup"
    door = Door(hub, tmp_path / "sshd")
    yield door
    door.close()


@pytest.fixture
def visitor(hub, door, person, tmp_path):
    """Makes people whose key the hub knows, and whose git has no other way in."""

    def make(name, scope="write", known=True, kind="ed25519"):
        somebody = person(name, scope) if known else programs.Person(hub, tmp_path / "home" / name)
        key = somebody.home / "id"
        run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{name}@laptop", "-f", str(key)])
        if known:
            somebody.hubctl("ssh-key", "add", f"{key}.pub")
            door.allow(pathlib.Path(f"{key}.pub"))
        somebody.environment.pop("HUB_TOKEN", None)
        somebody.environment["GIT_SSH_COMMAND"] = (
            f"ssh -F none -i {key} -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile={door.known} "
            "-o BatchMode=yes -o ConnectTimeout=10")
        return somebody

    return make


def ssh(person, door, *command):
    """ssh itself, with the person's key."""
    return run(
        [*person.environment["GIT_SSH_COMMAND"].split(), "-p", str(door.port), f"{getpass.getuser()}@127.0.0.1",
         *command], check=False)


def commit(person, folder, name, text):
    (folder / name).write_text(text)
    person.git("add", "-A", cwd=folder)
    person.git("commit", "-q", "-m", f"add {name}", cwd=folder)
    return person.git("rev-parse", "HEAD", cwd=folder).stdout.strip()


def create(hub, repository, user, visibility="public"):
    """A repository without any commit."""
    owner, name = repository.split("/")
    body = {"name": name, "organization": owner, "visibility": visibility, "empty": True}
    assert hub.request("POST", "/api/repos/create", body, user).status == 200


def start(person, door, repository):
    """A new working copy whose origin is the hub by SSH."""
    folder = person.home / "work"
    person.git("init", "-q", folder)
    person.git("remote", "add", "origin", door.url(repository), cwd=folder)
    return folder


def test_a_push_by_ssh_creates_moves_and_deletes_refs_and_is_validated(hub, door, visitor):
    ada = visitor("ada")
    create(hub, "ada/model", ada.user)
    work = start(ada, door, "ada/model")
    for number in range(40):
        commit(ada, work, f"file{number}", f"{number}\n" * 300)
    ada.git("tag", "-a", "-m", "first", "v1", cwd=work)
    ada.git("push", "-q", "origin", "main", "main~3:refs/heads/side", "v1", cwd=work)
    head = ada.git("rev-parse", "HEAD", cwd=work).stdout.strip()
    assert hub.head("ada/model") == head
    assert hub.report("ada/model", user=ada.user)["state"] == "done", "the running hub saw the job"
    newer = commit(ada, work, "more", "more\n")
    ada.git("push", "-q", "origin", "main", cwd=work)
    assert hub.head("ada/model") == newer
    ada.git("push", "-q", "origin", ":side", ":refs/tags/v1", cwd=work)
    assert hub.head("ada/model", branch="side") is None
    ada.git("push", "-q", "origin", "main", cwd=work)
    ada.git("clone", "-q", hub.remote("ada/model"), "copy")
    ada.git("fsck", "--full", "--strict", cwd=ada.home / "copy")
    trees = [ada.git("rev-parse", "HEAD^{tree}", cwd=folder).stdout for folder in (work, ada.home / "copy")]
    assert trees[0] == trees[1]


def test_what_the_hub_refuses_is_said_at_the_terminal(hub, door, visitor):
    ada = visitor("ada")
    create(hub, "ada/model", ada.user)
    work = start(ada, door, "ada/model")
    commit(ada, work, "a", "1\n")
    commit(ada, work, "b", "2\n")
    ada.git("push", "-q", "origin", "main", cwd=work)
    forced = ada.git("push", "--force", "origin", "main~1:main", cwd=work, check=False)
    assert forced.returncode != 0 and "only moves forward" in said(forced)
    (work / "large").write_bytes(os.urandom(11 << 20))
    commit(ada, work, "c", "3\n")
    large = ada.git("push", "origin", "main", cwd=work, check=False)
    assert large.returncode != 0 and "git lfs track" in said(large) and "large" in said(large)


def test_what_was_pushed_is_cloned_fetched_and_cut_short_by_ssh(hub, door, visitor):
    ada, bob = visitor("ada"), visitor("bob")
    create(hub, "ada/model", ada.user)
    work = start(ada, door, "ada/model")
    for number in range(30):
        commit(ada, work, f"file{number}", f"{number}\n" * 300)
    ada.git("tag", "-a", "-m", "first", "v1", cwd=work)
    ada.git("push", "-q", "origin", "main", "main~3:refs/heads/side", "v1", cwd=work)

    def tree(folder, revision="HEAD"):
        return bob.git("rev-parse", f"{revision}^{{tree}}", cwd=folder).stdout

    for version in (0, 1, 2):
        folder = bob.home / f"clone{version}"
        trace = run(
            ["git", "-c", f"protocol.version={version}", "clone", "-q", door.url("ada/model"), str(folder)],
            env=bob.environment | {"GIT_TRACE_PACKET": "1"}, cwd=bob.home).stderr
        assert ("< version 2" in trace, "< version 1" in trace) == (version == 2, version == 1)
        bob.git("fsck", "--full", "--strict", cwd=folder)
        assert tree(folder) == ada.git("rev-parse", "HEAD^{tree}", cwd=work).stdout
        assert bob.git("rev-parse", "v1^{}", "origin/side", cwd=folder).stdout == ada.git(
            "rev-parse", "main", "main~3", cwd=work).stdout

    # One more commit is all that travels; what is at hand already asks for nothing.
    newer = commit(ada, work, "more", "more\n")
    ada.git("push", "-q", "origin", "main", cwd=work)
    for version in (0, 1, 2):
        folder = bob.home / f"clone{version}"
        fetched = bob.git("-c", f"protocol.version={version}", "fetch", "--progress", cwd=folder)
        assert bob.git("rev-parse", "origin/main", cwd=folder).stdout.strip() == newer
        assert "Sending 3 objects" in said(fetched)
        bob.git("-c", f"protocol.version={version}", "fetch", "-q", cwd=folder)
        bob.git("fsck", "--full", "--strict", cwd=folder)

    for version in (0, 2):
        folder = bob.home / f"shallow{version}"
        bob.git("-c", f"protocol.version={version}", "clone", "-q", "--depth=3", door.url("ada/model"), folder)
        assert bob.git("rev-list", "--count", "HEAD", cwd=folder).stdout.strip() == "3"
        bob.git("-c", f"protocol.version={version}", "fetch", "-q", "--deepen=2", cwd=folder)
        assert bob.git("rev-list", "--count", "HEAD", cwd=folder).stdout.strip() == "5"
        bob.git("-c", f"protocol.version={version}", "fetch", "-q", "--unshallow", cwd=folder)
        assert bob.git("rev-list", "--count", "HEAD", cwd=folder).stdout.strip() == "31"
        bob.git("fsck", "--full", "--strict", cwd=folder)

    partial = bob.home / "partial"
    bob.git("clone", "-q", "--filter=blob:none", "--no-checkout", door.url("ada/model"), partial)
    assert bob.git("cat-file", "-p", "HEAD:file7", cwd=partial).stdout == "7\n" * 300

    # An empty repository, and one that has moved.
    create(hub, "ada/empty", ada.user)
    bob.git("clone", "-q", door.url("ada/empty"), "empty")
    assert hub.request(
        "POST", "/api/repos/move", {"fromRepo": "ada/model", "toRepo": "ada/renamed"}, ada.user).status == 200
    assert newer in bob.git("ls-remote", door.url("ada/model")).stdout


def test_a_key_opens_what_its_owner_may_open_and_nothing_else(hub, door, visitor):
    ada, bob, eve = visitor("ada"), visitor("bob"), visitor("eve", known=False)
    create(hub, "ada/secret", ada.user, visibility="private")
    create(hub, "ada/open", ada.user)
    work = start(ada, door, "ada/secret")
    commit(ada, work, "a", "1\n")
    ada.git("push", "-q", "origin", "main", cwd=work)
    ada.git("push", "-q", door.url("ada/open"), "main", cwd=work)

    def refusal(person, repository):
        read = person.git("ls-remote", door.url(repository), check=False)
        result = person.git("push", door.url(repository), "main:theirs", cwd=theirs, check=False)
        assert result.returncode != 0
        return (said(read) + said(result)).replace(repository, "NAME")

    theirs = bob.home / "theirs"
    bob.git("init", "-q", theirs)
    commit(bob, theirs, "b", "2\n")
    assert refusal(bob, "ada/secret") == refusal(bob, "ada/absent"), "private looks like absent"
    assert "there is no model repository" in refusal(bob, "ada/secret")
    assert "you have the role 'read'" in refusal(bob, "ada/open")
    stranger = eve.git("ls-remote", door.url("ada/open"), check=False)
    assert stranger.returncode != 0 and "Permission denied (publickey" in said(stranger)

    listed = json.loads(ada.hubctl("ssh-key", "list", "--json", check=True).stdout) if "HUB_TOKEN" in (
        ada.environment) else hub.get("/api/settings/ssh-keys", ada.user).json
    assert [key["title"] for key in listed] == ["ada@laptop"] and listed[0]["lastUsedAt"]
    assert hub.request("DELETE", f"/api/settings/ssh-keys/{listed[0]['id']}", user=bob.user).status == 404
    assert hub.request("DELETE", f"/api/settings/ssh-keys/{listed[0]['id']}", user=ada.user).status == 200
    gone = ada.git("push", "origin", "main:late", cwd=work, check=False)
    assert gone.returncode != 0
    assert ("Permission denied" if door.asks_hubd else "not known to the hub any more") in said(gone)


def test_nothing_but_git_is_served(hub, door, visitor):
    ada = visitor("ada")
    for command in ([], ["sh", "-c", "id"], ["git-upload-pack", "'ada/x';id"], ["scp", "-t", "x"]):
        answer = ssh(ada, door, *command)
        assert answer.returncode == 1 and not answer.stdout
        assert "Hello ada!" in answer.stderr and "gives no shell" in answer.stderr
    for command in (["git-foo", "'ada/x'"], ["git", "foo"], ["git-upload-pack"], ["git-receive-pack", "a/b", "c"]):
        answer = ssh(ada, door, *command)
        assert answer.returncode == 128 and not answer.stdout
        name = "git-foo" if "foo" in " ".join(command) else command[0]
        assert f"hubd: this hub does not do {name}: over SSH it does git-upload-pack" in answer.stderr
        assert "Hello" not in answer.stderr
    refused = run(
        [*ada.environment["GIT_SSH_COMMAND"].split(), "-p", str(door.port), "-N", "-o", "ExitOnForwardFailure=yes", "-L",
         f"{free_port()}:127.0.0.1:{door.port}", "-O", "check", "127.0.0.1"], check=False)
    assert refused.returncode != 0


def test_an_archive_is_refused_with_what_to_do_instead(hub, door, visitor):
    ada = visitor("ada")
    create(hub, "ada/model", ada.user)
    by_ssh = ada.git("archive", f"--remote={door.url('ada/model')}", "HEAD", check=False)
    assert by_ssh.returncode != 0
    assert "hubd: this hub makes no archives; clone the repository" in said(by_ssh)
    answer = hub.get("/ada/model.git/info/refs?service=git-upload-archive", headers={"User-Agent": "git/2.47.0"})
    assert answer.status == 400 and answer.body.decode().startswith("this hub makes no archives; clone the repository")
    by_http = ada.git("archive", f"--remote={hub.url}/ada/model.git", "HEAD", check=False)
    assert by_http.returncode != 0 and not by_http.stdout


def test_large_files_go_over_http_with_what_ssh_gave_git_lfs(hub, door, visitor):
    ada, bob = visitor("ada"), visitor("bob")
    create(hub, "ada/model", ada.user, visibility="private")
    create(hub, "ada/other", ada.user)
    work = start(ada, door, "ada/model")
    content = bytes(range(256)) * 9000
    ada.git("lfs", "track", "*.bin", cwd=work)
    (work / "data.bin").write_bytes(content)
    commit(ada, work, "a", "1\n")
    ada.git("push", "origin", "main", cwd=work)
    assert hub.file("ada/model", "data.bin", user=ada.user).body == content

    answer = json.loads(ssh(ada, door, "git-lfs-authenticate", "ada/model.git", "download").stdout)
    assert answer["href"] == f"{hub.url}/ada/model.git/info/lfs" and 0 < answer["expires_in"] <= 3600
    headers = answer["header"]
    batch = {"operation": "download", "objects": [
        {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}]}

    def ask(repository, operation="download"):
        return hub.request(
            "POST", f"/{repository}.git/info/lfs/objects/batch", batch | {"operation": operation}, headers=headers)

    link = ask("ada/model").json["objects"][0]["actions"]["download"]["href"]
    assert hub.get(link.removeprefix(hub.url)).body == content
    assert ask("ada/model", "upload").status == 403, "what is for downloads uploads nothing"
    assert ask("ada/other").status == 404, "what is for one repository opens no other"
    assert hub.get("/api/whoami-v2", headers=headers).status == 401
    assert hub.get("/ada/model.git/info/refs?service=git-upload-pack", headers=headers).status == 401
    for repository in ("ada/model", "ada/absent"):
        refused = ssh(bob, door, "git-lfs-authenticate", repository, "download")
        assert refused.returncode == 1 and f"there is no model repository {repository}" in refused.stderr


def test_keys_are_listed_added_and_removed_by_their_owners_and_the_administrator(hub, person, tmp_path):
    ada = person("ada")
    person("bob")
    for kind, bits in (("ed25519", []), ("ecdsa", ["-b", "384"]), ("rsa", ["-b", "2048"])):
        run(["ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-C", kind, "-f", str(tmp_path / kind)])
        added = ada.json("ssh-key", "add", tmp_path / f"{kind}.pub")
        told = run(["ssh-keygen", "-l", "-f", str(tmp_path / f"{kind}.pub")]).stdout.split()[1]
        assert added["fingerprint"] == told and added["title"] == kind
    listed = ada.hubctl("ssh-key", "list").stdout
    assert len(listed.splitlines()) == 3 and "never used" in listed
    twice = hub.hubd("admin", "ssh-key", "add", "bob", str(tmp_path / "rsa.pub"), check=False)
    assert twice.returncode != 0 and "in use on this hub already" in said(twice)
    ada.hubctl("ssh-key", "remove", "rsa")
    hub.hubd("admin", "ssh-key", "add", "bob", str(tmp_path / "rsa.pub"), "--title", "old laptop")
    assert "old laptop" in hub.hubd("admin", "ssh-key", "list", "bob").stdout
    number = hub.hubd("admin", "ssh-key", "list", "bob").stdout.split()[0]
    hub.hubd("admin", "ssh-key", "remove", "bob", number)
    assert "no SSH keys" in hub.hubd("admin", "ssh-key", "list", "bob").stdout
    for text, sentence in (
            ((tmp_path / "rsa").read_text(), "private key"), ("ssh-dss AAAA", "are not taken"),
            ("ssh-ed25519 AAAA", "cut short"), ("hello", "not a public key")):
        (tmp_path / "wrong").write_text(text)
        wrong = ada.hubctl("ssh-key", "add", tmp_path / "wrong", check=False)
        assert wrong.returncode != 0 and sentence in said(wrong)
    run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", str(tmp_path / "short")])
    short = ada.hubctl("ssh-key", "add", tmp_path / "short.pub", check=False)
    assert short.returncode != 0 and "1024 bits" in said(short)
    words = (tmp_path / "ed25519.pub").read_text().split()
    line = hub.hubd("ssh-keys", words[0], words[1]).stdout
    assert line.startswith('restrict,command="') and line.endswith(f'" {words[0]} {words[1]}\n')
    assert len(line.splitlines()) == 1
    assert hub.hubd("ssh-keys", *(tmp_path / "rsa.pub").read_text().split()[:2]).stdout == ""
    assert hub.hubd("ssh-keys", "ssh-dss", "AAAA").stdout == ""
