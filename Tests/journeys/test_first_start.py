"""A hub is started for the first time, again, and twice at once."""

import stat
import subprocess

import hub as programs


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_a_private_folder_and_shows_a_token_once(hub):
    assert mode(hub.data) == 0o700
    assert mode(hub.data / "admin-token") == 0o600
    token = hub.admin.token
    assert hub.output.read_text().count(token) == 1
    assert token not in hub.log.read_text()

    answer = hub.get("/api/whoami-v2", hub.admin)
    assert (answer.status, answer.json["name"], answer.json["isAdmin"]) == (200, "admin", True)

    assert hub.stop() == 0
    hub.start()
    assert hub.output.read_text().count(token) == 1, "a second start must not show it again"
    assert hub.get("/api/whoami-v2", hub.admin).status == 200


def test_the_database_keeps_no_token(hub):
    ada = hub.user("ada")
    hub.stop()
    for path in hub.data.rglob("*"):
        if path.is_file() and path.name != "admin-token":
            content = path.read_bytes()
            assert ada.token.encode() not in content and hub.admin.token.encode() not in content, path


def test_a_second_hub_on_the_same_folder_ends_with_a_sentence(hub):
    second = subprocess.run(
        [programs.HUBD, "serve", "--data", str(hub.data), "--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=20)
    assert second.returncode != 0
    assert "another hubd is running" in second.stdout + second.stderr
    assert hub.get("/health").status == 200


def test_doctor_finds_a_new_hub_healthy_and_an_open_folder_not(hub):
    healthy = hub.hubd("doctor")
    assert "sound" in healthy.stdout
    hub.data.chmod(0o755)
    open_folder = hub.hubd("doctor", check=False)
    assert open_folder.returncode == 1
    assert "other users can read it" in open_folder.stdout


def test_a_wrong_option_is_refused_in_words(tmp_path):
    for arguments in (["--listen", "nonsense"], ["--log-level", "loud"], ["--config", "/nowhere.json"]):
        result = subprocess.run(
            [programs.HUBD, "serve", "--data", str(tmp_path / "data"), *arguments],
            capture_output=True, text=True, timeout=20)
        assert result.returncode != 0
        assert "Error:" in result.stderr and len(result.stderr.splitlines()) < 10, result.stderr


def test_limits_come_from_the_environment(tmp_path):
    hub = programs.Hub(tmp_path, {"HUBD_LIMITS_JSON_BYTES": "100"})
    hub.start()
    try:
        answer = hub.request("POST", "/api/repos/create", {"name": "x" * 200}, hub.admin)
        assert answer.status == 413
    finally:
        hub.close()
