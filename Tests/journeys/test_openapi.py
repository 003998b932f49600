"""Everything the hub says it understands is tried with what it did not expect: nothing may be a fault of the hub."""

import pathlib
import sys

import hub as programs

SECONDS = 45  # for one round

CONFIGURATION = """\
[parameters]
"path.owner" = "ada"
"path.name" = "model"
"path.revision" = ["main", "{head}", "nope"]
"path.path" = [".gitattributes", "nope"]
"path.epoch" = ["1", "0"]
"""


def fuzz(hub, folder, token, *selection, head="0" * 40):
    """One round of schemathesis."""
    configuration = pathlib.Path(folder) / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(head=head))
    command = [
        str(pathlib.Path(sys.executable).with_name("schemathesis")), "--config-file", str(configuration), "run",
        f"{hub.url}/openapi.json", "--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing",
        "--max-examples", "5", "--max-time", str(SECONDS), "--request-timeout", "20", "--seed", "1",
        "--suppress-health-check", "all", "--continue-on-failure", *selection]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    return programs.run(command, check=False, cwd=folder)


def test_no_input_makes_the_hub_fail(hub, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    # The other kinds of repository have the same handlers as models.
    result = fuzz(
        hub, tmp_path, ada.token, "--exclude-path-regex", "^/(api/)?(datasets|spaces|kernels)/|^/xet/",
        head=hub.head("ada/model"))
    assert "Server error" not in result.stdout, result.stdout[-8000:]
    assert "Test cases:" in result.stdout, programs.said(result)
    assert hub.get("/health").status == 200
    assert " error hubd" not in hub.said(), "the log has errors"


def test_no_input_makes_the_cas_fail(hub, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada)
    token = hub.get("/api/models/ada/model/xet-write-token/main", ada).json["accessToken"]
    result = fuzz(hub, tmp_path, token, "--include-path-regex", "^/xet/")
    assert "Server error" not in result.stdout, result.stdout[-8000:]
    assert "Test cases:" in result.stdout, programs.said(result)
    assert " error hubd" not in hub.said(), "the log has errors"


def test_an_outsider_finds_nothing_that_fails(hub, tmp_path):
    ada = hub.user("ada")
    hub.create("ada/model", ada, visibility="private")
    result = fuzz(hub, tmp_path, None, "--exclude-path-regex", "^/(api/)?(datasets|spaces|kernels)/|^/xet/")
    assert "Server error" not in result.stdout, result.stdout[-8000:]
    assert " error hubd" not in hub.said(), "the log has errors"
