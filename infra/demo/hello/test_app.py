from app import app


def test_hello():
    reply = app.test_client().get("/")
    assert reply.status_code == 200
    assert reply.text.startswith("Hello from ")
