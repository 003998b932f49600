"""hf_xet as a program: one process a call, so that caches, options and costs are that call's own.

    xet_client.py up URL TOKEN REPOSITORY FILE…                 sends files, says what became of their chunks
    xet_client.py down URL TOKEN REPOSITORY HASH SIZE TARGET    fetches one file into TARGET

Prints one line of JSON. `XET_REVISION` in the environment is what follows the token route, `main` by default.
"""

import json
import os
import resource
import sys
import time

import hf_xet

REVISION = os.environ.get("XET_REVISION", "main")


def connection(url, token, repository, kind):
    return {
        "token_refresh_url": f"{url}/api/models/{repository}/xet-{kind}-token/{REVISION}",
        "token_refresh_headers": {"Authorization": f"Bearer {token}"}, "custom_headers": {}}


def up(url, token, repository, *files):
    commit = hf_xet.XetSession().new_upload_commit(**connection(url, token, repository, "write"))
    uploads = [commit.start_upload_file(file, sha256=hf_xet.COMPUTE_SHA256) for file in files]
    metrics = commit.wait_to_finish().dedup_metrics
    infos = [upload.result().xet_info for upload in uploads]
    names = [name for name in dir(metrics) if not name.startswith("_")]
    return {
        "files": [{"hash": info.hash, "size": info.file_size, "sha256": info.sha256} for info in infos],
        "metrics": {name: getattr(metrics, name) for name in names}}


def down(url, token, repository, hash_, size, target):
    group = hf_xet.XetSession().new_file_download_group(**connection(url, token, repository, "read"))
    with group:
        group.start_download_file(hf_xet.XetFileInfo(hash_, int(size)), target)
    return {"size": os.path.getsize(target)}


if __name__ == "__main__":
    begin = time.monotonic()
    said = {"up": up, "down": down}[sys.argv[1]](*sys.argv[2:])
    used = resource.getrusage(resource.RUSAGE_SELF)
    said |= {
        "wall": time.monotonic() - begin, "cpu": used.ru_utime + used.ru_stime, "peakRSS": used.ru_maxrss << 10}
    print(json.dumps(said))
