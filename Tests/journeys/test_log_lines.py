"""hubd's log: a line for each thing that happened, and in it neither lines of others nor secrets."""

import re

import pytest

import hub as programs

FORGED = "a.bin\n2026-01-01T00:00:00+0000 error hubd: [HubServices] Forged\x1b[2J\u202e"


@pytest.fixture
def loud(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_LOG_LEVEL": "debug"})
    yield hub.start()
    hub.close()


def test_what_others_push_is_one_line_of_the_log_and_shows_as_what_it_is(loud, tmp_path):
    ada = programs.Person(loud, tmp_path / "ada", loud.user("ada"))
    loud.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    for name in (FORGED, "b.bin\x1b[1m"):
        (folder / name).write_bytes(b"x")
    ada.git("add", ".", cwd=folder)
    ada.git("commit", "-q", "-m", "names", cwd=folder)
    refused = ada.git("push", loud.remote("ada/model", ada.user), "HEAD:main", cwd=folder, check=False)
    assert refused.returncode != 0
    text = loud.log.read_bytes().decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    lines = text.splitlines()
    for line in lines:
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} (debug|info|warning|error) ", line), line
    (reason,) = [line for line in lines if line.endswith("Push refused")]
    assert r"a.bin\u{A}2026" in reason and r"Forged\u{1B}[2J\u{202E}" in reason and r"b.bin\u{1B}[1m" in reason


def test_the_log_tells_no_secret_of_the_services_that_run(loud):
    text = loud.log.read_text()
    assert "JobRunner" in text and "Starting service" in text
    assert "dedupKey" not in text and "scratch" not in text
