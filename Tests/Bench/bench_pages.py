"""How quickly the grid of two hundred hosts is painted, and how much of the page is not hosts."""

import re
import statistics

from harness import Sprout

HOSTS, RUNS = 200, 7
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def figures(say):
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return say("Not measured: the page needs playwright. Run it by make bench, or by .build/venv/bin/python.")
    with Sprout() as box, sync_playwright() as playwright:
        for number in range(1, HOSTS + 1):
            box.register(number, labels={"rack": f"shelf-{number % 10}"})
        text = box.get("/").body.decode()
        rows = sum(len(row.encode()) for row in re.findall(r'<li class="tile".*?</li>', text, re.S))
        names = sorted(set(re.findall(r'"(/assets/[^"]+)"', text)))
        assets = sum(len(box.get(name).body) for name in names)
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        name, _, value = box.sign_in(*box.new_user("anna", "admin")).partition("=")
        times = []
        for _ in range(RUNS):
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            context.add_cookies([{"name": name, "value": value, "url": box.url}])
            page = context.new_page()
            page.goto(box.url + "/")
            page.wait_for_function(PAINTED)
            times.append(page.evaluate(PAINTED))
            page.context.close()
        chromium.close()
    say(f"The grid of {HOSTS} hosts in Chromium, with nothing cached (aim: painted within 300 ms, 100 kB without rows)")
    say(f"  first paint            median {statistics.median(times):5.0f} ms   worst {max(times):5.0f} ms   ({RUNS} runs)")
    say(f"  without its rows       {(len(text.encode()) - rows + assets) / 1000:5.1f} kB before compression: the page and {', '.join(names)}")
    say(f"  its rows               {rows / 1000:5.1f} kB")
