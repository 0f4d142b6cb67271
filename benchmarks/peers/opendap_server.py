"""Serves granules by OPeNDAP (DAP2) with pydap's handler for NetCDF: a route of `pixeldrill bench`.

    opendap_server.py FOLDER

Says {"port": n}; then answers each line of JSON with one:

    {"latency": seconds, "rate": bytes per second, or 0}    how late answers come: simulated
    {"tally": true}                                         → {"requests": n, "bytes": n} since last asked

pydap 3.5.9 fails on every subset of a NetCDF variable: it gives what it has cut out the shape of the
whole. `Subset` is our way round that, without which libnetcdf 4.9 gets an error in the middle of the
answer and returns zeros as if they were values.
"""
import json
import os
import socketserver
import sys
import threading
import time
import wsgiref.simple_server

import netCDF4
from pydap.handlers import netcdf_handler

folder = sys.argv[1]
state = {"latency": 0.0, "rate": 0.0, "requests": 0, "bytes": 0}
# libnetcdf isn't safe with threads.
lock = threading.Lock()


class Subset(netcdf_handler.LazyVariable):
    def __getitem__(self, key):
        with netCDF4.Dataset(self.filepath) as dataset:
            dataset.set_auto_maskandscale(False)
            return dataset[self.path][key]


netcdf_handler.LazyVariable = Subset


def serve(environ, start_response):
    path = folder + os.path.splitext(environ["PATH_INFO"])[0]
    with lock:
        body = b"".join(netcdf_handler.NetCDFHandler(path)(environ, start_response))
        state["requests"] += 1
        state["bytes"] += len(body)
    time.sleep(state["latency"] + (len(body) / state["rate"] if state["rate"] else 0))
    return [body]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


server = wsgiref.simple_server.make_server(
    "127.0.0.1", 0, serve, server_class=Server, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "latency" in request:
        state.update(request)
    answer = {"requests": state["requests"], "bytes": state["bytes"]}
    state["requests"] = state["bytes"] = 0
    print(json.dumps(answer), flush=True)
