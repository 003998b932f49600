"""Asks for one file's headers again and again from many connections; prints answers a second and the 99th percentile.

    head_load.py HOST PORT PATH SECONDS CONNECTIONS [HEADER]…

The usual load generators wait for the body that the answer to a HEAD announces and does not have.
"""

import json
import select
import socket
import sys
import time

END = b"\r\n\r\n"


def main(host, port, path, seconds, count, *headers):
    lines = [f"HEAD {path} HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""]
    question = "\r\n".join(lines).encode()
    poll = select.epoll()
    asked, connections, answered = {}, {}, []
    for _ in range(int(count)):
        connection = socket.create_connection((host, int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections[connection.fileno()] = connection
        poll.register(connection, select.EPOLLIN)
    clock = time.perf_counter
    begin = clock()
    end = begin + float(seconds)
    for number, connection in connections.items():
        asked[number] = clock()
        connection.sendall(question)
    while (now := clock()) < end:
        for number, _ in poll.poll(1):
            connection = connections[number]
            answer = connection.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200 ") or not answer.endswith(END):
                sys.exit(f"an answer that is none: {answer[:200]!r}")
            now = clock()
            answered.append(now - asked[number])
            asked[number] = now
            connection.sendall(question)
    answered.sort()
    print(json.dumps({
        "perSecond": len(answered) / (now - begin), "p99Seconds": answered[int(len(answered) * 0.99)]}))


main(*sys.argv[1:])
