"""Whoever runs a hub and mistakes something is told what, by serve, doctor, admin and ssh-keys alike."""

import os
import socket
import subprocess

import pytest

import hub as programs
from hub import run, said

NOBODY = 65534


def serve(folder, *arguments, text=None, **environment):
    """A start that must fail; `text` is what stands in its configuration file."""
    if text is not None:
        (folder / "hub.json").write_text(text)
        arguments = ("--config", str(folder / "hub.json"), *arguments)
    result = subprocess.run(
        [programs.HUBD, "serve", "--data", str(folder / "data"), *arguments], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, env={**os.environ, **environment})
    assert result.returncode != 0 and result.stderr.startswith("Error: "), said(result)
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def doctor(folder, *arguments):
    """The problems doctor finds."""
    result = run([programs.HUBD, "doctor", "--data", str(folder / "data"), *map(str, arguments)], check=False)
    problems = [line for line in result.stdout.splitlines() if line.startswith("PROBLEM")]
    assert result.returncode == (1 if problems else 0), said(result)
    return "\n".join(problems)


@pytest.mark.parametrize("text, words", [
    ('{"listen": 8083}', "'listen' in 'FILE' must be text in quotes and is the number 8083"),
    ('{"tls": {"certificate": 1, "key": 2}}', "'tls.certificate' in 'FILE' must be text in quotes and is the number 1"),
    ('{"limits": {"pack-bytes": 1.5}}', "'limits.pack-bytes' in 'FILE' must be a whole number"),
    ('{"trust-proxy": 1}', "'trust-proxy' in 'FILE' must be true or false and is the number 1"),
    ('{"public-url": "https://hub.example.org/hub"}', "paths are not supported"),
    ("{ broken", "the configuration file 'FILE' is not JSON"),
])
def test_a_configuration_of_wrong_types_starts_no_hub(tmp_path, text, words):
    error = serve(tmp_path, text=text).replace(str(tmp_path / "hub.json"), "FILE")
    assert words in error
    assert not (tmp_path / "data").exists()


def test_a_configuration_that_cannot_be_read_is_told_so(tmp_path):
    assert "is a folder; expected a file" in serve(tmp_path, "--config", str(tmp_path))
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    secret.chmod(0o000)
    result = as_nobody("serve", "--data", str(tmp_path / "data"), "--config", str(secret))
    assert result.returncode != 0
    assert f"the file '{secret}' cannot be read by this user: Permission denied" in result.stderr, said(result)


def as_nobody(*arguments):
    """hubd as another user than the one it belongs to."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", programs.HUBD]
    if run([*command, "--version"], check=False).returncode != 0:
        pytest.skip("others cannot run hubd here")
    return run([*command, *arguments], check=False)


@pytest.fixture
def reachable(tmp_path_factory):
    """A folder that every user gets to; pytest's own are private."""
    folder = tmp_path_factory.mktemp("open")
    for place in (folder, *folder.parents):
        if place.stat().st_mode & 0o001 == 0 and place.is_relative_to(tmp_path_factory.getbasetemp().parent):
            place.chmod(place.stat().st_mode | 0o011)
    return folder


def test_another_user_is_told_that_the_folder_cannot_be_read(reachable):
    hub = programs.Hub(reachable)
    hub.start()
    try:
        result = as_nobody("admin", "user", "list", "--data", str(hub.data))
        assert result.returncode != 0
        assert f"the data folder '{hub.data}' cannot be read by this user: Permission denied" in result.stderr
        assert "there is no hub" not in result.stderr
    finally:
        hub.close()
    absent = run([programs.HUBD, "admin", "user", "list", "--data", str(reachable / "absent")], check=False)
    assert absent.returncode != 0 and "there is no hub in" in absent.stderr


@pytest.mark.parametrize("listen, words", [
    (":8083", "the host is missing"), ("no-such-host.invalid:8083", "the host 'no-such-host.invalid' is not known")])
def test_an_address_that_is_none_is_told_before_anything_is_made(tmp_path, listen, words):
    assert words in serve(tmp_path, "--listen", listen)
    assert not (tmp_path / "data").exists()


def test_the_start_line_and_links_write_ipv6_in_brackets(tmp_path):
    with socket.socket(socket.AF_INET6) as place:
        try:
            place.bind(("::1", 0))
        except OSError:
            pytest.skip("there is no IPv6 here")
        port = place.getsockname()[1]
    hub = programs.Hub(tmp_path)
    hub.listen = f"::1:{port}"
    hub.start()
    try:
        assert hub.url == f"http://[::1]:{port}"
        assert (hub.data / "address").read_text() == f"http://[::1]:{port}\n"
    finally:
        hub.close()


def test_a_public_url_is_taken_with_a_final_slash_and_links_have_one_only(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_PUBLIC_URL": "https://hub.example.org/"})
    hub.start()
    try:
        answer = hub.request("POST", "/api/repos/create", {"name": "q"}, hub.admin)
        assert answer.json["url"] == "https://hub.example.org/admin/q"
    finally:
        hub.close()


def test_doctor_finds_what_would_keep_a_hub_from_starting(tmp_path):
    hub = programs.Hub(tmp_path)
    hub.start()
    hub.stop()
    assert doctor(tmp_path) == ""
    config = tmp_path / "doctor.json"

    for text, words in (
            ('{"tls": {"certificate": "/nowhere.pem", "key": "/nowhere.key"}}',
             "tls.certificate: there is no file '/nowhere.pem'"),
            (f'{{"tls": {{"certificate": "{tmp_path}", "key": "/nowhere.key"}}}}', "is a folder; expected a file"),
            ('{"import": "/nowhere"}', "the folder '/nowhere' to import from cannot be read: there is no such folder"),
            ('{"mirror": {"ca-file": "/nowhere.pem"}}', "mirror.ca-file: there is no file '/nowhere.pem'"),
            ('{"listen": "no-such-host.invalid:80"}', "the host 'no-such-host.invalid' is not known")):
        config.write_text(text)
        found = doctor(tmp_path, "--config", config)
        assert words in found, found
        assert words in serve(tmp_path, "--config", str(config))

    (tmp_path / "data" / "blobs" / "blob").write_bytes(b"x")
    for path in (tmp_path / "data").glob("hub.sqlite*"):
        path.unlink()
    assert "but there is no database" in doctor(tmp_path)
    assert "but there is no database" in serve(tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "hub.sqlite").write_bytes(b"A" * 8192)
    words = f"the database '{tmp_path}/data/hub.sqlite' is damaged, or no database at all"
    assert words in serve(tmp_path, "--listen", "127.0.0.1:0")
    assert words in doctor(tmp_path)
    admin = run([programs.HUBD, "admin", "user", "list", "--data", str(tmp_path / "data")], check=False)
    assert admin.returncode != 0 and words in admin.stderr


def test_an_organisation_whose_owner_is_misspelled_is_not_made(hub, person):
    person("alice")
    wrong = hub.hubd("admin", "org", "create", "acme", "--owner", "alcie", check=False)
    assert wrong.returncode == 1 and "there is no user 'alcie'" in wrong.stderr
    hub.hubd("admin", "org", "create", "acme", "--owner", "alice")


def test_who_never_was_a_member_has_not_left(hub, person):
    person("alice")
    hub.hubd("admin", "org", "create", "acme", "--owner", "alice")
    never = hub.hubd("admin", "org", "member", "acme", "admin", check=False)
    assert never.returncode == 1 and "admin is no member of acme" in never.stderr
    hub.hubd("admin", "org", "member", "acme", "admin", "--role", "read")
    assert "admin has left acme." in hub.hubd("admin", "org", "member", "acme", "admin").stdout


@pytest.mark.parametrize("known", [True, False])
def test_ssh_keys_fails_with_a_sentence_when_the_hub_is_not_where_it_should_be(tmp_path, known):
    """sshd takes no key from a command that failed, and logs it; keys from elsewhere are not touched by that."""
    key = ["ssh-ed25519", "AAAA"]
    if known:
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")])
        key = (tmp_path / "key.pub").read_text().split()[:2]
    (tmp_path / "broken.json").write_text("{")
    for arguments, words in (
            (["--data", str(tmp_path / "nowhere")], "there is no hub in"),
            (["--config", str(tmp_path / "broken.json")], "is not JSON"),
            (["--config", str(tmp_path / "absent.json")], "there is no configuration file")):
        result = run([programs.HUBD, "ssh-keys", *key, *arguments], check=False)
        assert result.returncode != 0 and result.stdout == "" and words in result.stderr, said(result)


def test_git_lfs_over_ssh_is_told_which_operations_there_are(hub, person, tmp_path):
    ada = person("ada")
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")])
    ada.hubctl("ssh-key", "add", tmp_path / "key.pub")
    number = hub.hubd("admin", "ssh-key", "list", "ada").stdout.split()[0]
    result = run(
        [programs.HUBD, "ssh-serve", "--key", number, "--data", str(hub.data)], check=False,
        env=os.environ | {"SSH_ORIGINAL_COMMAND": "git-lfs-authenticate ada/model.git frob"})
    assert result.returncode == 1
    assert result.stderr == "hubd: git-lfs-authenticate does not do 'frob': there is upload and download\n"


def test_a_mirror_of_what_speaks_no_tls_says_so(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_MIRROR_ALLOW_PRIVATE": "true"})
    hub.start()
    try:
        hub.user("ada")
        url = hub.url.replace("http://", "https://") + "/ada/model.git"
        command = [programs.HUBD, "mirror"]
        options = ["--data", str(hub.data)]
        run([*command, "add", url, "ada/copy", *options], env=hub.environment)
        result = run([*command, "run", "ada/copy", *options], check=False, env=hub.environment)
        assert result.returncode == 1 and "'127.0.0.1' does not speak TLS at this port" in result.stdout, said(result)
        assert "0xffff" not in said(result)
    finally:
        hub.close()
