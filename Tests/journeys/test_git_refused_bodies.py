"""Large bodies that are refused before they are read: every client sees the answer, and soon."""

import http.client
import os
import socket
import ssl
import subprocess
import time
import urllib.parse

import pytest
import requests

import hub as programs
from hub import said
from test_git_tls import certificate

SIZE = 24 << 20  # more than sockets hold
TIMES = int(os.environ.get("HUB_REFUSALS", "5"))
SOON = 8  # seconds, before hubd gives up a client that says nothing


@pytest.fixture
def targets(hub, person):
    """What is refused early: method, path, status, headers of the request."""
    ada = person("ada")
    hub.create("ada/closed", ada.user, visibility="private")
    hub.create("ada/open", ada.user)
    login = {"Authorization": f"Bearer {ada.user.token}"}
    oid = "0" * 64
    return [
        ("POST", "/ada/closed.git/git-receive-pack", 401, {"Content-Type": "application/x-git-receive-pack-request"}),
        ("POST", "/ada/open.git/git-receive-pack", 401, {"Content-Type": "application/x-git-receive-pack-request"}),
        ("POST", "/ada/none.git/git-receive-pack", 404,
         {"Content-Type": "application/x-git-receive-pack-request"} | login),
        ("POST", "/ada/open.git/git-receive-pack", 400, {"Content-Type": "text/plain"} | login),
        ("PUT", f"/ada/open.git/info/lfs/objects/{oid}/{SIZE}", None, {}),
        ("POST", "/ada/open.git/info/lfs/objects/batch", 413,
         {"Content-Type": "application/vnd.git-lfs+json"} | login),
        ("POST", "/api/repos/create", 413, {"Content-Type": "application/json"} | login),
        ("PUT", "/nowhere/at/all/there/is", 404, login),
    ]


def address(hub):
    return urllib.parse.urlsplit(hub.url).hostname, urllib.parse.urlsplit(hub.url).port


def is_answer(status, wanted):
    return status == wanted if wanted else 400 <= status < 500


@pytest.mark.parametrize("closing", [{}, {"Connection": "close"}, {"Connection": "Close"}])
def test_a_client_that_sends_all_before_it_reads(hub, targets, closing):
    body = bytes(SIZE)
    for method, path, wanted, headers in targets:
        for _ in range(TIMES):
            begin = time.monotonic()
            connection = http.client.HTTPConnection(*address(hub), timeout=60)
            connection.request(method, path, body, headers | closing)
            answer = connection.getresponse()
            assert is_answer(answer.status, wanted), (method, path, answer.status)
            assert answer.headers["Connection"] == "close"
            assert answer.read() != b""
            connection.close()
            assert time.monotonic() - begin < SOON


@pytest.mark.parametrize("closing", [{}, {"Connection": "close"}])
def test_a_client_that_sends_all_over_tls(tmp_path, closing):
    pem, key = certificate(tmp_path)
    hub = programs.Hub(tmp_path, {"HUBD_TLS_CERTIFICATE": str(pem), "HUBD_TLS_KEY": str(key)})
    programs.trust(pem)
    try:
        hub.start()
        trust = ssl.create_default_context(cafile=str(pem))
        for _ in range(4 * TIMES):
            connection = http.client.HTTPSConnection("localhost", address(hub)[1], timeout=60, context=trust)
            connection.request("POST", "/a/b.git/git-receive-pack", bytes(SIZE), closing)
            assert connection.getresponse().status == 401
            connection.close()
    finally:
        programs.trust(None)
        hub.close()


@pytest.mark.parametrize("closing", [{}, {"Connection": "close"}])
def test_requests_in_chunks(hub, targets, closing):
    def pieces():
        for _ in range(SIZE >> 20):
            yield bytes(1 << 20)

    for method, path, wanted, headers in targets:
        for _ in range(TIMES):
            answer = requests.request(method, hub.url + path, data=pieces(), headers=headers | closing, timeout=60)
            assert is_answer(answer.status_code, wanted), (method, path, answer.status_code)


@pytest.mark.parametrize("options", [
    ["-H", "Expect:"], ["-H", "Expect:", "-H", "Connection: close"], [], ["-H", "Connection: close"],
    ["-H", "Expect:", "-H", "Transfer-Encoding: chunked"]])
def test_curl(hub, targets, tmp_path, options):
    file = tmp_path / "body"
    file.write_bytes(bytes(SIZE))
    for method, path, wanted, headers in targets:
        fields = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        for _ in range(TIMES):
            begin = time.monotonic()
            result = subprocess.run(
                ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, "-T", str(file), *fields,
                 *options, hub.url + path], capture_output=True, text=True, timeout=60)
            assert result.returncode == 0, (method, path, options, result.stderr)
            assert is_answer(int(result.stdout), wanted), (method, path, result.stdout)
            assert time.monotonic() - begin < SOON


def test_a_client_that_waits_is_told_to_go_on_only_if_its_body_is_wanted(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)

    def ask(path, body, authorization):
        with socket.create_connection(address(hub), timeout=20) as connection:
            connection.sendall(
                f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                f"{authorization}Content-Length: {len(body)}\r\n\r\n".encode())
            first = connection.recv(65536)
            if first.startswith(b"HTTP/1.1 100"):
                connection.sendall(body)
                return first, connection.recv(65536)
            return first, connection.recv(65536)

    body = b'{"name": "other", "organization": "ada"}'
    first, second = ask("/api/repos/create", body, f"Authorization: Bearer {ada.user.token}\r\n")
    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert second.startswith(b"HTTP/1.1 200")
    first, second = ask("/ada/model.git/git-receive-pack", body, "")
    assert first.startswith(b"HTTP/1.1 401") and b"connection: close" in first.lower()
    assert second == b"", "hubd closes its side"


def test_a_connection_outlives_a_refused_small_body(hub):
    connection = http.client.HTTPConnection(*address(hub), timeout=20)
    for _ in range(3):
        connection.request("POST", "/a/b.git/git-receive-pack", bytes(100_000))
        answer = connection.getresponse()
        assert answer.status == 401 and answer.headers["Connection"] is None
        answer.read()
    kept = connection.sock
    connection.request("GET", "/health")
    assert connection.getresponse().read() and connection.sock is kept


def test_a_client_that_says_nothing_more_does_not_keep_the_hub_from_stopping(hub):
    with socket.create_connection(address(hub), timeout=20) as connection:
        connection.sendall(b"POST /a/b.git/git-receive-pack HTTP/1.1\r\nHost: hub\r\nContent-Length: 9999999\r\n\r\n")
        answer = connection.recv(65536)
        assert b"connection: close" in answer.lower()
        assert connection.recv(65536) == b"", "hubd closes its side at once"
        begin = time.monotonic()
        assert hub.stop() == 0
        assert time.monotonic() - begin < SOON


def test_git_and_lfs_with_a_wrong_password(hub, person, tmp_path):
    """Big packs in chunks: git is told once, with the hub's own words, and never of a lost connection."""
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.home / "model"
    ada.git("clone", "-q", hub.remote("ada/model", ada.user), str(folder))
    (folder / "noise").write_bytes(os.urandom(SIZE))
    ada.git("lfs", "track", "noise.bin", cwd=folder)
    (folder / "noise.bin").write_bytes(os.urandom(SIZE))
    ada.git("add", ".", cwd=folder)
    ada.git("commit", "-q", "-m", "noise", cwd=folder)
    wrong = hub.url.replace("://", "://ada:wrong@") + "/ada/model.git"
    for _ in range(TIMES):
        for arguments in (["push", wrong, "HEAD:main"], ["lfs", "push", wrong, "main"]):
            result = ada.git(*arguments, cwd=folder, check=False)
            assert result.returncode != 0
            assert "reset" not in said(result) and "Broken pipe" not in said(result) and "hung up" not in said(result)
    # Without `http.postBuffer` git would find out with a small request; this one has the whole pack in it.
    body = bytes(SIZE)
    for _ in range(TIMES):
        result = subprocess.run(
            ["curl", "-sS", "-u", "ada:wrong", "-H", "Content-Type: application/x-git-receive-pack-request",
             "-H", "Expect:", "--data-binary", "@-", f"{hub.url}/ada/model.git/git-receive-pack"],
            input=body, capture_output=True, timeout=60)
        assert result.returncode == 0, result.stderr
        assert b"token" in result.stdout or b"password" in result.stdout, result.stdout
