"""Mirrors over HTTPS: of a hub, with an authority of one's own, and with certificates that are to be believed by nobody."""

import os

import pytest

import hub as programs
from authority import Authority
from git_server import LFSServer
from hub import said
from test_git_mirror import Work, add, mirror, of_the_hub


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def hub(tmp_path, authority):
    """A hub that knows the authority."""
    hub = programs.Hub(tmp_path, {
        "HUBD_MIRROR_ALLOW_PRIVATE": "true", "HUBD_MIRROR_PATIENCE_SECONDS": "5",
        "HUBD_MIRROR_CA_FILE": str(authority.certificate)})
    yield hub.start()
    hub.close()


@pytest.fixture
def upstream(authority):
    upstream = LFSServer(token="sesame-4711", tls=authority.issue("localhost"), host="localhost").start()
    yield upstream
    upstream.stop()


@pytest.fixture
def work(upstream, tmp_path):
    work = Work(upstream, tmp_path / "work")
    work.commit("weights.bin", upstream.store(os.urandom(300_000)))
    work.push("--all")
    (tmp_path / "token").write_text("sesame-4711\n")
    return work


def test_a_hub_mirrors_another_hub_over_https(hub, person, authority, tmp_path):
    pem, key = authority.issue("localhost")
    (tmp_path / "other").mkdir()
    other = programs.Hub(tmp_path / "other", {"HUBD_TLS_CERTIFICATE": str(pem), "HUBD_TLS_KEY": str(key)})
    other.listen = "localhost:0"
    programs.trust(authority.certificate)
    try:
        other.start()
        eve = programs.Person(other, tmp_path / "home" / "eve-there", other.user("eve"))
        eve.git("config", "--global", "http.sslCAInfo", str(authority.certificate))
        other.create("eve/model", eve.user, "private")
        eve.git("clone", "-q", other.remote("eve/model", eve.user), "model")
        folder = eve.home / "model"
        eve.git("lfs", "track", "*.bin", cwd=folder)
        weights = os.urandom(400_000)
        (folder / "data.bin").write_bytes(weights)
        eve.git("add", ".", cwd=folder)
        eve.git("commit", "-q", "-m", "Weights", cwd=folder)
        eve.git("push", "-q", "origin", "HEAD:main", cwd=folder)
        hub.user("ada")
        (tmp_path / "token").write_text(eve.user.token)
        mirror(hub, "add", other.remote("eve/model"), "ada/copy", "--token-file", tmp_path / "token",
               "--remote-user", "eve")
        assert "1 large files with 400000 bytes" in mirror(hub, "run", "ada/copy").stdout
        assert hub.file("ada/copy", "data.bin").body == weights
        assert hub.head("ada/copy") == other.head("eve/model", eve.user)
        assert eve.user.token not in hub.said()
        clone = person("ada").home / "clone"
        person("ada").git("clone", "-q", "--mirror", hub.remote("ada/copy"), clone)
        person("ada").git("fsck", "--full", "--strict", cwd=clone)
    finally:
        programs.trust(None)
        other.close()


def test_a_certificate_of_an_unknown_authority_is_refused(hub, work, tmp_path):
    add(hub, work, "--token-file", tmp_path / "token")
    hub.stop()
    del hub.environment["HUBD_MIRROR_CA_FILE"]
    hub.start()
    refused = mirror(hub, "run", "ada/copy", check=False)
    assert refused.returncode == 1 and "signed by nobody the hub trusts" in said(refused), said(refused)
    assert "mirror.ca-file" in said(refused)


def test_a_certificate_for_another_name_is_refused(hub, authority, tmp_path):
    upstream = LFSServer(tls=authority.issue("example.org"), host="localhost").start()
    try:
        work = Work(upstream, tmp_path / "work")
        work.commit("file.txt", "text")
        work.push("--all")
        add(hub, work)
        refused = mirror(hub, "run", "ada/copy", check=False)
        assert refused.returncode == 1 and "for another host name" in said(refused), said(refused)
        assert not upstream.calls, "nothing was asked of somebody else"
    finally:
        upstream.stop()


@pytest.mark.parametrize("name, sentence", [("example.org", "for another host name"), (None, "nobody the hub trusts")])
def test_large_files_come_from_nobody_else_either(hub, authority, upstream, work, tmp_path, name, sentence):
    authorities = authority if name else Authority(tmp_path, "Others")
    other = LFSServer(tls=authorities.issue(name or "localhost"), host="localhost").start()
    try:
        other.content = upstream.content
        upstream.link = lambda digest: {"href": f"{other.url}/content/{digest}"}
        add(hub, work, "--token-file", tmp_path / "token")
        refused = mirror(hub, "run", "ada/copy", check=False)
        assert refused.returncode == 1 and sentence in said(refused), said(refused)
        assert not other.calls
    finally:
        other.stop()


def test_a_lost_connection_is_asked_once_more_over_https_too(hub, person, upstream, work, tmp_path):
    add(hub, work, "--token-file", tmp_path / "token")
    upstream.unanswered = ["GET"]
    assert "1 large files" in mirror(hub, "run", "ada/copy").stdout
    assert of_the_hub(hub, person) == work.refs() and not upstream.unanswered


@pytest.mark.parametrize("secure", [True, False], ids=["another-port", "http"])
def test_the_token_goes_to_no_other_port_or_scheme(hub, authority, upstream, work, tmp_path, secure):
    """Wherever the upstream, its git-lfs server or its links send the hub."""
    tls = authority.issue("localhost") if secure else None
    other = LFSServer(token="sesame-4711", tls=tls, host="localhost").start()
    try:
        other.add(work.bare, "tiny.git")
        other.content, other.locks_content = upstream.content, True
        add(hub, work, "--token-file", tmp_path / "token", "--every", "1h")

        def refused():
            result = mirror(hub, "run", "ada/copy", check=False)
            assert result.returncode == 1, said(result)
            assert not other.told("sesame"), other.calls
            return said(result)

        upstream.redirects = {"/tiny.git/info/refs": f"{other.url}/tiny.git/info/refs"}
        refused()
        upstream.redirects = {"/tiny.git/info/lfs": f"{other.url}/tiny.git/info/lfs"}
        assert ("401" if secure else "from https to http") in refused()
        upstream.redirects = {}
        upstream.link = lambda digest: {"href": f"{other.url}/content/{digest}"}
        assert "401" in refused()
        mirror(hub, "remove", "ada/copy")
        mirror(hub, "add", work.url, "ada/copy", "--replace", "--token-file", tmp_path / "token",
               "--lfs-url", f"{other.url}/tiny.git/info/lfs")
        assert "401" in refused()
    finally:
        other.stop()


@pytest.mark.parametrize("wrong, sentence", [
    ("absent.pem", "mirror.ca-file: there is no file"), ("text.pem", "holds no certificate in PEM")])
def test_a_start_with_a_wrong_file_of_authorities_ends_with_a_sentence(tmp_path, wrong, sentence):
    (tmp_path / "text.pem").write_text("nothing\n")
    result = programs.run(
        [programs.HUBD, "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"], check=False,
        env={**os.environ, "HUBD_MIRROR_CA_FILE": str(tmp_path / wrong)})
    assert result.returncode != 0 and sentence in said(result)
