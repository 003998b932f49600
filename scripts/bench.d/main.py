"""Runs the benches asked for, one after the other, in a folder that is removed at the end; see scripts/bench."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import sys
import tempfile

import chunks
import forks
import git_wire
import inference
import metadata
import programs
import tables
import transfer
import xet
from measuring import Failed, bring_loopback_up

BENCHES = ("chunks", "transfer", "fork", "xet", "metadata", "git", "inference")
ROOM = {True: 3 << 30, False: 14 << 30}  # bytes on disk, by --quick


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bring_loopback_up()
    place = pathlib.Path(tempfile.mkdtemp(prefix="hub-bench."))
    try:
        require_room(place, ROOM[options.quick])
        results = run_benches(place, options)
        if options.markdown:
            tables.write_page(options.markdown)
    except (Failed, ValueError) as error:
        sys.exit(f"bench: {error}")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the hub beside its peers.")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"{', '.join(BENCHES)}; all without one")
    parser.add_argument("--quick", action="store_true", help="an eighth of the data, to see that all works")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE too")
    parser.add_argument(
        "--markdown", metavar="FILE", help="write the tables to FILE, between its marks if it has them")
    options = parser.parse_args()
    if unknown := [name for name in options.benches if name not in BENCHES]:
        parser.error(f"there is no bench '{unknown[0]}'; there are {', '.join(BENCHES)}")
    options.benches = options.benches or list(BENCHES)
    return options


def require_room(place, needed):
    free = shutil.disk_usage(place).free
    if free < needed:
        sys.exit(f"bench: needs {needed >> 30} GiB free in {place.parent}, there are {free >> 30}; "
                 "set TMPDIR to a larger disk")


def run_benches(place, options):
    results = {"machine": machine(), "quick": options.quick}
    tell(results["machine"])
    if options.quick:
        tables.note("a quick run, of an eighth of the data: nothing to quote")
    if "chunks" in options.benches:
        results["chunks"] = chunks.bench(place, options)
    if {"transfer", "fork"} & set(options.benches):
        hub = programs.Hub(place)
        try:
            # A fork is of what the transfer pushed, so that it comes after it even if only the fork was asked for.
            results["transfer"] = transfer.bench(place, options, hub)
            if "fork" in options.benches:
                results["fork"] = forks.bench(place, options, hub)
        finally:
            hub.stop()
    if "xet" in options.benches:
        results["xet"] = xet.bench(place, options)
    if "metadata" in options.benches:
        results["metadata"] = metadata.bench(place, options)
    if "git" in options.benches:
        results["git"] = git_wire.bench(place, options)
    if "inference" in options.benches:
        results["inference"] = inference.bench(place, options)
    return results


def machine():
    cpu = next(
        (line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.processor())
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "cpu": cpu,
        "cores": os.cpu_count(), "loadBefore": os.getloadavg()[0], "kernel": platform.release(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")}


def tell(machine):
    tables.note(f"{machine['cpu']}, {machine['cores']} cores, {machine['memory'] >> 30} GiB, Linux {machine['kernel']}; "
                f"load before: {machine['loadBefore']:.2f}; {machine['time'][:10]}")


if __name__ == "__main__":
    main()
