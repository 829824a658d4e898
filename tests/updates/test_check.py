"""Looking for updates at a server of this test: good, tampered, older, cut off, no network, behind a proxy."""

import http.server
import json
import threading
import urllib.request

import pytest
from minisigning import Key

from n6studio.domain.errors.updates import UpdateNotGenuine, UpdateOlder, UpdatesNotNamed, UpdateUnreachable
from n6studio.engine.updates import check as checking
from n6studio.engine.updates.check import LARGEST, Place, check

KEY = Key()


class Server(http.server.ThreadingHTTPServer):
    """Serves one body; `asked` are the request lines and headers that came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.cut, self.asked = b"", None, []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/n6/updates"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        self.server.asked.append((self.requestline, dict(self.headers)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body[: self.server.cut])


@pytest.fixture
def server():
    made = Server()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def place(server):
    return Place(server.address, KEY.text)


def text(**changed):
    said = {
        "format": 1,
        "serial": 100,
        "version": "2.0.0",
        "date": "2027-01-02",
        "changes": ["Twice as fast.", "No more \x1b[31mred."],
        "kit": {"name": "n6studio-2.0.0-update.zip", "sha256": "ab" * 32, "size": 5_000_000},
    }
    return json.dumps({**said, **changed}).encode()


def test_good_file_tells_what_changed(server, place, tmp_path):
    server.body = KEY.signed(text())
    update = check(place, tmp_path, "1.9.9")
    assert update.version == "2.0.0"
    assert update.changes == ("Twice as fast.", "No more \\x1b[31mred.")
    assert update.address == server.address.replace("updates", "n6studio-2.0.0-update.zip")
    assert (update.sha256, update.size) == ("ab" * 32, 5_000_000)


def test_nothing_is_told_about_who_asks(server, place, tmp_path):
    server.body = KEY.signed(text())
    check(place, tmp_path, "1.0.0")
    [(line, headers)] = server.asked
    assert line == "GET /n6/updates HTTP/1.1"
    assert headers.pop("User-Agent") == "n6studio"  # without version and system
    assert set(headers) == {"Accept", "Accept-Encoding", "Connection", "Host"}


@pytest.mark.parametrize("mine", ["2.0.0", "2.0.1", "10.0"])
def test_what_is_not_newer_is_not_offered(server, place, tmp_path, mine):
    server.body = KEY.signed(text())
    assert check(place, tmp_path, mine) is None


def test_tampered_file_is_refused_and_not_remembered(server, place, tmp_path):
    server.body = KEY.signed(text()).replace(b'"2.0.0"', b'"9.0.0"')
    with pytest.raises(UpdateNotGenuine):
        check(place, tmp_path, "1.0.0")
    assert not list(tmp_path.iterdir())
    server.body = Key(b"of somebody else").signed(text())
    with pytest.raises(UpdateNotGenuine):
        check(place, tmp_path, "1.0.0")


def test_older_file_than_was_read_before_is_refused(server, place, tmp_path):
    server.body = KEY.signed(text(serial=101, date="2027-02-03"))
    check(place, tmp_path, "1.0.0")
    server.body = KEY.signed(text(serial=100))
    with pytest.raises(UpdateOlder) as caught:
        check(place, tmp_path, "1.0.0")
    assert (caught.value.date, caught.value.seen) == ("2027-01-02", "2027-02-03")
    server.body = KEY.signed(text(serial=101))  # the same again is none
    assert check(place, tmp_path, "1.0.0").version == "2.0.0"


def test_damaged_memory_of_what_was_read_hinders_nothing(server, place, tmp_path):
    (tmp_path / "updates-seen.json").write_text("[1, 2")
    server.body = KEY.signed(text())
    assert check(place, tmp_path, "1.0.0").version == "2.0.0"
    assert json.loads((tmp_path / "updates-seen.json").read_text())["serial"] == 100


def test_file_that_is_cut_off_counts_as_a_bad_connection(server, place, tmp_path):
    server.body, server.cut = KEY.signed(text()), 200
    with pytest.raises(UpdateUnreachable, match="ended early"):
        check(place, tmp_path, "1.0.0")


def test_file_without_end_is_not_read_to_it(server, place, tmp_path):
    server.body = b"x" * (LARGEST + 1)
    with pytest.raises(UpdateNotGenuine, match="larger"):
        check(place, tmp_path, "1.0.0")


def test_no_network_is_told_with_the_place(server, place, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(UpdateUnreachable, match="/n6/updates"):
        check(place, tmp_path, "1.0.0")


def test_answer_that_is_an_error_is_told(place, tmp_path, server):
    with pytest.raises(UpdateUnreachable):
        check(Place("http://127.0.0.1:1/nothing", KEY.text), tmp_path, "1.0.0")
    with pytest.raises(UpdateUnreachable):
        check(Place("no address", KEY.text), tmp_path, "1.0.0")


def test_proxy_is_used_where_one_is_set(server, tmp_path, monkeypatch):
    """The server plays the proxy: it is asked for the whole address of a name that exists nowhere."""
    monkeypatch.setenv("http_proxy", server.address.rsplit("/n6", 1)[0])
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(urllib.request, "_opener", None)  # it reads the variables once in a process
    server.body = KEY.signed(text())
    assert check(Place("http://updates.invalid/n6/updates", KEY.text), tmp_path, "1.0.0").version == "2.0.0"
    assert server.asked[0][0] == "GET http://updates.invalid/n6/updates HTTP/1.1"


@pytest.mark.parametrize("changed", [
    {"format": 2},
    {"version": "../../2"},
    {"date": "soon"},
    {"kit": {"name": "../n6.zip", "sha256": "ab" * 32, "size": 5}},
    {"kit": {"name": "http://elsewhere/n6.zip", "sha256": "ab" * 32, "size": 5}},
    {"kit": {"name": "n6.zip", "sha256": "ab", "size": 5}},
    {"kit": {"name": "n6.zip", "sha256": "ab" * 32, "size": 1 << 40}},
    {"changes": "many"},
])  # fmt: skip
def test_signed_file_of_another_form_is_refused(server, place, tmp_path, changed):
    server.body = KEY.signed(text(**changed))
    with pytest.raises(UpdateNotGenuine):
        check(place, tmp_path, "1.0.0")


def test_build_that_names_no_place_says_so(monkeypatch, tmp_path):
    with pytest.raises(UpdatesNotNamed):
        check(None, tmp_path)
    monkeypatch.setattr(checking, "__file__", str(tmp_path / "check.py"))
    assert checking.named_place() is None
    (tmp_path / "place.json").write_text(json.dumps({"address": "https://x.invalid/u", "key": KEY.text}))
    assert checking.named_place() == Place("https://x.invalid/u", KEY.text)
    (tmp_path / "place.json").write_text("[]")
    assert checking.named_place() is None
