"""Fork what the transfer bench pushed: how long it takes, and what it adds on disk."""

import contextlib
import sqlite3
import statistics
import time

import programs
import tables
from measuring import folder_bytes, run

COUNT = 500
AIM_SECONDS, AIM_BYTES = 0.1, 100_000


def bench(place, options, hub):
    """Forks `ada/model`, which holds two versions of the weights."""
    before = stored_bytes(hub)
    times = []
    for number in range(COUNT):
        begin = time.monotonic()
        hub.post("/api/models/ada/model/fork", {"name": f"fork-{number}"})
        times.append(time.monotonic() - begin)
    environment = programs.person(place / "fork-home", **hub.environment)
    command, _ = run(
        [programs.HUBCTL, "fork", "ada/model", "--name", "fork-last"], env=environment, server=hub.server)
    added = (stored_bytes(hub) - before) / (COUNT + 1)
    result = {
        "forks": COUNT, "medianSeconds": statistics.median(times), "maxSeconds": max(times),
        "commandSeconds": command.wall, "bytesAddedPerFork": added, "hubBytesBefore": before}
    tables.table(f"Fork of a repository, in a hub of {tables.size(before)}", ("", "here", "aim"), [
        ("request, median", tables.seconds(result["medianSeconds"]), tables.seconds(AIM_SECONDS)),
        ("request, slowest", tables.seconds(result["maxSeconds"]), ""),
        ("hubctl fork, all of it", tables.seconds(command.wall), ""),
        ("bytes added on disk by one", tables.size(added), tables.size(AIM_BYTES))])
    return result


def stored_bytes(hub):
    """Bytes of all blobs and of the database's pages in use: what the write-ahead log holds back does not hide."""
    with contextlib.closing(sqlite3.connect(f"file:{hub.data}/hub.sqlite?mode=ro", uri=True)) as database:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size + folder_bytes(hub.data / "blobs")
