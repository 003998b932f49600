"""The official Hugging Face client as somebody uses it: a home of its own, a token, and nothing but this hub."""

import os
import pathlib
import subprocess
import sys

from huggingface_hub import HfApi

LIMIT = 120  # seconds one command may take


def api(hub, user=None):
    """The Python client, with a token or anonymous."""
    return HfApi(endpoint=hub.url, token=user.token if user else False)


def environment(hub, home, token=None, **more):
    """What an `hf` process sees: this hub, a home of its own, and no settings of whoever runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING", "HUB_", "XDG_"))}
    home = pathlib.Path(home)
    home.mkdir(parents=True, exist_ok=True)
    return kept | {
        "HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "HOME": str(home), "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
    } | ({"HF_TOKEN": token} if token else {}) | more


def command():
    """The `hf` program beside the Python that runs the tests."""
    return str(pathlib.Path(sys.executable).parent / "hf")


def hf(hub, home, *arguments, token=None, check=True):
    """Runs `hf` to its end, without a terminal."""
    result = subprocess.run(
        [command(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT,
        env=environment(hub, home, token))
    assert not check or result.returncode == 0, f"hf {arguments}: {result.stdout}{result.stderr}"
    return result
