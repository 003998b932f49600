"""HTTPS by hubd itself, with stock git over HTTP/1.1 and HTTP/2."""

import random
import socket
import ssl
import struct
import time

import pytest

import git_oracle
import hub as programs
from hub import run, said


def certificate(folder, name="localhost"):
    """A certificate that signs itself, for this machine, and its key."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", str(key), "-out", str(pem), "-days", "2", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
    return pem, key


@pytest.fixture
def secure(tmp_path):
    """A hub behind TLS of its own."""
    pem, key = certificate(tmp_path)
    hub = programs.Hub(tmp_path, {"HUBD_TLS_CERTIFICATE": str(pem), "HUBD_TLS_KEY": str(key)})
    hub.certificate = pem
    programs.trust(pem)
    yield hub.start()
    programs.trust(None)
    hub.close()


@pytest.fixture
def ada(secure, tmp_path):
    person = programs.Person(secure, tmp_path / "ada", secure.user("ada"))
    person.git("config", "--global", "http.sslCAInfo", str(secure.certificate))
    return person


def spoken(result):
    """The versions of HTTP that were answered in, as curl tells."""
    lines = [line for line in result.stderr.splitlines() if "<= Recv header: HTTP/" in line]
    return {line.split("HTTP/")[1].split()[0] for line in lines}


def git(person, version, *arguments, cwd=None):
    """One command of git that tells what travels, and its answer's version of HTTP."""
    result = run(
        ["git", "-c", f"http.version={version}", *arguments], cwd=cwd or person.home,
        env=person.environment | {"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"})
    return spoken(result)


@pytest.mark.parametrize("version, number", [("HTTP/1.1", "1.1"), ("HTTP/2", "2")])
def test_git_clones_pushes_and_fetches(secure, ada, version, number):
    assert secure.url.startswith("https://")
    secure.create("ada/model", ada.user)
    url = secure.remote("ada/model", ada.user)
    assert git(ada, version, "clone", "-q", url, "one") == {number}
    one = ada.home / "one"
    for index in range(30):
        (one / f"file{index}").write_text(f"{index}\n" * 5000)
        (one / f"random{index}").write_bytes(bytes((index * 7 + place * place) % 251 for place in range(40_000)))
    ada.git("add", ".", cwd=one)
    ada.git("commit", "-q", "-m", "files", cwd=one)
    assert git(ada, version, "push", "-q", "origin", "HEAD:main", cwd=one) == {number}
    assert git(ada, version, "clone", "-q", url, "two") == {number}
    two = ada.home / "two"
    (one / "more").write_text("more\n")
    ada.git("add", ".", cwd=one)
    ada.git("commit", "-q", "-m", "more", cwd=one)
    assert git(ada, version, "-c", "http.postBuffer=65536", "push", "-q", "origin", "HEAD:main", cwd=one) == {number}
    assert git(ada, version, "pull", "-q", "origin", "main", cwd=two) == {number}
    ada.git("fsck", "--full", "--strict", cwd=two)
    trees = [ada.git("rev-parse", "HEAD^{tree}", cwd=folder).stdout for folder in (one, two)]
    assert trees[0] == trees[1]


def test_thousands_of_wants_are_sent_in_pieces_over_http_2(secure, ada, tmp_path):
    """More than 64 KiB, which libcurl may not get beyond when a server lets it send no more than that at once."""
    history = git_oracle.History(tmp_path / "many.git")
    root = history.commit("main", {"file": "0\n"})
    for number in range(1, 1500):
        history.commit(f"b/{number}", {"file": f"{number}\n"}, [root])
    history.write()
    secure.request("POST", "/api/repos/create", {"name": "model", "empty": True}, ada.user)
    url = secure.remote("ada/model", ada.user)
    assert git(ada, "HTTP/2", "push", "-q", url, "refs/heads/*:refs/heads/*", cwd=tmp_path / "many.git") == {"2"}
    for version in git_oracle.VERSIONS:
        clone = ada.home / f"clone-{version}"
        options = ("-c", f"protocol.version={version}", "-c", "http.postBuffer=65536")
        assert git(ada, "HTTP/2", *options, "clone", "-q", "--bare", url, str(clone)) == {"2"}
        assert len(ada.git("branch", cwd=clone).stdout.splitlines()) == 1500
        ada.git("fsck", "--full", "--strict", cwd=clone)


def test_the_wants_of_forty_thousand_refs_fit_into_what_a_stream_of_http_2_may_send(secure):
    """libcurl 7.88 may wait for ever at the end of a window that it reaches in the middle of such a body (RFC 9113)."""
    trust = ssl.create_default_context(cafile=str(secure.certificate))
    trust.set_alpn_protocols(["h2"])
    port = int(secure.url.rsplit(":", 1)[1])
    told = {}
    with socket.create_connection(("localhost", port), timeout=20) as plain:
        with trust.wrap_socket(plain, server_hostname="localhost") as connection:
            assert connection.selected_alpn_protocol() == "h2"
            fields = b"\x82\x87\x04\x07/health\x01\x09localhost"  # GET, https, path, authority (RFC 7541)
            connection.sendall(
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"")
                + frame(HEADERS, END_STREAM | END_HEADERS, 1, fields))
            stream = connection.makefile("rb")
            while True:
                length, kind, flags, number = struct.unpack(">IBBI", b"\0" + stream.read(9))
                payload = stream.read(length)
                if kind == SETTINGS:
                    told.update(struct.iter_unpack(">HI", payload))
                if number == 1 and flags & END_STREAM:
                    break
    assert told[INITIAL_WINDOW_SIZE] >= 40_000 * 50
    assert told[INITIAL_WINDOW_SIZE] * told[MAX_CONCURRENT_STREAMS] <= 32 << 20, "what may have to be kept is bounded"


SETTINGS, HEADERS = 4, 1
END_STREAM, END_HEADERS = 1, 4
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def test_large_files_follow_links_that_are_secure_too(secure, ada):
    secure.create("ada/model", ada.user)
    ada.git("clone", "-q", secure.remote("ada/model", ada.user), "one")
    one = ada.home / "one"
    ada.git("lfs", "track", "*.bin", cwd=one)
    (one / "data.bin").write_bytes(bytes(range(256)) * 20_000)
    ada.git("add", ".", cwd=one)
    ada.git("commit", "-q", "-m", "weights", cwd=one)
    ada.git("push", "-q", "origin", "HEAD:main", cwd=one)
    ada.git("clone", "-q", secure.remote("ada/model", ada.user), "two")
    assert (ada.home / "two" / "data.bin").read_bytes() == bytes(range(256)) * 20_000
    body = {"operation": "download", "objects": [
        {"oid": ada.git("lfs", "ls-files", "-l", cwd=one).stdout.split()[0], "size": 5_120_000}]}
    answer = secure.request("POST", "/ada/model.git/info/lfs/objects/batch", body, ada.user).json
    assert answer["objects"][0]["actions"]["download"]["href"].startswith(secure.url + "/lfs/")


def test_hubctl_and_its_agent_believe_whom_git_believes(secure, ada):
    secure.create("ada/model", ada.user)
    ada.hubctl("login", secure.url, "--token", ada.user.token, "--git")
    ada.hubctl("lfs-agent", "--install")
    ada.git("clone", "-q", f"{secure.url}/ada/model.git", "one")
    one = ada.home / "one"
    ada.git("lfs", "track", "*.bin", cwd=one)
    (one / "data.bin").write_bytes(random.Random(1).randbytes(3_000_000))
    ada.git("add", ".", cwd=one)
    ada.git("commit", "-q", "-m", "weights", cwd=one)
    ada.git("push", "-q", "origin", "HEAD:main", cwd=one)
    ada.git("clone", "-q", f"{secure.url}/ada/model.git", "two")
    assert (ada.home / "two" / "data.bin").read_bytes() == (one / "data.bin").read_bytes()

    ada.git("config", "--global", "--unset", "http.sslCAInfo")
    begin = time.monotonic()
    refused = ada.hubctl("whoami", check=False)
    assert refused.returncode != 0 and "is signed by nobody who is trusted here" in said(refused), said(refused)
    assert "swift" not in said(refused) and time.monotonic() - begin < 10
    by_url = {"SSL_CERT_FILE": str(secure.certificate)}
    assert "ada on" in run([programs.HUBCTL, "whoami"], env=ada.environment | by_url).stdout
    ada.git("config", "--global", f"http.{secure.url}/.sslCAInfo", "~/absent.pem")
    absent = ada.hubctl("whoami", check=False)
    assert f"git's http.sslCAInfo: the file '{ada.home}/absent.pem' cannot be read" in said(absent), said(absent)
    plain = ada.hubctl("login", secure.url.replace("https:", "http:"), "--token", ada.user.token, check=False)
    assert plain.returncode != 0 and "try https://" in said(plain), said(plain)


def test_a_client_that_does_not_know_the_certificate_is_not_served(secure, ada):
    ada.git("config", "--global", "--unset", "http.sslCAInfo")
    result = ada.git("ls-remote", secure.remote("ada/model", ada.user), check=False)
    assert result.returncode != 0 and "certificate" in said(result)


def test_plain_http_serves_clients_that_would_rather_speak_version_2(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    url = hub.remote("ada/model", ada.user)
    assert git(ada, "HTTP/2", "clone", "-q", url, "one") == {"1.1"}
    one = ada.home / "one"
    (one / "file").write_text("text\n" * 100_000)
    ada.git("add", ".", cwd=one)
    ada.git("commit", "-q", "-m", "file", cwd=one)
    assert git(ada, "HTTP/2", "push", "-q", "origin", "HEAD:main", cwd=one) == {"1.1"}
    assert git(ada, "HTTP/2", "clone", "-q", url, "two") == {"1.1"}


@pytest.mark.parametrize("wrong, sentence", [
    ("no-file", "tls.certificate: there is no file"),
    ("no-key", "tls.certificate is given without tls.key"),
    ("no-pem", "holds no certificate in PEM"),
    ("other-key", "does not belong to the certificate"),
])
def test_a_start_with_wrong_files_ends_with_a_sentence(tmp_path, wrong, sentence):
    pem, key = certificate(tmp_path)
    _, other = certificate(tmp_path, "other")
    text = tmp_path / "text.pem"
    text.write_text("nothing\n")
    values = {
        "no-file": (tmp_path / "absent.pem", key), "no-key": (pem, None), "no-pem": (text, key),
        "other-key": (pem, other)}[wrong]
    environment = {"HUBD_TLS_CERTIFICATE": str(values[0])} | ({"HUBD_TLS_KEY": str(values[1])} if values[1] else {})
    result = run(
        [programs.HUBD, "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"], check=False,
        env=dict(programs.os.environ) | environment)
    assert result.returncode != 0 and sentence in said(result)
