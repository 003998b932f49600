"""Git's own server over HTTP: `git http-backend` behind Python's server, for repositories anyone may read and write."""

import http.server
import os
import subprocess
import threading


class GitBackend:
    """Serves the bare repositories it is given, at `url`/NAME.git."""

    def __init__(self):
        self.folders = {}
        backend = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                backend.answer(self, b"")

            def do_POST(self):
                backend.answer(self, body_of(self))

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, folder):
        """Serves a bare repository; returns its URL."""
        name = f"{len(self.folders)}-{folder.name}"
        self.folders[name] = str(folder)
        subprocess.run(["git", "-C", folder, "config", "http.receivepack", "true"], check=True)
        return f"{self.url}/{name}"

    def answer(self, request, body):
        path, _, query = request.path.partition("?")
        _, name, rest = path.split("/", 2)
        environment = {
            "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent", "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": self.folders.get(name, "/nonexistent"), "PATH_INFO": f"/{rest}", "QUERY_STRING": query,
            "REQUEST_METHOD": request.command, "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", "")}
        result = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, timeout=120, env=environment)
        head, _, content = result.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().splitlines()]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        request.send_response(status)
        for name, value in headers:
            if name != "Status":
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def body_of(request):
    """All of a request's body, whichever way it comes."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        request.send_response_only(100)
        request.end_headers()
    if "chunked" not in request.headers.get("Transfer-Encoding", ""):
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    body = b""
    while length := int(request.rfile.readline().split(b";")[0], 16):
        body += request.rfile.read(length)
        request.rfile.readline()
    request.rfile.readline()
    return body
