"""Answers POST requests for the notebook's two files as its server does; the test names the folder that holds them.

Usage: stamp_server.py FOLDER
Prints its port. FOLDER holds one file for each id; requests are added to FOLDER/requests.
"""

import http.server
import os
import sys
import urllib.parse

folder = sys.argv[1]


class StampHandler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        with open(os.path.join(folder, "requests"), "a") as requests:
            requests.write(f"{self.command} {self.path}\n")
        identity = query.get("id", [""])[0]
        path = os.path.join(folder, identity)
        if url.path == "/uc" and self.command == "POST" and query.get("confirm") == ["t"]:
            self.send_response(303)
            self.send_header("Location", f"/download?id={identity}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif url.path == "/download" and os.path.isfile(path):
            with open(path, "rb") as file:
                content = file.read()
            self.send_response(200)
            # With a FILE.cut beside it, the answer stops half-way through what its length promises.
            cut = os.path.exists(path + ".cut")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)
        else:
            self.send_error(404)

    do_GET = answer
    do_POST = answer

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StampHandler)
print(server.server_address[1], flush=True)
server.serve_forever()
