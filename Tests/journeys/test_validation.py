"""Every revision is looked at: good ones are told, bad ones refused or reported, in words that name file and tensor."""

import json
import struct

import pytest

from hub import said

import checkpoints

EMBEDDING = "transformer.wte.weight"


@pytest.fixture
def work(hub, person):
    ada = person("ada")
    hub.create("ada/model", ada.user)
    folder = ada.clone("ada/model")
    checkpoints.copy_model(checkpoints.BASE, folder)
    return folder


def stage(report, name):
    (found,) = [stage for stage in report["stages"] if stage["name"] == name]
    return found


def push(person, work, check=True):
    ada = person("ada")
    ada.commit(work, "Try")
    return ada.hubctl("push", cwd=work, check=check)


def test_a_good_model_passes_every_stage(hub, person, work):
    push(person, work)
    report = hub.report("ada/model")
    assert report["verdict"] == "passed", report
    assert {stage["name"]: stage["outcome"] for stage in report["stages"]} | {"comparison": ""} == {
        "structure": "passed", "security": "passed", "numerics": "passed", "inference": "passed", "comparison": ""}
    inference = report["inference"]
    assert inference["parameters"] == 1_086_720
    assert 1 < inference["perplexity"] < 10_000 and inference["probeTokens"] > 100
    assert inference["sample"] and inference["samplePrompt"]
    text = person("ada").hubctl("show", cwd=work).stdout
    assert "passed" in text and "perplexity" in text.lower()


def test_a_fine_tune_is_compared_with_its_parent(hub, person, work):
    push(person, work)
    base = hub.report("ada/model")
    checkpoints.copy_weights(checkpoints.FINE_TUNE_A, work)
    push(person, work)
    comparison = hub.report("ada/model")["comparison"]
    assert (comparison["tensorsChanged"], comparison["tensorsTotal"]) == (56, 56)
    assert comparison["logitKL"] > 0
    assert comparison["perplexityBefore"] == pytest.approx(base["inference"]["perplexity"])
    assert comparison["perplexityAfter"] != comparison["perplexityBefore"]


def test_nan_weights_are_published_and_fail_their_report_by_name(hub, person, work):
    def poison(data):
        return struct.pack("<H", 0x7FC0) + data[2:6] + struct.pack("<H", 0x7F80) + data[8:]

    checkpoints.change(work / checkpoints.WEIGHTS, EMBEDDING, with_=poison)
    push(person, work)
    report = hub.report("ada/model")
    assert report["verdict"] == "failed"
    assert stage(report, "numerics")["outcome"] == "failed"
    found = [finding for finding in report["findings"] if finding.get("tensor") == EMBEDDING]
    assert any("NaN" in finding["message"] for finding in found), report["findings"]
    assert all(finding["path"] == checkpoints.WEIGHTS for finding in found)


@pytest.mark.parametrize("content", [checkpoints.malicious_pickle, checkpoints.malicious_zip])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "vocabulary.dat"])
def test_a_pickle_that_would_run_a_command_refuses_the_push(hub, person, work, content, name):
    before = hub.head("ada/model")
    (work / name).write_bytes(content())
    refused = push(person, work, check=False)
    assert refused.returncode != 0
    text = said(refused)
    assert name in text and "system" in text, text
    assert hub.head("ada/model") == before


def test_stock_git_shows_the_sentence_too(hub, person, work):
    ada = person("ada")
    (work / "pytorch_model.bin").write_bytes(checkpoints.malicious_pickle())
    ada.git("add", "pytorch_model.bin", cwd=work)
    ada.git("commit", "-m", "Look at this", cwd=work)
    refused = ada.git("push", hub.remote("ada/model", ada.user), "HEAD:main", cwd=work, check=False)
    assert refused.returncode != 0
    told = [line for line in refused.stderr.splitlines() if line.startswith("remote:")]
    assert any("pytorch_model.bin" in line for line in told), refused.stderr


def cut(data):
    return data[:-100]


def grown(data):
    return data + b"PK\x03\x04 and more"


def huge_header(data):
    return struct.pack("<Q", 1 << 62) + data[8:]


def no_json(data):
    return data[:8] + b"#" * 40 + data[48:]


def overlapping(data):
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    first = header["transformer.h.0.attn.attention.k_proj.weight"]
    header["transformer.h.0.attn.attention.q_proj.weight"]["data_offsets"] = first["data_offsets"]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length:]


def wrong_shape(data):
    return data.replace(b'"shape":[2048,128]', b'"shape":[2049,128]')


@pytest.mark.parametrize("damage", [cut, grown, huge_header, no_json, overlapping, wrong_shape])
def test_a_damaged_safetensors_file_refuses_the_push(hub, person, work, damage):
    before = hub.head("ada/model")
    weights = work / checkpoints.WEIGHTS
    weights.write_bytes(damage(weights.read_bytes()))
    refused = push(person, work, check=False)
    assert refused.returncode != 0
    assert checkpoints.WEIGHTS in said(refused)
    assert hub.head("ada/model") == before
    # The same bytes repaired go through, from the same working copy.
    checkpoints.copy_weights(checkpoints.BASE, work)
    person("ada").hubctl("add", ".", cwd=work)
    person("ada").git("commit", "--amend", "-m", "Repaired", cwd=work)
    person("ada").hubctl("push", cwd=work)


def test_an_unknown_architecture_is_said_plainly_and_the_other_stages_stand(hub, person, work):
    config = json.loads((work / "config.json").read_text())
    config.update(model_type="marvin", architectures=["MarvinForCausalLM"])
    (work / "config.json").write_text(json.dumps(config))
    push(person, work)
    report = hub.report("ada/model")
    inference = stage(report, "inference")
    assert inference["outcome"] == "skipped" and "marvin" in inference["summary"].lower()
    assert stage(report, "structure")["outcome"] == stage(report, "numerics")["outcome"] == "passed"
    assert report["verdict"] in ("passed", "warned")


def test_a_local_folder_can_be_validated_without_a_hub(hub, person, work, tmp_path):
    ada = person("ada")
    hub.stop()
    good = ada.hubctl("validate", work)
    assert "passed" in good.stdout
    (work / "evil.bin").write_bytes(checkpoints.malicious_pickle())
    bad = ada.hubctl("validate", work, check=False)
    assert bad.returncode != 0 and "evil.bin" in said(bad)
    report = json.loads(ada.hubctl("validate", work, "--json", check=False).stdout)
    assert report["verdict"] == "failed"
