"""hubctl at a terminal: setting up, looking, converting, and what its exit codes mean."""

import json
import math
import subprocess

import pytest

import checkpoints
from hub import said

LAYER_0 = "transformer.h.0.mlp.c_fc.weight"


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "my-model"
    folder.mkdir()
    checkpoints.copy_model(checkpoints.BASE, folder)
    return folder


def test_a_folder_becomes_a_repository_on_the_hub(hub, person, model):
    ada = person("ada")
    ada.hubctl("init", "ada/model", "--create", cwd=model)
    ada.hubctl("commit", "-a", "-m", "First", cwd=model)
    ada.hubctl("push", cwd=model)
    copy = person("bert").clone("ada/model")
    assert (copy / checkpoints.WEIGHTS).read_bytes() == (model / checkpoints.WEIGHTS).read_bytes()
    again = ada.hubctl("init", "ada/nowhere", cwd=model, check=False)
    assert again.returncode == 2 and "ada/nowhere" in said(again)


def test_a_working_copy_without_a_hub_says_how_to_get_one(person, model):
    ada = person("ada")
    ada.hubctl("init", cwd=model)
    ada.hubctl("commit", "-a", "-m", "First", cwd=model)
    refused = ada.hubctl("push", cwd=model, check=False)
    assert refused.returncode == 2 and "hubctl init" in said(refused)


def test_diff_compares_the_folder_with_history(person, model):
    ada = person("ada")
    ada.hubctl("init", cwd=model)
    ada.hubctl("commit", "-a", "-m", "First", cwd=model)
    assert "Nothing changed" in ada.hubctl("diff", cwd=model).stdout
    checkpoints.change(model / checkpoints.WEIGHTS, LAYER_0, with_=lambda data: checkpoints.scaled(data, 2.0))
    (change,) = ada.json("diff", cwd=model)["tensors"]
    assert change["tensor"] == LAYER_0 and math.isclose(change["relativeL2"], 1, rel_tol=1e-3)
    ada.hubctl("commit", "-a", "-m", "Second", cwd=model)
    assert ada.json("diff", cwd=model)["tensors"] == []
    assert [entry["tensor"] for entry in ada.json("diff", "HEAD~1", cwd=model)["tensors"]] == [LAYER_0]
    tensors, metadata = checkpoints.read(model / checkpoints.WEIGHTS)
    del tensors[LAYER_0]
    checkpoints.write(model / checkpoints.WEIGHTS, tensors, metadata)
    (gone,) = ada.json("diff", cwd=model)["tensors"]
    assert (gone["tensor"], gone["change"]) == (LAYER_0, "removed")


def test_log_and_status_speak_json(person, model):
    ada = person("ada")
    ada.hubctl("init", cwd=model)
    ada.hubctl("commit", "-a", "-m", "First", cwd=model)
    (entry,) = ada.json("log", cwd=model)
    assert entry["author"] == "ada" and entry["message"].strip() == "First" and entry["parents"] == []
    (model / "new.txt").write_text("new")
    (change,) = ada.json("status", cwd=model)
    assert (change["path"], change["unstaged"]) == ("new.txt", "untracked")


def test_validate_tells_a_good_model_from_a_bad_one_by_its_exit_code(person, model):
    ada = person("ada")
    good = ada.hubctl("validate", model, "--against", checkpoints.FINE_TUNE_A)
    assert "passed" in good.stdout and "perplexity" in good.stdout
    weights = model / checkpoints.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])
    bad = ada.hubctl("validate", model, check=False)
    assert bad.returncode == 1 and checkpoints.WEIGHTS in bad.stdout
    assert ada.hubctl("validate", model / "nowhere", check=False).returncode == 2
    assert ada.hubctl("validate", check=False).returncode == 64


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_every_command(person, shell):
    script = person("ada").hubctl("completion", shell).stdout
    assert all(word in script for word in ("merge", "validate", "convert"))
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_every_command_explains_itself(person):
    ada = person("ada")
    text = ada.hubctl("--help").stdout
    commands = [line.split()[0] for line in text.split("SUBCOMMANDS:")[1].splitlines() if line.startswith("  ")]
    assert len(commands) >= 20
    for command in {command for command in commands if command.isalpha() and command not in ("See", "help")}:
        assert "OVERVIEW:" in ada.hubctl(command, "--help").stdout, command


def test_a_real_gguf_becomes_a_model_that_validates(person, smollm2, tmp_path):
    ada = person("ada")
    folder = tmp_path / "smollm2"
    ada.hubctl("convert", smollm2, folder)
    config = json.loads((folder / "config.json").read_text())
    assert (config["model_type"], config["num_hidden_layers"], config["tie_word_embeddings"]) == ("llama", 30, True)
    report = ada.json("validate", folder)
    assert report["verdict"] == "passed"
    assert report["inference"]["parameters"] == 134_515_008
    # What transformers computes for the same folder and text, with PyTorch in f32.
    assert report["inference"]["perplexity"] == pytest.approx(21.269, rel=1e-3)
    again = ada.hubctl("convert", smollm2, folder, check=False)
    assert again.returncode == 1 and "--force" in said(again)


def test_what_is_no_gguf_is_refused_in_words(person, tmp_path):
    ada = person("ada")
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF" + bytes(100))
    refused = ada.hubctl("convert", wrong, tmp_path / "out", check=False)
    assert refused.returncode == 1 and "wrong.gguf" in said(refused)
    assert not (tmp_path / "out" / checkpoints.WEIGHTS).exists()
