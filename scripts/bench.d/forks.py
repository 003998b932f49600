"""Fork what the transfer bench pushed: how long it takes, and what it adds on disk."""

import statistics
import time

import programs
import tables
from measuring import folder_bytes, run

COUNT = 50
AIM_SECONDS, AIM_BYTES = 0.1, 100_000


def bench(place, options, hub):
    """Forks `ada/model`, which holds two versions of the weights."""
    before = resting_bytes(hub)
    times = []
    for number in range(COUNT):
        begin = time.monotonic()
        hub.post("/api/models/ada/model/fork", {"name": f"fork-{number}"})
        times.append(time.monotonic() - begin)
    environment = programs.person(place / "fork-home", **hub.environment)
    command, _ = run(
        [programs.HUBCTL, "fork", "ada/model", "--name", "fork-last"], env=environment, server=hub.server)
    added = (resting_bytes(hub) - before) / (COUNT + 1)
    result = {
        "forks": COUNT, "medianSeconds": statistics.median(times), "maxSeconds": max(times),
        "commandSeconds": command.wall, "bytesAddedPerFork": added, "hubBytesBefore": before}
    tables.table(f"Fork of a repository, in a hub of {tables.size(before)}", ("", "here", "aim"), [
        ("request, median of 50", tables.seconds(result["medianSeconds"]), tables.seconds(AIM_SECONDS)),
        ("request, slowest", tables.seconds(result["maxSeconds"]), ""),
        ("hubctl fork, all of it", tables.seconds(command.wall), ""),
        ("bytes added on disk by one", tables.size(added), tables.size(AIM_BYTES))])
    return result


def resting_bytes(hub):
    """Bytes of the data folder while the hub is stopped, so that its write-ahead log is written back."""
    hub.stop()
    size = folder_bytes(hub.data)
    hub.start()
    return size
