"""Small wheels, and a server that offers them as an index does, with all the ways in which it can fail."""

import base64
import hashlib
import http.server
import json
import threading
import zipfile

KIND = "application/vnd.pypi.simple.v1+json"


def make_wheel(folder, name, version, tag="py3-none-any", padding=0):
    """Write a wheel with one module of that name; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version.partition('+')[0]}.dist-info" if "+" not in version else f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"VERSION = {version!r}\n",
        f"{name}/ballast.bin": "x" * padding,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    rows = [f"{one},sha256={digest(text)},{len(text)}" for one, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in files.items():
            archive.writestr(one, text)
    return path


def digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_lock(path, *wheels):
    """Write a list that pins wheels."""
    rows = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        rows.append(f"{name}=={version.partition('+')[0]} \\\n    --hash=sha256:{sha256(wheel)}\n")
    path.write_text("".join(rows))
    return path


class Index(http.server.ThreadingHTTPServer):
    """An index of the wheels in a folder.

    Attributes:
        cut_after: bytes of a file after which the connection is cut; None for never. Every cut lets as many more pass.
        ranges: whether it can go on in the middle of a file.
        as_html: whether lists are HTML.
        spoiled: whether a byte of every file is changed on its way.
        asked: paths and first bytes that were asked for.
    """

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.cut_after, self.ranges = folder, None, True
        self.as_html = self.spoiled = False
        self.asked = []
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/simple"

    def end(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A cut connection is meant."""


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        parts = self.path.strip("/").split("/")
        if parts[0] == "simple":
            self.listing(parts[1])
        else:
            self.file(parts[-1].replace("%2B", "+"))

    def listing(self, project):
        rows = [path for path in sorted(self.server.folder.glob("*.whl"))
                if path.name.split("-")[0].lower().replace("_", "-") == project]  # fmt: skip
        if not rows:
            self.send_error(404)
            return
        if self.server.as_html:
            links = "".join(f'<a href="/files/{row.name}#sha256={sha256(row)}">{row.name}</a>' for row in rows)
            self.answer(links.encode(), "text/html")
            return
        files = [{"filename": row.name, "url": f"/files/{row.name}", "hashes": {"sha256": sha256(row)},
                  "size": row.stat().st_size} for row in rows]  # fmt: skip
        self.answer(json.dumps({"files": files}).encode(), KIND)

    def file(self, name):
        body = bytearray((self.server.folder / name).read_bytes())
        if self.server.spoiled:
            body[len(body) // 2] ^= 1
        first = 0
        if self.server.ranges and "Range" in self.headers:
            first = int(self.headers["Range"].split("=")[1].rstrip("-"))
        self.server.asked.append((name, first))
        if first >= len(body):
            self.send_error(416)
            return
        self.answer(bytes(body[first:]), "application/zip", 206 if first else 200, self.server.cut_after)

    def answer(self, body, kind, code=200, cut=None):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None and cut < len(body):
            self.connection.close()
