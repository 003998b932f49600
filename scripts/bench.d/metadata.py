"""How many questions about metadata a hub answers: a model shown, a file's headers, a list.

wrk asks from 64 connections on the same machine, and takes its share of the cores; for headers, which it cannot read,
head_load.py does, and takes more of them.
"""

import json
import re
import shutil
import sys

import programs
import tables
from measuring import Failed, run

CONNECTIONS = 64
AIM_PER_SECOND = 10_000
MODEL = programs.HERE.parents[1] / "Tests" / "Fixtures" / "models" / "gpt-neo-tiny"
SCALES = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def bench(place, options):
    if not shutil.which("wrk"):
        raise Failed("there is no wrk; install the package wrk")
    seconds = 2 if options.quick else 8
    folder = place / "hub-for-metadata"
    folder.mkdir()
    hub = programs.Hub(folder)
    try:
        publish(place, hub)
        token = f"Authorization: Bearer {hub.token}"
        results = {
            "a model, by nobody": get(hub, "/api/models/ada/tiny", seconds),
            "a model, with a token": get(hub, "/api/models/ada/tiny", seconds, token),
            "a list of models, with a token": get(hub, "/api/models?author=ada&full=true", seconds, token),
            "a file's headers, with a token": head(hub, "/ada/tiny/resolve/main/config.json", seconds, token),
        }
    finally:
        hub.stop()
        shutil.rmtree(folder)
    rows = [
        (name, f"{result['perSecond']:,.0f}", tables.seconds(result["p99Seconds"]), f"{AIM_PER_SECOND:,}")
        for name, result in results.items()]
    tables.table(
        f"Metadata, {CONNECTIONS} connections for {seconds} s", ("", "a second", "99 % within", "aim a second"), rows)
    return results


def publish(place, hub):
    """One real small model."""
    hub.create("tiny")
    environment = programs.person(place / "metadata-home", **hub.environment)
    clone = place / "metadata-clone"
    run(["git", "clone", hub.git_url("ada/tiny"), clone], env=environment)
    for path in MODEL.iterdir():
        shutil.copyfile(path, clone / path.name)
    run(["git", "-C", clone, "add", "--all"], env=environment)
    run(["git", "-C", clone, "commit", "--quiet", "-m", "A model"], env=environment)
    run(["git", "-C", clone, "push", "--quiet", "origin", "HEAD:main"], env=environment)
    hub.wait_for_report("ada/tiny")


def get(hub, path, seconds, *headers):
    command = ["wrk", "-t", "1", "-c", CONNECTIONS, "-d", f"{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    said = run([*command, hub.url + path])[1]
    if "Non-2xx" in said:
        raise Failed(f"{path} was not always answered:\n{said}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return {
        "perSecond": float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)),
        "p99Seconds": float(number) * SCALES[unit]}


def head(hub, path, seconds, *headers):
    host, port = hub.url.removeprefix("http://").split(":")
    program = programs.HERE / "head_load.py"
    return json.loads(run([sys.executable, program, host, port, path, seconds, CONNECTIONS, *headers])[1])
