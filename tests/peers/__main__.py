"""Write the pages."""

from pathlib import Path

from tests.peers.page import pages

for path, text in pages().items():
    Path(path).write_text(text)
    print(path)
