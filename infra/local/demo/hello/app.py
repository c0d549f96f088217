"""A page that says hello, and which version says it."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return f"Hello from {os.environ.get('HOSTNAME', 'here')}\n"


@app.get("/healthz")
def healthz():
    return "ok\n"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8080)
