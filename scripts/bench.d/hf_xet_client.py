"""hf_xet as a program: one upload or download, with a cache of its own.

    hf_xet_client.py up URL TOKEN REPOSITORY FILE               prints what was sent, as one line of JSON
    hf_xet_client.py down URL TOKEN REPOSITORY HASH SIZE TARGET
"""

import json
import sys

import hf_xet


def connection(url, token, repository, kind):
    return {
        "token_refresh_url": f"{url}/api/models/{repository}/xet-{kind}-token/main",
        "token_refresh_headers": {"Authorization": f"Bearer {token}"}, "custom_headers": {}}


def up(url, token, repository, file):
    commit = hf_xet.XetSession().new_upload_commit(**connection(url, token, repository, "write"))
    upload = commit.start_upload_file(file, sha256=hf_xet.COMPUTE_SHA256)
    metrics = commit.wait_to_finish().dedup_metrics
    info = upload.result().xet_info
    print(json.dumps({
        "hash": info.hash, "size": info.file_size, "sent": metrics.total_bytes_uploaded,
        "dedupedBytes": metrics.deduped_bytes, "dedupedByHub": metrics.deduped_bytes_by_global_dedup}))


def down(url, token, repository, hash_, size, target):
    with hf_xet.XetSession().new_file_download_group(**connection(url, token, repository, "read")) as group:
        group.start_download_file(hf_xet.XetFileInfo(hash_, int(size)), target)


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]](*sys.argv[2:])
