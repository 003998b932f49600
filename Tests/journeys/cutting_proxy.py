"""A TCP proxy that breaks connections off after a number of bytes, as bad networks do."""

import contextlib
import socket
import struct
import threading


class CuttingProxy:
    """Forwards to a port on loopback; the `limit` holds for the bytes of all connections together, one way."""

    def __init__(self, port):
        self.port = port
        self.limit = None
        self.is_once = False
        self.direction = "down"
        self.passed = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def cut_after(self, limit, direction="down", once=False):
        """From now on breaks off after so many more bytes to ("up") or from ("down") the server; None never.

        What is connected then is cut too, unless it is to happen `once`.
        """
        with self.lock:
            self.limit, self.direction, self.is_once, self.passed = limit, direction, once, 0

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except ConnectionAbortedError:
                continue
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                # Whoever comes next is served all the same.
                client.close()
            else:
                threading.Thread(target=self.serve, args=(client, server), daemon=True).start()

    def serve(self, client, server):
        """One connection. Its sockets are closed where nobody uses them any more: their numbers are given out anew."""
        ways = [threading.Thread(target=self.forward, args=way, daemon=True)
                for way in ((client, server, "up"), (server, client, "down"))]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        client.close()
        server.close()

    def forward(self, source, target, direction):
        try:
            while data := source.recv(65536):
                allowed = self.allowed(len(data), direction)
                target.sendall(data[:allowed])
                if allowed < len(data):
                    return self.cut(source, target)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut(source, target)

    @staticmethod
    def cut(*ends):
        for one in ends:
            # A reset, as of a network that is gone, not an orderly end.
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def allowed(self, count, direction):
        with self.lock:
            if self.limit is None or direction != self.direction:
                return count
            allowed = max(0, min(count, self.limit - self.passed))
            self.passed += allowed
            if allowed < count and self.is_once:
                self.limit = None
            return allowed

    def close(self):
        # Who waits in accept would keep the port open.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
