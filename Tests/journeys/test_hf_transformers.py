"""Transformers against the hub: what is loaded computes what was published, and nothing goes anywhere else.

The clients before a refusing proxy are not quiet: they show that nothing goes elsewhere as they come.
"""

import pathlib

import pytest

import hub as programs
import official

MODEL = programs.ROOT / "Tests" / "Fixtures" / "models" / "gpt-neo-tiny"

LOGITS = """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    def logits(place, **options):
        tokenizer = AutoTokenizer.from_pretrained(place, **options)
        model = AutoModelForCausalLM.from_pretrained(place, **options).eval()
        tokens = tokenizer("The license of this program", return_tensors="pt")
        with torch.no_grad():
            return tokens.input_ids[0].tolist(), model(**tokens).logits[0].float().tolist()
"""


@pytest.fixture
def published(hub, person, tmp_path):
    """The real GPT-Neo, pushed by hubctl."""
    ada = person("ada")
    hub.create("ada/gpt-neo-tiny", ada.user)
    folder = ada.clone("ada/gpt-neo-tiny")
    for path in MODEL.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    ada.commit(folder, "the model")
    ada.hubctl("push", cwd=folder)
    return ada.user


@pytest.mark.parametrize("xet", [True, False], ids=["xet", "plain"])
def test_a_model_from_the_hub_computes_what_the_folder_does(hub, tmp_path, published, xet):
    with official.nowhere_else() as (settings, refused):
        reader = official.Client(hub, tmp_path / "reader", xet=xet, quiet=False, **settings)
        result = reader.run(
            LOGITS + """
    from transformers import pipeline
    tokens, here = logits(folder)
    again, there = logits("ada/gpt-neo-tiny")
    say = pipeline("text-generation", model="ada/gpt-neo-tiny")
    text = say("The license", max_new_tokens=8, do_sample=False)[0]["generated_text"]
    result = {"tokens": tokens == again, "same": here == there, "finite": bool(here), "text": text}
    """, folder=MODEL)
        assert result["tokens"] and result["same"] and result["finite"]
        assert result["text"].startswith("The license") and len(result["text"]) > len("The license")
        assert refused == []


@pytest.mark.parametrize("xet", [True, False], ids=["xet", "plain"])
def test_what_is_pushed_to_the_hub_computes_the_same_when_it_comes_back(hub, tmp_path, xet):
    ada = hub.user("ada")
    with official.nowhere_else() as (settings, refused):
        writer = official.Client(hub, tmp_path / "writer", ada, xet=xet, quiet=False, **settings)
        before = writer.run(
            LOGITS + """
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        model.transformer.h[0].mlp.c_fc.weight.mul_(1.01)
    model.push_to_hub("ada/mine", commit_message="first")
    tokenizer.push_to_hub("ada/mine")
    model.save_pretrained("local")
    tokenizer.save_pretrained("local")
    result = logits("local")
    """, folder=MODEL)
        reader = official.Client(hub, tmp_path / "reader", xet=xet, quiet=False, **settings)
        after = reader.run(LOGITS + "\n    result = logits('ada/mine')\n")
        assert before == after
        assert refused == []
    report = hub.report("ada/mine")
    assert report["verdict"] == "passed", report


def test_a_pinned_revision_goes_on_meaning_the_same(hub, tmp_path, published, person):
    first = hub.head("ada/gpt-neo-tiny")
    ada = person("ada")
    folder = ada.home / "gpt-neo-tiny"
    other = MODEL.with_name("gpt-neo-tiny-ft-a") / "model.safetensors"
    (folder / "model.safetensors").write_bytes(other.read_bytes())
    ada.commit(folder, "a fine-tune")
    ada.hubctl("push", cwd=folder)
    reader = official.Client(hub, tmp_path / "reader")
    result = reader.run(
        LOGITS + """
    result = {
        "pinned": logits("ada/gpt-neo-tiny", revision=first)[1] == logits(folder)[1],
        "moved": logits("ada/gpt-neo-tiny")[1] == logits(folder)[1]}
    """, folder=MODEL, first=first)
    assert result == {"pinned": True, "moved": False}


def test_smollm2_goes_up_and_comes_back_the_same(hub, tmp_path, person, smollm2):
    ada = person("ada")
    folder = tmp_path / "smollm2"
    ada.hubctl("convert", smollm2, folder)
    with official.nowhere_else() as (settings, refused):
        writer = official.Client(hub, tmp_path / "writer", ada.user, quiet=False, **settings)
        here = writer.run(
            LOGITS + """
    api.create_repo("ada/smollm2")
    api.upload_folder(repo_id="ada/smollm2", folder_path=folder)
    result = logits(folder)
    """, folder=folder)
        reader = official.Client(hub, tmp_path / "reader", quiet=False, **settings)
        assert reader.run(LOGITS + "\n    result = logits('ada/smollm2')\n") == here
        assert refused == []
