"""Checks a folder of pages: python3 docs/check.py FOLDER.

Every local link leads to a file and an anchor that are there, and no page loads anything from a network.
"""

import html.parser
import pathlib
import re
import sys
import urllib.parse

SOURCES = ("script", "img", "iframe", "source", "video", "audio", "embed")
LOADED = {tag: "src" for tag in SOURCES} | {"object": "data", "link": "href"}
ANYWHERE = re.compile(r"^(https?:)?//", re.IGNORECASE)


class Page(html.parser.HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag in ("a", "area") and attributes.get("href") is not None:
            self.links.append(attributes["href"])
        if attributes.get(LOADED.get(tag)):
            self.loaded.append(attributes[LOADED[tag]])
        if attributes.get("style"):
            self.loaded += addresses(attributes["style"])

    def handle_data(self, data):
        if self.cdata_elem == "style":
            self.loaded += addresses(data)


def addresses(css):
    """What a style sheet loads."""
    return re.findall(r"""url\(\s*['"]?([^'")]+)""", css) + re.findall(r"""@import\s+['"]([^'"]+)""", css)


def faults(folder):
    pages = {path: Page(path) for path in folder.rglob("*.html")}

    def resolve(base, address, kind):
        parts = urllib.parse.urlsplit(address)
        if parts.scheme or parts.netloc:
            return f"{kind} {address} is loaded from a network" if kind != "link" and ANYWHERE.match(address) else None
        path = (base.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else base
        if not path.is_relative_to(folder):
            return f"{kind} {address} leads out of the folder"
        if not path.is_file():
            return f"{kind} {address}: there is no such file"
        if path in pages and urllib.parse.unquote(parts.fragment) not in pages[path].anchors:
            return f"{kind} {address}: there is no such anchor"
        return None

    for path, page in pages.items():
        yield from ((path, resolve(path, address, "link")) for address in page.links)
        yield from ((path, resolve(path, address, "file")) for address in page.loaded)
    # What a style sheet names may be one of several alternatives, of which one is enough.
    for path in folder.rglob("*.css"):
        for address in addresses(path.read_text(encoding="utf-8")):
            if ANYWHERE.match(address):
                yield path, f"file {address} is loaded from a network"


folder = pathlib.Path(sys.argv[1]).resolve()
found = [f"{path.relative_to(folder)}: {fault}" for path, fault in faults(folder) if fault]
count = len(list(folder.rglob("*.html")))
print(*found, f"{count} pages, {len(found)} faults", sep="\n")
sys.exit(bool(found) or count == 0)
