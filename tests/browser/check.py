"""Tests of the HTML report in headless Chromium; started by `run`."""

import argparse
import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What wants to be markup, a script, or a way out of an attribute.
EVIL = "<script>alert(1)</script><img/src=x/onerror=alert(2)>\"'/onmouseover=alert(3)//"

FIREWALL = f""": Saved
ASA Version 8.2(5)
!
hostname inner{EVIL}
interface Ethernet0/0
 nameif dmz
 security-level 10
 ip address 192.0.2.254 255.255.255.0
interface Ethernet0/1
 nameif inside{EVIL}
 security-level 100
 ip address 10.1.0.1 255.255.255.0
access-list in extended permit tcp any host 192.0.2.10 eq 50389
access-list in extended permit ip any any
access-group in in interface inside{EVIL}
: end
"""

CONNECTOR = f"""[PS] C:\\>Get-ReceiveConnector | fl *

AuthMechanism             : Tls, BasicAuth
Bindings                  : {{0.0.0.0:25}}
Enabled                   : True
Fqdn                      : hub1.contoso.com
PermissionGroups          : AnonymousUsers, ExchangeServers
RemoteIPRanges            : {{0.0.0.0-255.255.255.255}}
Server                    : hub1
Name                      : {EVIL} </pre></article></main>
Identity                  : HUB1\\{EVIL} </pre></article></main>

"""

INVENTORY = """[exchange]
[[server]]
name = "hub1"
roles = ["hub"]
site = "Tokyo"
addresses = ["10.1.0.12"]

[[server]]
name = "edge1"
roles = ["edge"]
site = "Tokyo"
addresses = ["192.0.2.10"]
"""


def write_hostile(folder):
    """An estate whose every name is markup."""
    exports = folder / "exports"
    exports.mkdir()
    (exports / "exlint.toml").write_text(INVENTORY)
    (exports / "<b onclick=alert(4)>.cfg").write_text(FIREWALL)
    (exports / "connector<i>.txt").write_text(CONNECTOR)
    return exports


def report(exlint, estate, page, *options):
    """Makes the page of an estate."""
    command = [exlint, "check", "-q", "--format", "html", "--output", page, *options, estate]
    code = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
    assert code in (0, 1), f"exlint ended with {code}"


def browser(profile):
    """Chromium without a window, with a log of its console and its requests."""
    options = Options()
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--window-size=1280,1000",
    ):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    # A loaded machine needs long for axe-core.
    driver.set_script_timeout(300)
    driver.set_page_load_timeout(300)
    return driver


class Page:
    """A report in the browser."""

    def __init__(self, driver, path):
        self.driver = driver
        driver.get("about:blank")
        driver.get_log("performance")
        driver.get_log("browser")
        driver.get(path.as_uri())

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def css(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def shown(self, selector):
        """How many elements of a kind can be seen."""
        return self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(e => e.getClientRects().length > 0).length", selector)

    def width(self, pixels):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def requests(self):
        """Addresses that the page asked for, itself aside."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        own = self.driver.current_url.split("#")[0]
        return [url for url in found if url.split("#")[0] != own and not url.startswith("data:")]

    def violations(self, axe):
        """What axe-core finds that is serious or worse."""
        self.run(axe)
        result = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; axe.run(document).then(done)")
        return [
            f"{found['impact']} {found['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
            for found in result["violations"] if found["impact"] in ("serious", "critical")
            for node in found["nodes"][:3]
        ]


def quiet(page):
    """No word on the console, no request."""
    assert page.driver.get_log("browser") == [], "the console is not silent"
    assert page.requests() == [], "the page asks for something"


def filters(page):
    """Filters and search show what they say, and the number of it."""
    total = len(page.css("#findings .finding"))
    assert page.shown("#findings .finding") == total > 20
    page.css("#filters input[value=error]")[0].click()
    errors = len(page.css("#findings .finding.error"))
    assert page.shown("#findings .finding") == total - errors
    assert page.css("#shown")[0].text == str(total - errors)
    page.css("#filters button[type=reset]")[0].click()
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert page.shown("#findings .finding") == total
    rule = Select(page.css("#filters select[name=rule]")[0])
    rule.select_by_value("FU005")
    assert page.shown("#findings .finding") == len(page.css("#findings [data-rule=FU005]")) > 0
    assert page.shown("#findings .group h3") < len(page.css("#findings .group h3"))
    page.css("#search")[0].send_keys("nowhere at all")
    assert page.shown("#findings .finding") == 0
    assert page.shown("#nothing-shown") == 1
    page.css("#filters button[type=reset]")[0].click()
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    page.css("#search")[0].send_keys("EDGE1")
    assert 0 < page.shown("#findings .finding") < total
    page.css("#search")[0].clear()
    page.css("#filters button[type=reset]")[0].click()


def language(page):
    """Both languages are there, and one is seen."""
    title = "#findings-title"
    page.css("[data-set-language=ja]")[0].click()
    assert page.css(title)[0].text == "検出", page.css(title)[0].text
    assert page.run("return document.documentElement.lang") == "ja"
    assert page.shown("main :is(span, div)[lang=en]") == 0
    assert page.shown("main :is(span, div)[lang=ja]") > 100
    japanese = page.run("return document.querySelector('#findings .message').innerText")
    page.css("[data-set-language=en]")[0].click()
    assert page.css(title)[0].text == "Findings"
    assert page.shown("main :is(span, div)[lang=ja]") == 0
    english = page.run("return document.querySelector('#findings .message').innerText")
    assert re.search(r"[\u3040-\u30ff]", japanese) and not re.search(r"[\u3040-\u30ff]", english)


def picture(page):
    """The legend hides arrows, a path colours them, a click chooses servers."""
    ways = page.shown("#estate .way")
    assert ways > 10
    page.css("#legend input[value=safe]")[0].click()
    assert page.shown("#estate .way") == ways - len(page.css("#estate .way.safe"))
    page.css("#legend input[value=safe]")[0].click()
    path = Select(page.css("#legend select[name=path]")[0])
    path.select_by_value("hub-to-edge-smtp")
    assert 0 < page.shown("#estate .way") < ways
    path.select_by_index(0)
    assert page.shown("#estate .way") == ways
    group = page.css("#estate .end.group")[0]
    page.run("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", group)
    assert len(page.css("#estate .end.chosen")) == 1
    assert len(page.css("#estate .way.dim")) > 0
    page.run("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", group)
    assert page.css("#estate .way.dim") == []


def links(page):
    """A rule's link opens its page."""
    page.css("#findings .finding h4 a.rule")[0].click()
    page.driver.execute_async_script("setTimeout(arguments[0], 100)")
    target = page.run("return document.querySelector(decodeURIComponent(location.hash)).open")
    assert target is True
    wrong = page.run(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
        ".filter(id => !document.getElementById(id))")
    assert wrong == [], wrong
    doubled = page.run(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        "return ids.filter((id, at) => ids.indexOf(id) !== at)")
    assert doubled == [], doubled


def keyboard(page):
    """The first stop leads over the head of the page; every control is a stop."""
    page.run("document.activeElement.blur(); scrollTo(0, 0)")
    unreachable = page.run(
        "return [...document.querySelectorAll('a, button, input, select, summary')]"
        ".filter(e => e.tabIndex < 0).length")
    assert unreachable == 0


def narrow(page):
    """Nothing but what scrolls by itself is wider than a telephone."""
    for pixels in (1280, 400):
        page.width(pixels)
        assert page.run("return document.documentElement.scrollWidth") <= pixels, pixels
    page.width(1280)


def paper(page):
    """On paper everything is open, on A4."""
    pdf = base64.b64decode(page.driver.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"])
    boxes = set(re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert boxes, "no page"
    for width, height in boxes:
        assert abs(float(width) - 595.3) < 1 and abs(float(height) - 841.9) < 1, boxes
    assert page.run("return document.querySelectorAll('details[open]').length") < 10


def accessible(page, axe):
    """axe-core finds nothing serious, in either scheme and language."""
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        for code in ("ja", "en"):
            page.css(f"[data-set-language={code}]")[0].click()
            found = page.violations(axe)
            assert found == [], f"{scheme} {code}:\n" + "\n".join(found)
    page.run("for (const d of document.querySelectorAll('details')) d.open = true")
    found = page.violations(axe)
    assert found == [], "\n".join(found)


def harmless(page):
    """Nothing of the export became a part of the page."""
    assert page.run("return document.scripts.length") == 1
    assert page.run("return document.querySelectorAll('img, iframe, object, embed, b, i').length") == 0
    handlers = page.run(
        "return [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
        ".filter(a => a.name.startsWith('on') || a.name === 'style').map(a => a.name)")
    assert handlers == [], handlers
    assert page.run("return document.querySelector('main > section:last-child').id") == "inputs"
    assert page.run("return document.body.innerText.includes('<script>alert(1)</script>')")
    assert page.run("return window.alerted || 0") == 0


def without_script(driver, path):
    """The content is there without the script."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(path.as_uri())
    text = driver.find_element(By.CSS_SELECTOR, "#findings .message").text
    controls = driver.find_element(By.ID, "filters").is_displayed()
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert text and not controls


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exlint", required=True)
    parser.add_argument("--axe", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    exlint = str(pathlib.Path(arguments.exlint).resolve())
    axe = arguments.axe.read_text()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        contoso, hostile = folder / "contoso.html", folder / "hostile.html"
        report(exlint, ROOT / "fixtures/contoso", contoso)
        report(exlint, write_hostile(folder), hostile)
        driver = browser(folder / "profile")
        try:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
                "source": "window.alert = () => { window.alerted = (window.alerted || 0) + 1; }"})
            tests = [
                (contoso, [filters, language, picture, links, keyboard, narrow, paper,
                           lambda page: accessible(page, axe), quiet]),
                (hostile, [harmless, narrow, lambda page: accessible(page, axe), quiet]),
            ]
            for path, checks in tests:
                page = Page(driver, path)
                for check in checks:
                    title = (check.__doc__ or accessible.__doc__).strip()
                    try:
                        check(page)
                        print(f"ok    {path.stem}: {title}")
                    except AssertionError as error:
                        failed += 1
                        print(f"FAIL  {path.stem}: {title}\n{error}")
            try:
                without_script(driver, contoso)
                print(f"ok    {without_script.__doc__}")
            except AssertionError as error:
                failed += 1
                print(f"FAIL  {without_script.__doc__}\n{error}")
        finally:
            driver.quit()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
