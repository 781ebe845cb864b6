// The page as a browser shows it: whole without a script, asking for nothing, on wide and narrow screens, light and dark,
// and readable in both. Every view leaves a screenshot.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { faint } from "./contrast.mjs";
import { launch } from "./puppeteer.mjs";

const { TIDINGS_PREVIEW } = process.env;

const PAGE = pathToFileURL(resolve(TIDINGS_PREVIEW, "notices.html")).href;
const VIEWS = [
  { name: "wide-light", width: 1600, height: 1200, scheme: "light", columns: 3 },
  { name: "wide-dark", width: 1600, height: 1200, scheme: "dark", columns: 3 },
  { name: "tablet-light", width: 1024, height: 1366, scheme: "light", columns: 2 },
  { name: "phone-dark", width: 390, height: 844, scheme: "dark", columns: 1 },
];

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** The page in a view, with scripts off, and what it asked for. */
async function open({ width, height, scheme }) {
  const page = await browser.newPage();
  const asked = [];
  const complaints = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  await page.setJavaScriptEnabled(false);
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(PAGE);
  return { page, asked, complaints };
}

/** Light or dark, by what is behind the text. */
const shade = (page) =>
  page.evaluate(() => {
    const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
    return red > 128 ? "light" : "dark";
  });

for (const view of VIEWS) {
  test(`the page, ${view.name}`, async () => {
    const { page, asked, complaints } = await open(view);
    await page.screenshot({ path: join(TIDINGS_PREVIEW, `${view.name}.png`) });
    assert.deepEqual(asked, [PAGE], "it needs nothing but itself");
    assert.deepEqual(complaints, []);
    assert.equal(await shade(page), view.scheme);
    assert.deepEqual(await faint(page), []);
    const found = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - innerWidth,
      reasons: [...document.querySelectorAll("main > section")].map((section) => section.id),
      links: [...document.querySelectorAll("nav a")].map((link) => link.hash.slice(1)),
      empty: [...document.querySelectorAll(".panel")].filter((panel) => panel.innerText.trim().length < 20).length,
      panels: document.querySelectorAll(".panel").length,
      articles: document.querySelectorAll("article").length,
      columns: getComputedStyle(document.querySelector(".channels")).gridTemplateColumns.split(" ").length,
    }));
    assert.equal(found.overflow, 0, "nothing is wider than the screen");
    assert.ok(found.reasons.length >= 16, `${found.reasons}`);
    assert.deepEqual(found.links, found.reasons);
    assert.equal(found.empty, 0);
    assert.equal(found.panels, found.articles * 4);
    assert.equal(found.columns, view.columns);
    await page.close();
  });
}

test("the switch goes before what the system prefers, without a script", async () => {
  const { page } = await open(VIEWS[0]);
  for (const scheme of ["dark", "light", "dark"]) {
    await page.click(`label:has(#${scheme})`);
    assert.equal(await shade(page), scheme);
  }
  await page.screenshot({ path: join(TIDINGS_PREVIEW, "switched-dark.png") });
  await page.click("label:has(#auto)");
  assert.equal(await shade(page), "light");
  await page.close();
});

test("one reason, from its heading to its last panel", async () => {
  // So high that nothing has to be scrolled, and the bar at the top stays there.
  const { page } = await open({ ...VIEWS[0], height: 4000 });
  const section = await page.$("#still-failing, #recovered");
  await section.screenshot({ path: join(TIDINGS_PREVIEW, "one-reason.png") });
  await page.close();
});
