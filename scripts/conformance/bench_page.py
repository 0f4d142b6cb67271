"""Opens the benchmark's page in headless Chromium: in both themes, on a desk, on a phone and on paper.

    bench_page.py BENCH.html [FOLDER FOR PICTURES]

No request may leave the page, no script may be in it, charts must have data and be drawn, text must be
readable (WCAG's contrast of 4.5), and nothing but tables may be wider than the screen. Printed, even by
someone who likes it dark, each page has words on white paper, each chart is on one page with all of its
words, and all numbers of the tables are there. Speaks the DevTools protocol over a pipe; poppler reads
the PDF.
"""
import base64
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

page = pathlib.Path(sys.argv[1]).resolve().as_uri()
pictures = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None

# What the page says of itself; colours are of the text and of what is behind it.
PROBE = """(() => {
  const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92
      : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)];
      return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const paper = rgb(getComputedStyle(document.body).backgroundColor);
  const worst = (query, property) => Math.min(...[...document.querySelectorAll(query)].map(
      e => contrast(rgb(getComputedStyle(e)[property]), paper)));
  const charts = [...document.querySelectorAll('svg')];
  const drawn = e => { const box = e.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
  const cut = charts.flatMap(svg => { const frame = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
          return b.left < frame.left - 1 || b.right > frame.right + 1; }).map(t => t.textContent); });
  return {paper, charts: charts.length,
    empty: charts.filter(s => ![...s.querySelectorAll('[data-seconds]')].some(
        e => drawn(e) && Number(e.dataset.seconds) > 0)).map(s => s.getAttribute('aria-label')),
    cut, text: worst('p, li, td, th, h1, h2, figcaption, small', 'color'),
    labels: worst('svg text', 'fill'), marks: worst('svg rect, svg circle', 'fill'),
    fits: document.documentElement.scrollWidth <= innerWidth, scripts: document.scripts.length,
    tables: document.querySelectorAll('table').length};
})()"""


# What must be found on paper: the words of each chart, and the numbers of all tables.
WORDS = """(() => ({
  charts: [...document.querySelectorAll('figure')].map(f => [f.querySelector('figcaption'),
      ...f.querySelectorAll('svg text')].map(e => e.textContent)),
  numbers: [...document.querySelectorAll('td.number')].map(e => e.innerText).join(' ')}))()"""


class Browser:
    """Chromium, with a pipe for commands at descriptor 3 and one for answers at 4."""

    def __init__(self, profile):
        command, self.commands = os.pipe()
        self.answers, answer = os.pipe()

        def plumb():
            # Duplicates above 4 first: the pipes may have these numbers themselves.
            ends = os.dup2(command, 20), os.dup2(answer, 21)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={profile}",
             "about:blank"],
            preexec_fn=plumb, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(command)
        os.close(answer)
        self.rest, self.number, self.events, self.session = b"", 0, [], None

    def receive(self):
        while b"\0" not in self.rest:
            more = os.read(self.answers, 1 << 20)
            if not more:
                sys.exit("FAILED: the browser has gone")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"FAILED: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def close(self):
        self.session = None
        self.ask("Browser.close")
        self.process.wait(30)


def check(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")


def look(browser, theme, width):
    browser.events.clear()
    browser.ask("Emulation.setEmulatedMedia",
                features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                deviceScaleFactor=1, mobile=width < 600)
    browser.ask("Page.navigate", url=page)
    browser.wait("Page.loadEventFired")
    found = evaluate(browser, PROBE)
    where = f"{theme}, {width} wide"
    requested = [event["params"]["request"]["url"] for event in browser.events
                 if event.get("method") == "Network.requestWillBeSent"]
    outside = [url for url in requested if url != page and not url.startswith("data:")]
    check(page in requested, f"{where}: requests aren't seen")
    check(not outside, f"{where}: the page asks for {outside}")
    check(found["scripts"] == 0, f"{where}: the page has scripts")
    check(found["charts"] >= 5, f"{where}: {found['charts']} charts")
    check(not found["empty"], f"{where}: charts without data: {found['empty']}")
    check(not found["cut"], f"{where}: labels are cut off: {found['cut'][:5]}")
    check(found["tables"] >= 5, f"{where}: {found['tables']} tables")
    check(found["fits"], f"{where}: the page is wider than the screen")
    check((sum(found["paper"]) < 200) == (theme == "dark"), f"{where}: paper is {found['paper']}")
    for name, least in (("text", 4.5), ("labels", 4.5), ("marks", 2)):
        check(found[name] >= least, f"{where}: contrast of {name} is {found[name]:.1f}")
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        shot = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        (pictures / f"{theme}-{width}.png").write_bytes(base64.b64decode(shot))
    return found


def evaluate(browser, expression):
    result = browser.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"]
    check("value" in result, f"the page can't be looked at: {result.get('description')}")
    return result["value"]


def printed(browser, folder):
    """Prints the page that is open, with its backgrounds, and looks at the PDF."""
    words = evaluate(browser, WORDS)
    pdf = folder / "bench.pdf"
    answer = browser.ask("Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69)
    pdf.write_bytes(base64.b64decode(answer["data"]))
    text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout
    pages = text.removesuffix("\f").split("\f")
    check(len(pages) > 2, f"on paper: {len(pages)} pages")
    check(all(len(page.split()) > 10 for page in pages), "on paper: a page is empty")
    joined = ["".join(page.split()) for page in pages]
    for chart in words["charts"]:
        labels = ["".join(label.split()) for label in chart]
        check(any(all(label in page for label in labels) for page in joined),
              f"on paper: no page has all of “{chart[0]}”")
    count = collections.Counter(re.findall(r"\S+", words["numbers"]))
    lost = count - collections.Counter(text.split())
    check(not lost, f"on paper: numbers are cut off: {list(lost)[:5]}")
    subprocess.run(["pdftoppm", "-gray", "-r", "20", pdf, folder / "page"], check=True)
    for picture in sorted(folder.glob("page-*.pgm")):
        pixels = picture.read_bytes().split(b"\n255\n", 1)[1]
        check(sum(pixels) / len(pixels) > 215, f"on paper: {picture.stem} is dark")
    return len(pages)


with tempfile.TemporaryDirectory() as profile:
    browser = Browser(profile)
    try:
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.ask(
            "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            browser.ask(f"{domain}.enable")
        for theme in ("light", "dark"):
            for width in (1200, 390):
                found = look(browser, theme, width)
        pages = printed(browser, pictures or pathlib.Path(profile))
    finally:
        browser.close()
print(f"ok: {found['charts']} charts and {found['tables']} tables, in both themes, on a desk, on a "
      f"phone and on {pages} sheets of paper, without a request")
