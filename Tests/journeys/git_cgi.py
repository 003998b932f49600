"""Git's own server, `git http-backend`, as a program that answers one request: whoever serves HTTP may call it."""

import os
import subprocess


def answer(root, method, path, query, headers, body):
    """What git says to a request for a repository below `root`, which anyone may do anything with.

    Returns the status, the headers as pairs and the body.
    """
    environment = {
        "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent", "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROJECT_ROOT": str(root), "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1", "REMOTE_USER": "anyone",
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""), "GIT_PROTOCOL": headers.get("Git-Protocol", "")}
    result = subprocess.run(
        ["git", "http-backend"], input=body, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
        env=environment, check=False)
    head, _, content = result.stdout.partition(b"\r\n\r\n")
    fields = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
    status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
    return status, [(name, value) for name, value in fields if name.lower() not in ("status", "content-length")], content


def body_of(request):
    """All of a request's body, whichever way it comes."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        request.send_response_only(100)
        request.end_headers()
    if "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return request.rfile.read(int(request.headers.get("Content-Length") or 0))
    body = b""
    while length := int(request.rfile.readline().split(b";")[0], 16):
        body += request.rfile.read(length)
        request.rfile.readline()
    request.rfile.readline()
    return body
