"""A page that says hello, and which version says it."""

import os
import signal
import sys

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return f"Hello from {os.environ.get('HOSTNAME', 'here')}\n"


@app.get("/healthz")
def healthz():
    return "ok\n"


if __name__ == "__main__":
    # The first process of a container is ended by no signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    app.run(host="0.0.0.0", port=8080)
