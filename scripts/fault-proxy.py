#!/usr/bin/env python3
"""A proxy that harms HTTP answers, to see what a client makes of them.

It stands before an S3 server and passes requests on as they are, so that their
signatures stay valid. With the probability --rate a request meets one of the
faults, by turns chosen by --seed:

  slowdown   503 SlowDown with Retry-After; the server never sees the request
  internal   500 InternalError; neither does it here
  reset      the connection is reset; nor here
  lost       the server does what was asked, its answer is thrown away
  truncated  the answer breaks off in its body
  stalled    the answer stops in its body, and comes no further (see --stall)
  flipped    one bit of the body is wrong
  ignored    the Range header does not reach the server: it answers all

--only PATTERN lets them meet no other requests than those whose target it is found in.
--hold-after N answers the N-th request that changes something (PUT, POST, DELETE), prints "held",
and answers nothing more: for who wants to kill the client at that moment. --latency delays each
answer. /__faults answers what was done so far, as JSON; /__traffic how many
requests came, and how many bytes of bodies were answered.

  fault-proxy.py --listen 7491 --upstream 7490 --rate 0.2 --seed 1
"""
import argparse
import asyncio
import collections
import json
import random
import re
import signal
import socket
import struct

FAULTS = ("slowdown", "internal", "reset", "lost", "truncated", "stalled", "flipped", "ignored")
ERROR = "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>injected</Message></Error>"


class Drop(Exception):
    """The client's connection ends here."""


async def read_message(reader, bodyless=False):
    """A head and a body of known length or in chunks, the chunks left as they are."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    if bodyless:
        return head, b""
    if re.search(rb"\r\ntransfer-encoding:[^\r]*chunked", head, re.I):
        body = b""
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            body += line + await reader.readexactly(size + 2)
            if size == 0:
                return head, body
    return head, await reader.readexactly(int(length[1])) if length else b""


class Proxy:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.done = collections.Counter()
        self.traffic = collections.Counter()
        self.changes = 0

    def choose(self, target):
        self.done["requests"] += 1
        if not re.search(self.options.only, target.decode()):
            return None
        if self.random.random() >= self.options.rate:
            return None
        return self.random.choice(self.options.faults)

    async def serve(self, reader, writer):
        upstream = None
        try:
            while True:
                head, body = await read_message(reader)
                method, target = head.split(b" ", 2)[:2]
                if target in (b"/__faults", b"/__traffic"):
                    counts = self.done if target == b"/__faults" else self.traffic
                    self.answer(writer, "200 OK", json.dumps(counts))
                    await writer.drain()
                    continue
                if upstream is None:
                    upstream = await asyncio.open_connection("127.0.0.1", self.options.upstream)
                await self.exchange(method, target, head, body, upstream, writer)
                await writer.drain()
        except Drop:
            pass
        except (EOFError, OSError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            if upstream:
                upstream[1].close()

    async def exchange(self, method, target, head, body, upstream, writer):
        if self.options.hold_after and self.changes >= self.options.hold_after:
            await asyncio.Event().wait()
        fault = self.choose(target)
        self.traffic["requests"] += 1
        await asyncio.sleep(self.options.latency)
        if fault == "ignored" and not re.search(rb"\r\nrange:", head, re.I):
            fault = None
        if fault in ("slowdown", "internal"):
            self.done[fault] += 1
            slow = fault == "slowdown"
            text = "" if method == b"HEAD" else ERROR % ("SlowDown" if slow else "InternalError")
            self.answer(writer, "503 Slow Down" if slow else "500 Internal Server Error", text,
                        "Retry-After: 1\r\n" if slow else "")
            return
        if fault == "reset":
            self.done[fault] += 1
            self.reset(writer)
        if fault == "ignored":
            self.done[fault] += 1
            head = re.sub(rb"\r\nrange:[^\r]*", b"", head, flags=re.I)
        upstream[1].write(head + body)
        answer, content = await read_message(upstream[0], bodyless=method == b"HEAD")
        while answer.startswith(b"HTTP/1.1 1"):
            answer, content = await read_message(upstream[0], bodyless=method == b"HEAD")
        if fault == "lost":
            self.done[fault] += 1
            self.reset(writer)
        if content and fault in ("truncated", "stalled", "flipped"):
            self.done[fault] += 1
            place = self.random.randrange(len(content))
            if fault == "flipped":
                flipped = bytes([content[place] ^ 1 << self.random.randrange(8)])
                content = content[:place] + flipped + content[place + 1:]
            else:
                writer.write(answer + content[:place])
                await writer.drain()
                await asyncio.sleep(self.options.stall if fault == "stalled" else 0)
                raise Drop
        self.traffic["bytes"] += len(content)
        writer.write(answer + content)
        if self.options.hold_after and method in (b"PUT", b"POST", b"DELETE"):
            self.changes += 1
            if self.changes == self.options.hold_after:
                await writer.drain()
                print("held", flush=True)

    @staticmethod
    def answer(writer, status, text, extra=""):
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n{extra}\r\n{text}".encode())

    @staticmethod
    def reset(writer):
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Drop


async def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", type=int, required=True, help="port")
    parser.add_argument("--upstream", type=int, required=True, help="port of the server")
    parser.add_argument("--rate", type=float, default=0.0, help="0 to 1")
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, with commas between")
    parser.add_argument("--only", default="", help="regular expression for targets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stall", type=float, default=60.0, help="seconds")
    parser.add_argument("--hold-after", type=int, default=0, help="changes")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    options = parser.parse_args()
    options.faults = options.faults.split(",")
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    proxy = Proxy(options)
    await asyncio.start_server(proxy.serve, "127.0.0.1", options.listen, limit=1 << 20, backlog=512)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(f"http://127.0.0.1:{options.listen}", flush=True)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
