"""What a page looks like in Chromium: a script of ours measures it there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

_MEASURE = """<script>
const boxes = [...document.querySelectorAll("svg, table, pre, .card, h1, h2")].map(e => e.getBoundingClientRect());
const texts = [...document.querySelectorAll("svg text")].map(e => [e, e.getBoundingClientRect()]);
const cut = texts.filter(([e, box]) => {
  const around = e.closest("svg").getBoundingClientRect();
  return box.left < around.left - 1 || box.right > around.right + 1 || box.bottom > around.bottom + 1;
}).map(([e]) => e.textContent);
const heads = texts.filter(([e]) => e.classList.contains("node"));
const over = heads.filter(([e, a]) => heads.some(([f, b]) =>
  e !== f && a.left < b.right && b.left < a.right && a.top + 4 < b.bottom && b.top + 4 < a.bottom
)).map(([e]) => e.textContent);
document.title = "measured" + JSON.stringify({
  wide: document.documentElement.scrollWidth - window.innerWidth,
  empty: boxes.filter(box => !box.width || !box.height).length,
  shown: boxes.length, texts: texts.length, cut: cut, over: over,
  ink: getComputedStyle(document.body).color, ground: getComputedStyle(document.body).backgroundColor,
});
</script>"""


def measured(page: Path, width: int, *more: str) -> dict[str, Any]:
    """How many pixels it is too wide, how many parts have no size, which words of pictures are cut, and colours.

    `over`: names of nodes in ladders' heads that are written over one another.

    The browser reaches no other host. AssertionError where it complains about the page.
    """
    copy = page.with_name(f"measured-{page.name}")
    copy.write_text(page.read_text("utf-8").replace("</body>", _MEASURE + "</body>"), "utf-8")
    command = [
        *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"),
        *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={page.parent / 'browser'}"),
        *(f"--window-size={width},900", "--enable-logging=stderr", *more, copy.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    assert (done.returncode, said) == (0, [])
    found = re.search(r"<title>measured(.*?)</title>", done.stdout)
    assert found is not None, done.stdout[:300]
    measures: dict[str, Any] = json.loads(found[1].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    return measures
