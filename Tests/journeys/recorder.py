"""A proxy before a hub that writes down what was asked, so that a test can tell which way bytes went."""

import contextlib
import dataclasses
import http.client
import http.server
import threading

BLOCK = 1 << 16


@dataclasses.dataclass
class Call:
    method: str
    path: str  # without the query
    status: int
    sent: int  # bytes of the request's body
    received: int  # bytes of the answer's body
    has_token: bool
    range: str | None
    type: str | None  # of the answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        upstream = http.client.HTTPConnection(self.server.hub, timeout=60)
        sent = received = 0
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "expect"):
                    upstream.putheader(name, value)
            upstream.endheaders()
            for piece in self.body(chunked):
                sent += len(piece)
                upstream.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                upstream.send(b"0\r\n\r\n")
            answer = upstream.getresponse()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding"):
                    self.send_header(name, value)
            has_body = self.command != "HEAD" and answer.status not in (204, 304)
            streams = has_body and answer.getheader("Content-Length") is None
            if streams:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while has_body and (piece := answer.read(BLOCK)):
                received += len(piece)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if streams else piece)
            if streams:
                self.wfile.write(b"0\r\n\r\n")
            elif has_body and received < int(answer.getheader("Content-Length")):
                self.close_connection = True  # it broke off, and the client has to see that
            self.server.calls.append(Call(
                self.command, self.path.split("?")[0], answer.status, sent, received,
                "Authorization" in self.headers, self.headers.get("Range"), answer.getheader("Content-Type")))
        finally:
            upstream.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward

    def body(self, chunked):
        if chunked:
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(BLOCK, left))
            if not piece:
                raise ConnectionError("the request was cut short")
            left -= len(piece)
            yield piece

    def log_message(self, *_):
        pass


class Recorder:
    """What went through; `url` is where clients reach the hub."""

    def __init__(self, server, hub):
        self.server, self.said = server, hub.said
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def take(self):
        """The calls since the last look."""
        calls, self.server.calls[:] = list(self.server.calls), []
        return calls

    def steps(self, **names):
        """The calls since the last look as `METHOD name status`, by a part of the path; others are left out."""
        return [
            f"{call.method} {name} {call.status}"
            for call in self.take() for name, part in names.items() if part in call.path]


@contextlib.contextmanager
def recording(hub, through=None):
    """Before a hub, or before the URL through which it is reached."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.hub = (through or hub.url).removeprefix("http://")
    server.calls = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Recorder(server, hub)
    finally:
        server.shutdown()
        server.server_close()
