"""Used wrongly, the programs say what is wrong and what to do, in a line or two, and exit with the documented code."""

import contextlib
import functools
import http.server
import json
import os
import sqlite3
import subprocess
import threading

import pytest

import checkpoints
import hub as programs
from hub import said


def hubd(*arguments, **environment):
    return subprocess.run(
        [programs.HUBD, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        env={**os.environ, **environment})


def assert_sentence(result, words):
    """A failure told in words: none of the insides of a library, no page of text."""
    assert result.returncode != 0, said(result)
    assert words in result.stderr, said(result)
    for insides in ("NSCocoaErrorDomain", "errno", "Fatal error", "(descriptor"):
        assert insides not in said(result)
    assert len(result.stderr.splitlines()) < 8, result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "/proc/nowhere"], "the data folder '/proc/nowhere' cannot be made"),
        (["--data", "/etc/passwd"], "the data folder '/etc/passwd' cannot be"),
        (["--listen", "8080"], "expected HOST:PORT"),
        (["--listen", "127.0.0.1:65536"], "expected HOST:PORT"),
        (["--listen", "203.0.113.7:0"], "hubd cannot serve on 203.0.113.7:0"),
        (["--public-url", "hub.example.org"], "public-url is 'hub.example.org'; expected http://HOST"),
        (["--config", "/nowhere.json"], "there is no configuration file '/nowhere.json'"),
    ])
def test_wrong_options(tmp_path, arguments, words):
    if "--data" not in arguments:
        arguments = ["--data", tmp_path / "data", *arguments]
    assert_sentence(hubd("serve", *arguments), words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{ broken", "is not JSON"),
        ('{"limits": {"pack-bites": 5}}', "'limits.pack-bites' in"),
        ('{"limits": 4}', "'limits' in"),
        ('{"validation": {"threads": "two"}}', "must be a whole number and is the text 'two'"),
        ('{"sweep": {"hours": 0}}', "sweep.hours is 0; expected 1 to 100000"),
    ])
def test_wrong_configuration(tmp_path, text, words):
    file = tmp_path / "hub.json"
    file.write_text(text)
    assert_sentence(hubd("serve", "--data", tmp_path / "data", "--config", file), words)


def test_an_address_in_use(hub, tmp_path):
    taken = hub.url.removeprefix("http://")
    result = hubd("serve", "--data", tmp_path / "other", "--listen", taken)
    assert_sentence(result, f"hubd cannot serve on {taken}: Address already in use; choose another with --listen")


def test_a_damaged_database(hub):
    hub.stop()
    with contextlib.closing(sqlite3.connect(hub.data / "hub.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(hub.data / "hub.sqlite", "r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * (16 * 4096))
    assert_sentence(hubd("serve", "--data", hub.data), "is damaged (")
    doctor = hubd("doctor", "--data", hub.data)
    assert doctor.returncode == 1 and "PROBLEM  database: damaged" in doctor.stdout
    assert all(line.startswith(("ok ", "PROBLEM ")) for line in doctor.stdout.splitlines())


def test_blobs_without_their_database(hub, person):
    """A new database would take all that is stored for garbage."""
    ada = person("ada")
    ada.hubctl("repo", "create", "ada/model")
    folder = ada.clone("ada/model")
    checkpoints.copy_model(checkpoints.BASE, folder)
    ada.commit(folder, "The base")
    ada.hubctl("push", cwd=folder)
    hub.stop()
    for path in hub.data.glob("hub.sqlite*"):
        path.rename(hub.data.parent / path.name)
    assert_sentence(hubd("serve", "--data", hub.data, "--listen", "127.0.0.1:0"), "but there is no database")
    assert not list(hub.data.glob("hub.sqlite*"))
    for path in hub.data.parent.glob("hub.sqlite*"):
        path.rename(hub.data / path.name)
    hub.start()
    assert hub.file("ada/model", checkpoints.WEIGHTS).status == 200


@pytest.fixture
def work(hub, person):
    ada = person("ada")
    ada.hubctl("repo", "create", "ada/model")
    return ada.clone("ada/model")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show"], 2, "ada/model has no branch, tag or commit 'main' on the hub; push it first"),
        (["show", "nowhere"], 2, "ada/model has no branch, tag or commit 'nowhere' on the hub"),
        (["show", "--wait", "999999999999"], 64, "--wait is a number from 0 to 86400."),
        (["pull"], 2, "ada/model has no branch 'main' yet; 'hubctl push' makes it"),
        (["pull", "--json"], 2, "ada/model has no branch 'main' yet"),
        (["push"], 2, "there is nothing to push; commit first"),
        (["commit", "-m", "x"], 2, "nothing to commit"),
        (["commit", "-a", "-m", " \n"], 2, "the message is empty"),
        (["add", "nowhere.txt"], 2, "'nowhere.txt' is neither a file in the folder nor one that git knows"),
        (["add", "/etc/passwd"], 2, "'/etc/passwd' lies outside the working copy"),
        (["merge"], 64, "Name the revision to merge"),
        (["merge", "--continue"], 2, "no merge is in progress"),
        (["merge", "main", "-s", "magic"], 2, "'magic' is not a merge strategy; there are conflict, ours"),
        (["merge", "main", "-X", "a.*"], 2, "'a.*' is no rule; expected PATTERN=STRATEGY"),
        (["merge", "main", "-X", "a=ours", "--server"], 64, "-X and --renames are for merges in the working copy"),
        (["branch", "a b"], 2, "'a b' is not a branch name git accepts"),
        (["branch", "-d", "nowhere"], 2, "there is no branch 'nowhere' here"),
        (["log", "nowhere"], 2, "'nowhere' is no branch, tag or commit here"),
        (["log", "-n", "99999999999999999999"], 64, "is invalid for '-n <number>'"),
        (["validate", "nowhere"], 2, "there is no folder 'nowhere'"),
        (["validate", "/etc/passwd"], 2, "'/etc/passwd' is not a folder that can be read"),
        (["validate", ".", "--threads", "0"], 64, "--threads is a number from 1 to 256."),
        (["convert", "nowhere.gguf", "out"], 2, "cannot open 'nowhere.gguf'"),
        (["convert", "/etc/passwd", "out"], 1, "passwd"),
        (["clone", "ada/nowhere"], 2, "there is no repository at"),
        (["clone", "ada"], 2, "'ada' is not a repository name; expected owner/name"),
        (["repo", "create", "ada/.."], 2, "'ada/..' is not a repository name"),
        (["repo", "create", "ada/Model"], 1, "already exists"),
        (["repo", "delete", "ada/model"], 2, "repeat it with --yes"),
        (["repo", "visibility", "ada/model", "hidden"], 2, "'hidden' is neither public nor private"),
        (["sync"], 2, "ada/model is not a fork"),
        (["login", "nonsense", "--token", "x"], 2, "'nonsense' is not a hub address; expected http://"),
        (["login", "http://127.0.0.1:1", "--token", "x"], 2, "does not answer: connection refused"),
        (["login", "http://no-such-host.invalid", "--token", "x"], 2, "does not answer: the host name is unknown"),
        (["completion", "tcsh"], 64, "there are bash, zsh and fish."),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "")
def test_hubctl(person, work, arguments, code, words):
    result = person("ada").hubctl(*arguments, cwd=work, check=False)
    assert_sentence(result, words)
    assert result.returncode == code
    assert result.stdout == ""


def test_a_token_that_is_wrong(hub, person, work):
    ada = person("ada")
    for token, words in (("hub_wrong", "the access token is unknown"), ("a b", "the token is empty or holds blanks")):
        ada.environment["HUB_TOKEN"] = token
        assert_sentence(ada.hubctl("whoami", check=False), words)


def test_no_hub(hub, person, work):
    ada = person("ada")
    (work / "note.txt").write_text("hello")
    ada.commit(work, "A note")
    hub.stop()
    for arguments in (["push"], ["pull"], ["whoami"], ["show"], ["repo", "list"], ["fork", "ada/model"]):
        result = ada.hubctl(*arguments, cwd=work, check=False)
        assert result.returncode == 2
        assert_sentence(result, "onnection refused")
    del ada.environment["HUB_URL"]
    assert_sentence(ada.hubctl("whoami", check=False), "no hub is known; run 'hubctl login URL --token TOKEN'")


def test_a_server_that_is_no_hub(person, tmp_path):
    """Something answers, but it is no hub."""
    (tmp_path / "pages").mkdir()
    handler = functools.partial(QuietHandler, directory=tmp_path / "pages")
    ada = person("ada")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ada.environment["HUB_URL"] = f"http://127.0.0.1:{server.server_address[1]}"
        result = ada.hubctl("whoami", check=False)
        server.shutdown()
    assert result.returncode == 2
    assert_sentence(result, "hubctl: ")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    "arguments",
    [
        ["whoami"], ["repo", "list"], ["repo", "show", "ada/model"], ["status"], ["log"], ["branch"], ["tag"],
        ["diff"], ["show"], ["push"], ["pull"], ["sync", "ada/mine"], ["merge", "main"], ["clone", "ada/model"],
        ["fork", "ada/model", "--name", "other"], ["repo", "create", "ada/more"], ["validate", "."],
        ["merge", "main", "--dry-run"], ["diff", "HEAD", "main", "--repo", "ada/model"],
    ],
    ids=" ".join)
def test_json_is_one_document_and_nothing_else(hub, person, work, arguments):
    ada = person("ada")
    (work / "note.txt").write_text("hello")
    ada.commit(work, "A note")
    ada.hubctl("push", cwd=work)
    ada.hubctl("fork", "ada/model", "--name", "mine")
    hub.report("ada/model")
    if "--repo" in arguments:
        arguments = [hub.head("ada/model") if word == "HEAD" else word for word in arguments]
    if arguments[0] == "clone":
        arguments = [*arguments, ada.home / "copy"]
    answer = ada.hubctl(*arguments, "--json", cwd=work)
    assert json.loads(answer.stdout) is not None
    assert answer.stderr == ""
