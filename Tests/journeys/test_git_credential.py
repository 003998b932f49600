"""hubctl git-credential: stock git works as whoever is logged in with hubctl."""

import json
import subprocess

import pytest

import hub as programs


@pytest.fixture
def ada(hub, tmp_path):
    """Someone logged in with hubctl, whose environment has no token."""
    ada = programs.Person(hub, tmp_path / "ada", hub.user("ada"))
    del ada.environment["HUB_TOKEN"], ada.environment["HUB_URL"]
    ada.hubctl("login", hub.url, "--token", ada.user.token, "--git")
    hub.create("ada/secret", ada.user, "private")
    return ada


def ask(somebody, operation, **keys):
    """What the helper says to git's question."""
    text = "".join(f"{key}={value}\n" for key, value in keys.items()) + "\n"
    result = subprocess.run(
        [programs.HUBCTL, "git-credential", operation], input=text, capture_output=True, text=True,
        env=somebody.environment, timeout=60)
    assert result.returncode == 0, result.stderr
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def logins(somebody):
    return json.loads((somebody.home / ".config/hubctl/credentials.json").read_text())["hubs"]


def test_a_private_repository_is_cloned_and_pushed_without_a_token_in_sight(hub, ada):
    ada.git("clone", "-q", hub.remote("ada/secret"), "work")
    folder = ada.home / "work"
    ada.git("lfs", "track", "*.bin", cwd=folder)
    (folder / "one.bin").write_bytes(b"one" * 1000)
    ada.git("add", ".", cwd=folder)
    ada.git("commit", "-qm", "one", cwd=folder)
    ada.git("push", "-q", "origin", "HEAD:main", cwd=folder)
    assert hub.file("ada/secret", "one.bin", user=ada.user).body == b"one" * 1000
    ada.git("clone", "-q", hub.remote("ada/secret"), "copy")
    assert (ada.home / "copy/one.bin").read_bytes() == b"one" * 1000
    assert ada.user.token not in (folder / ".git/config").read_text() + (ada.home / ".gitconfig").read_text()


def test_only_the_hubs_own_url_is_answered(hub, ada):
    host = hub.url.removeprefix("http://")
    answer = {"username": "ada", "password": ada.user.token}
    assert ask(ada, "get", protocol="http", host=host) == answer
    assert ask(ada, "get", protocol="http", host=host.upper(), path="ada/secret.git") == answer
    assert ask(ada, "get", protocol="http", host=host, username="ada") == answer
    for wrong in (
        {"protocol": "https", "host": host}, {"protocol": "http", "host": "127.0.0.1:1"},
        {"protocol": "http", "host": "127.0.0.1"}, {"protocol": "http", "host": f"{host}.example.org"},
        {"protocol": "http", "host": host, "username": "ben"}, {"host": host}, {"protocol": "http"}, {},
    ):
        assert ask(ada, "get", **wrong) == {}, wrong
    ada.environment |= {"HUB_TOKEN": "hub_other"}
    assert ask(ada, "get", protocol="http", host=host) == answer, "HUB_TOKEN goes nowhere without HUB_URL"
    ada.environment |= {"HUB_URL": "http://127.0.0.1:1"}
    assert ask(ada, "get", protocol="http", host=host) == answer
    assert ask(ada, "get", protocol="http", host="127.0.0.1:1")["password"] == "hub_other"


def test_storing_changes_nothing_and_a_refused_token_is_forgotten(hub, ada):
    host = hub.url.removeprefix("http://")
    before = logins(ada)
    assert ask(ada, "store", protocol="http", host=host, username="ada", password="hub_else") == {}
    assert ask(ada, "erase", protocol="http", host=host, username="ada", password="hub_else") == {}
    assert ask(ada, "whatever", protocol="http", host=host) == {}
    assert logins(ada) == before
    token = next(
        entry["id"] for entry in hub.get("/api/settings/tokens", ada.user).json if entry["isCurrent"])
    assert hub.request("DELETE", f"/api/settings/tokens/{token}", user=ada.user).status == 200
    refused = ada.git("ls-remote", hub.remote("ada/secret"), check=False)
    assert refused.returncode != 0
    assert logins(ada) == []


def test_a_read_token_pushes_nothing(hub, ada):
    reader = programs.User("ada", hub.token("ada", "read"))
    ada.hubctl("login", hub.url, "--token", reader.token)
    ada.git("clone", "-q", hub.remote("ada/secret"), "work")
    ada.git("commit", "-q", "--allow-empty", "-m", "nothing", cwd=ada.home / "work")
    refused = ada.git("push", "-q", "origin", "HEAD:main", cwd=ada.home / "work", check=False)
    assert refused.returncode != 0
    assert len(logins(ada)) == 1, "a token that may not is not one that is unknown"
