"""The official Python client as a journey sees it: a fresh process and cache each time, and what it asked the hub."""

import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import hub as programs

PRELUDE = """
import io, json, os, pathlib, sys
import huggingface_hub
from huggingface_hub import (
    CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, hf_hub_download, snapshot_download)
from huggingface_hub.errors import *
api = HfApi()
result = None
def refused(kind, call):
    try:
        call()
    except kind as error:
        response = getattr(error, "response", None)
        return {"kind": type(error).__name__, "text": str(error), "status": response.status_code if response is not None else None,
                "body": response.text if response is not None else ""}
    raise AssertionError(f"{kind} was expected")
"""


class LoggedHub(programs.Hub):
    """A hub that writes down every request."""

    def __init__(self, folder):
        super().__init__(folder, {"HUBD_LOG_LEVEL": "debug"})
        self.mark = 0

    def requests(self):
        """What was asked since the last call: "METHOD /path STATUS" each."""
        text = self.log.read_text()
        lines = text[self.mark:].splitlines()
        self.mark = len(text)
        found = []
        for line in lines:
            if " Answered" in line or "Answered" in line.split("[")[-1]:
                part = {key: value for key, value in re.findall(r"\b(method|path|status)=(\S+)", line)}
                if len(part) == 3:
                    found.append(f"{part['method']} {part['path']} {part['status']}")
        return found


class Client:
    """Somebody with huggingface_hub; `xet` tells whether hf_xet is used."""

    def __init__(self, hub, folder, user=None, xet=True):
        self.hub, self.user, self.xet = hub, user, xet
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runs = 0

    def run(self, script, **values):
        """Runs a script with `api` in a new process and an empty cache; returns what it left in `result`."""
        self.runs += 1
        home = self.folder / f"home-{self.runs}"
        environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("HF_", "HUGGING", "XDG_")) and key.lower() not in ("http_proxy", "https_proxy", "all_proxy")
        } | {
            "HF_ENDPOINT": self.hub.url, "HF_HOME": str(home), "HOME": str(home), "NO_PROXY": "127.0.0.1,localhost",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "0" if self.xet else "1",
            "HF_XET_TELEMETRY_ENABLED": "0", "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        if self.user:
            environment["HF_TOKEN"] = self.user.token
        home.mkdir(parents=True)
        answer = home / "answer.json"
        text = PRELUDE + "".join(f"{key} = {value!r}\n" for key, value in values.items()) + textwrap.dedent(script)
        text += f"\npathlib.Path({str(answer)!r}).write_text(json.dumps(result))\n"
        done = subprocess.run(
            [sys.executable, "-c", text], env=environment, cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=programs.LIMIT)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.hub.said()[-3000:]}"
        self.said = done.stdout + done.stderr
        return json.loads(answer.read_text())
