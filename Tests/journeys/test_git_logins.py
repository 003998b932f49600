"""Who may fetch: how stock git is asked for a login, where it may find one, and what it is told without."""

import random

import pytest

import git_oracle
import hub as programs
import packets
from hub import run, said


@pytest.fixture(scope="module")
def closed(shared_hub, shared_ada):
    """A private repository with one commit."""
    shared_hub.create("ada/closed", shared_ada.user, "private")
    return "ada/closed"


@pytest.fixture
def stranger_at_shared(shared_hub, tmp_path):
    return programs.Person(shared_hub, tmp_path / "stranger")


def ask(person, url, version, *settings, **environment):
    person.environment.update(environment)
    try:
        return person.git("-c", f"protocol.version={version}", *settings, "ls-remote", url, check=False)
    finally:
        for name in environment:
            del person.environment[name]


def test_without_a_login_git_asks_for_one(shared_hub, closed, stranger_at_shared, version):
    result = ask(stranger_at_shared, shared_hub.remote(closed), version)
    assert result.returncode == 128
    assert "could not read Username" in result.stderr, said(result)
    answer = shared_hub.get(f"/{closed}.git/info/refs?service=git-upload-pack")
    challenge = {name.lower(): value for name, value in answer.headers.items()}["www-authenticate"]
    assert answer.status == 401 and challenge.startswith("Basic realm="), challenge


def test_a_login_in_the_url_is_taken(shared_hub, shared_ada, closed, stranger_at_shared, version):
    result = ask(stranger_at_shared, shared_hub.remote(closed, shared_ada.user), version)
    assert result.returncode == 0 and "refs/heads/main" in result.stdout, said(result)


def test_any_name_will_do_for_a_token(shared_hub, shared_ada, closed, stranger_at_shared):
    for name in ("ada", "git", "x-token", shared_ada.user.token):
        url = shared_hub.remote(closed).replace("://", f"://{name}:{shared_ada.user.token}@")
        result = ask(stranger_at_shared, url, 2)
        assert result.returncode == 0, (name, said(result))


def test_a_login_is_asked_of_a_program(shared_hub, shared_ada, closed, stranger_at_shared, tmp_path, version):
    answers = tmp_path / "askpass"
    asked = tmp_path / "asked"
    answers.write_text(
        f'#!/bin/sh\necho "$1" >>"{asked}"\ncase "$1" in Username*) echo ada;; *) echo {shared_ada.user.token};; esac\n')
    answers.chmod(0o755)
    result = ask(stranger_at_shared, shared_hub.remote(closed), version, GIT_ASKPASS=str(answers))
    assert result.returncode == 0, said(result)
    words = asked.read_text().splitlines()
    assert [word.split()[0] for word in words] == ["Username", "Password"]


def test_nobody_is_asked_for_what_is_public(shared_hub, shared_ada, stranger_at_shared, tmp_path, version):
    twin = git_oracle.Twin(shared_hub, shared_ada, f"open-{version}", tmp_path, make=git_oracle.ordinary)
    answers = tmp_path / "askpass"
    answers.write_text(f'#!/bin/sh\ntouch "{tmp_path}/asked"\nexit 1\n')
    answers.chmod(0o755)
    result = ask(stranger_at_shared, shared_hub.remote(twin.repository), version, GIT_ASKPASS=str(answers))
    assert result.returncode == 0 and not (tmp_path / "asked").exists()


def test_a_login_is_found_in_netrc_and_in_a_helper(shared_hub, shared_ada, closed, stranger_at_shared, version):
    host = shared_hub.url.removeprefix("http://").split(":")[0]
    netrc = stranger_at_shared.home / ".netrc"
    netrc.write_text(f"machine {host} login ada password {shared_ada.user.token}\n")
    netrc.chmod(0o600)
    result = ask(stranger_at_shared, shared_hub.remote(closed), version)
    netrc.unlink()
    assert result.returncode == 0, said(result)
    helper = f"!f() {{ echo username=ada; echo password={shared_ada.user.token}; }}; f"
    result = ask(stranger_at_shared, shared_hub.remote(closed), version, "-c", f"credential.helper={helper}")
    assert result.returncode == 0, said(result)
    header = f"http.extraHeader=Authorization: Bearer {shared_ada.user.token}"
    assert ask(stranger_at_shared, shared_hub.remote(closed), version, "-c", header).returncode == 0


def test_a_wrong_token_is_an_error(shared_hub, closed, stranger_at_shared, version):
    for token in ("hub_" + "0" * 40, "password", "%00", "x" * 5000):
        url = shared_hub.remote(closed).replace("://", f"://ada:{token}@")
        result = ask(stranger_at_shared, url, version)
        assert result.returncode == 128 and "Authentication failed" in result.stderr, said(result)


def test_a_token_that_was_ended_is_an_error(shared_hub, shared_ada, closed, stranger_at_shared):
    wish = {"name": "for git", "role": "read", "expiresIn": 3600}
    made = shared_hub.request("POST", "/api/settings/tokens", wish, shared_ada.user)
    assert made.status == 200, made.body
    url = shared_hub.remote(closed).replace("://", f"://ada:{made.json['token']}@")
    assert ask(stranger_at_shared, url, 2).returncode == 0
    listed = shared_hub.get("/api/settings/tokens", shared_ada.user).json
    listed = listed["tokens"] if isinstance(listed, dict) else listed
    identity = next(one["id"] for one in listed if one["name"] == "for git")
    ended = shared_hub.request("DELETE", f"/api/settings/tokens/{identity}", user=shared_ada.user)
    assert ended.status in (200, 204), ended.body
    result = ask(stranger_at_shared, url, 2)
    assert result.returncode == 128 and "Authentication failed" in result.stderr, said(result)


def test_who_may_not_see_it_is_told_it_is_not_there(shared_hub, closed, stranger_at_shared, version):
    eve = shared_hub.user("eve")
    hidden = ask(stranger_at_shared, shared_hub.remote(closed, eve), version)
    absent = ask(stranger_at_shared, shared_hub.remote("ada/absent", eve), version)
    assert hidden.returncode == absent.returncode == 128
    assert hidden.stderr.replace("closed", "absent") == absent.stderr
    assert "not found" in hidden.stderr


def test_a_token_that_may_only_read_does_not_push(shared_hub, shared_ada, closed, tmp_path, version):
    reader = type("User", (), {"name": "ada", "token": shared_hub.token("ada", scope="read")})()
    url = shared_hub.remote(closed, reader)
    clone = tmp_path / "clone"
    shared_ada.git("-c", f"protocol.version={version}", "clone", "--quiet", url, str(clone))
    (clone / "new.txt").write_text("new\n")
    shared_ada.git("add", ".", cwd=clone)
    shared_ada.git("commit", "--quiet", "-m", "New", cwd=clone)
    before = shared_hub.head(closed, shared_ada.user)
    result = shared_ada.git(
        "-c", f"protocol.version={version}", "push", "origin", "HEAD:main", cwd=clone, check=False)
    assert result.returncode != 0 and "403" in result.stderr, said(result)
    assert shared_hub.head(closed, shared_ada.user) == before


def test_a_moved_repository_is_followed(shared_hub, shared_ada, stranger_at_shared, tmp_path, version):
    twin = git_oracle.Twin(shared_hub, shared_ada, f"before-{version}", tmp_path, make=git_oracle.ordinary)
    url = shared_hub.remote(twin.repository)
    answer = shared_hub.request(
        "POST", "/api/repos/move", {"fromRepo": twin.repository, "toRepo": f"ada/after-{version}", "type": "model"},
        shared_ada.user)
    assert answer.status == 200, answer.body
    stranger_at_shared.git("-c", f"protocol.version={version}", "clone", "--quiet", url, "clone")
    result = stranger_at_shared.git("-C", "clone", "rev-parse", "HEAD")
    assert result.stdout == twin.git("rev-parse", "main")
    assert packets.HubEnd(shared_hub, f"ada/after-{version}").advertisement(version).status == 200


class Prompts:
    """A program that git asks for a login, and what it was asked."""

    def __init__(self, folder, name, password):
        self.program, self.log = folder / "askpass", folder / "asked"
        self.program.write_text(
            f'#!/bin/sh\necho "$1" >>"{self.log}"\ncase "$1" in Username*) echo {name};; *) echo {password};; esac\n')
        self.program.chmod(0o755)

    def asked(self):
        """The first words of what git asked since the last look."""
        words = [line.split()[0] for line in self.log.read_text().splitlines()] if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return words


def test_only_what_is_not_known_is_asked_for(shared_hub, shared_ada, closed, stranger_at_shared, tmp_path):
    prompts = Prompts(tmp_path, "nobody", shared_ada.user.token)
    url = shared_hub.remote(closed)
    named = url.replace("://", "://ada@")
    assert ask(stranger_at_shared, named, 2, GIT_ASKPASS=str(prompts.program)).returncode == 0
    assert prompts.asked() == ["Password"]
    configured = f"credential.{shared_hub.url}.username=ada"
    assert ask(stranger_at_shared, url, 2, "-c", configured, GIT_ASKPASS=str(prompts.program)).returncode == 0
    assert prompts.asked() == ["Password"]


def test_a_login_that_worked_is_kept_and_one_that_did_not_is_forgotten(
        shared_hub, shared_ada, closed, stranger_at_shared, tmp_path, version):
    prompts = Prompts(tmp_path, "ada", shared_ada.user.token)
    kept = tmp_path / "kept"
    helper = ("-c", f"credential.helper=store --file={kept}")
    url, asks = shared_hub.remote(closed), {"GIT_ASKPASS": str(prompts.program)}
    for expected in (["Username", "Password"], []):
        assert ask(stranger_at_shared, url, version, *helper, **asks).returncode == 0
        assert prompts.asked() == expected
    assert shared_ada.user.token in kept.read_text()

    kept.write_text(shared_hub.url.replace("://", "://ada:hub_" + "0" * 40 + "@") + "\n")
    failed = ask(stranger_at_shared, url, version, *helper, **asks)
    assert failed.returncode == 128 and "Authentication failed" in failed.stderr and prompts.asked() == []
    assert kept.read_text() == ""
    assert ask(stranger_at_shared, url, version, *helper, **asks).returncode == 0
    assert prompts.asked() == ["Username", "Password"]


@pytest.mark.parametrize("buffer", (65_536, 1_048_576), ids=("chunked", "whole"))
def test_what_is_public_asks_once_and_only_for_a_push(shared_hub, shared_ada, stranger_at_shared, tmp_path, buffer):
    repository = f"ada/half-open-{buffer}"
    shared_hub.create(repository, shared_ada.user)
    prompts = Prompts(tmp_path, "ada", shared_ada.user.token)
    somebody = {**stranger_at_shared.environment, "GIT_ASKPASS": str(prompts.program)}
    folder = tmp_path / "clone"

    def git(*arguments, cwd=folder):
        return run(["git", "-c", f"http.postBuffer={buffer}", *arguments], env=somebody, cwd=cwd)

    git("clone", "-q", shared_hub.remote(repository), str(folder), cwd=tmp_path)
    (folder / "noise").write_bytes(bytes((place * place + place // 7) % 251 for place in range(400_000)))
    (folder / "more").write_bytes(random.Random(5).randbytes(200_000))
    git("add", ".")
    git("commit", "-q", "-m", "noise")
    assert prompts.asked() == []
    git("push", "-q", "origin", "main")
    assert prompts.asked() == ["Username", "Password"]
    git("fetch", "-q", "origin")
    assert prompts.asked() == []
