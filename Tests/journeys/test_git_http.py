"""Git's smart HTTP as clients and proxies see it: encodings, connections, status codes, and the older protocol refused."""

import gzip
import http.client
import subprocess

import pytest

import git_oracle
import packets
from hub import said

REQUEST = "application/x-git-upload-pack-request"


@pytest.fixture
def wire(shared_hub, twin):
    """One connection to the hub; answers are (status, headers, body)."""
    connection = http.client.HTTPConnection(shared_hub.url.removeprefix("http://"), timeout=30)

    def ask(method, path, body=None, headers=None, **options):
        connection.request(method, f"/{twin.repository}.git/{path}", body, headers or {}, **options)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    ask.connection = connection
    yield ask
    connection.close()


def wanted(twin, version):
    return packets.fetch(version, [twin.git("rev-parse", "main").strip()])


def test_a_compressed_request_is_the_same_request(twin, wire, version):
    body = wanted(twin, version)
    headers = {"Content-Type": REQUEST, **packets.protocol(version)}
    plain = wire("POST", "git-upload-pack", body, headers)
    small = wire("POST", "git-upload-pack", gzip.compress(body), headers | {"Content-Encoding": "gzip"})
    older = wire("POST", "git-upload-pack", gzip.compress(body), headers | {"Content-Encoding": "x-gzip"})
    assert plain[0] == small[0] == older[0] == 200
    packs = [packets.Answer(200, answer[2], "").objects() for answer in (plain, small, older)]
    assert packs[0] == packs[1] == packs[2] and packs[0]


@pytest.mark.parametrize("encoding", ("gzip", None), ids=("compressed", "plain"))
def test_a_chunked_request_is_the_same_request(twin, wire, version, encoding):
    body = wanted(twin, version)
    headers = {"Content-Type": REQUEST, "Transfer-Encoding": "chunked", **packets.protocol(version)}
    if encoding:
        body, headers["Content-Encoding"] = gzip.compress(body), encoding
    pieces = (body[place:place + 7] for place in range(0, len(body), 7))
    status, _, answer = wire("POST", "git-upload-pack", pieces, headers, encode_chunked=True)
    assert status == 200 and packets.Answer(200, answer, "").objects()


DAMAGED = {
    "cut short": lambda body: gzip.compress(body)[:-12], "another format": lambda body: b"PK\3\4" + body,
    "empty": lambda body: b"",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_encoding_is_told_in_words(twin, wire, kind):
    body = DAMAGED[kind](wanted(twin, 2))
    headers = {"Content-Type": REQUEST, "Content-Encoding": "gzip", **packets.protocol(2)}
    status, _, answer = wire("POST", "git-upload-pack", body, headers)
    assert 400 <= status < 500 and answer, (status, answer)
    assert wire("POST", "git-upload-pack", wanted(twin, 2), {"Content-Type": REQUEST, **packets.protocol(2)})[0] == 200


def test_a_small_request_that_unpacks_to_much_is_refused(wire):
    body = gzip.compress(b"0000" * (40 << 20), 9)
    assert len(body) < 1 << 20
    status, _, answer = wire("POST", "git-upload-pack", body, {"Content-Type": REQUEST, "Content-Encoding": "gzip"})
    assert status == 413, (status, answer)


def test_one_connection_serves_many_requests(twin, wire, version):
    headers = packets.protocol(version)
    wire("GET", "info/refs?service=git-upload-pack", headers=headers)
    socket = wire.connection.sock
    for _ in range(5):
        status, answered, _ = wire("GET", "info/refs?service=git-upload-pack", headers=headers)
        assert status == 200 and answered["Content-Type"] == "application/x-git-upload-pack-advertisement"
        assert "no-cache" in answered["Cache-Control"]
        status, answered, _ = wire("POST", "git-upload-pack", wanted(twin, version), {"Content-Type": REQUEST, **headers})
        assert status == 200 and answered["Content-Type"] == "application/x-git-upload-pack-result"
        assert "no-cache" in answered["Cache-Control"]
    assert wire.connection.sock is socket


def test_stock_git_uses_one_connection(twin, shared_ada, tmp_path):
    side = twin.side("hub", shared_ada, tmp_path)
    side.folder.mkdir(parents=True)
    traced = {**shared_ada.environment, "GIT_TRACE_CURL": "2", "GIT_TRACE_CURL_NO_DATA": "1"}
    result = subprocess.run(
        ["git", "clone", "--quiet", side.remote, "clone"], cwd=side.folder, env=traced, capture_output=True, text=True,
        timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("Connected to 127.0.0.1") == 1
    assert "Re-using existing connection" in result.stderr


def test_an_answer_bears_the_headers_of_gits_own_server_and_no_others(twin, wire, version):
    headers = packets.protocol(version)
    answers = {
        "upload-pack-advertisement": wire("GET", "info/refs?service=git-upload-pack", headers=headers),
        "upload-pack-result": wire("POST", "git-upload-pack", wanted(twin, version), {"Content-Type": REQUEST, **headers})}
    for kind, (status, answered, _) in answers.items():
        framing = ("date", "server", "content-length", "transfer-encoding")
        named = {name.lower(): value for name, value in answered.items() if name.lower() not in framing}
        assert status == 200 and named == {
            "expires": "Fri, 01 Jan 1980 00:00:00 GMT", "pragma": "no-cache",
            "cache-control": "no-cache, max-age=0, must-revalidate", "content-type": f"application/x-git-{kind}"}
        assert [name for name in named if name != "expires"] == ["pragma", "cache-control", "content-type"]


def test_an_unknown_service_is_refused(wire):
    for service in ("git-upload-archive", "git-shell", "", "git-upload-pack%00"):
        status, _, answer = wire("GET", f"info/refs?service={service}")
        assert status in (400, 403) and answer, (service, status, answer)


@pytest.mark.parametrize(
    "path", ("info/refs", "HEAD", "objects/info/packs", "objects/info/alternates", "objects/info/http-alternates",
             "objects/ab/" + "cd" * 19, "objects/pack/pack-" + "ab" * 20 + ".pack"))
def test_the_older_protocol_is_answered_with_an_error_in_words(wire, path):
    status, headers, answer = wire("GET", path, headers={"User-Agent": "git/2.39.5"})
    assert status in (400, 404) and answer.strip(), (status, answer)
    assert headers["Content-Type"].startswith("text/plain")


def test_a_client_of_the_older_protocol_is_told_so(twin, shared_ada, tmp_path):
    side = twin.side("hub", shared_ada, tmp_path)
    side.folder.mkdir(parents=True)
    result = subprocess.run(
        ["git", "clone", side.remote, "clone"], cwd=side.folder, capture_output=True, text=True, timeout=60,
        env={**shared_ada.environment, "GIT_SMART_HTTP": "0"})
    assert result.returncode != 0 and not (side.folder / "clone").exists()
    assert "remote: only git's smart protocol is spoken here" in result.stderr, result.stderr


def test_a_long_negotiation_is_compressed_by_git_and_understood(twin, shared_ada, tmp_path, version):
    side = twin.side("hub", shared_ada, tmp_path, version)
    side.folder.mkdir(parents=True)
    history = git_oracle.History(side.folder / "local.git")
    parents = []
    for number in range(500):
        parents = [history.commit("mine", {"mine.txt": f"{number}\n"}, parents)]
    history.write()
    git_oracle.git("-C", side.folder / "local.git", "symbolic-ref", "HEAD", "refs/heads/mine")
    trace = tmp_path / "trace"
    result = subprocess.run(
        ["git", "-c", f"protocol.version={version}", "fetch", "--quiet", side.remote, "main:theirs"],
        cwd=side.folder / "local.git", capture_output=True, text=True, timeout=60,
        env={**shared_ada.environment, "GIT_TRACE_CURL": str(trace), "GIT_TRACE_CURL_NO_DATA": "1"})
    assert result.returncode == 0, said(result)
    assert "Content-Encoding: gzip" in trace.read_text()
    git_oracle.fsck(side, side.folder / "local.git")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x"])
def test_an_encoding_nobody_knows_is_refused_and_the_others_are_named(twin, wire, version, encoding):
    body = wanted(twin, version)
    headers = {"Content-Type": REQUEST, "Content-Encoding": encoding, "User-Agent": "git/2.39.5"}
    status, answered, text = wire("POST", "git-upload-pack", body, headers | packets.protocol(version))
    assert status == 415 and answered["Accept-Encoding"] == "identity, gzip, x-gzip"
    assert b"send the body plain (identity) or as gzip (x-gzip)" in text
