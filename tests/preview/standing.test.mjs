// The page of `tidings status --html`, and what the CloudWatch widget shows: what is wrong is seen first, nothing is wider
// than the screen, and everything can be read in light and dark. Every view leaves a screenshot.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { faint } from "./contrast.mjs";
import { launch } from "./puppeteer.mjs";

const { TIDINGS_PREVIEW } = process.env;
const PAGE = pathToFileURL(resolve(TIDINGS_PREVIEW, "standing.html")).href;
const SHAPES = ".mark, circle";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A tab with scripts off, and what it asked for. */
async function tab(width, height, scheme) {
  const page = await browser.newPage();
  const asked = [];
  const complaints = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  await page.setJavaScriptEnabled(false);
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  return { page, asked, complaints };
}

/** What an operator sees without scrolling, and what sticks out. */
const look = (page) =>
  page.evaluate(() => {
    const root = document.querySelector(".tidings");
    const { left, right } = root.getBoundingClientRect();
    const sticksOut = (element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && (box.right > right + 1 || box.left < left - 1);
    };
    const failing = [...document.querySelectorAll(".failing h3")];
    const marks = [...document.querySelectorAll(".row .mark, .row circle")];
    const bars = [...document.querySelectorAll(".bar span")];
    return {
      overflow: document.documentElement.scrollWidth - innerWidth,
      sticking: [...root.querySelectorAll("*")].filter(sticksOut).map((element) => element.outerHTML.slice(0, 120)),
      sentence: document.querySelector(".sentence").innerText,
      sections: [...document.querySelectorAll("section")].map((section) => section.className),
      failing: failing.length,
      glance: [...document.querySelectorAll(".glance li")].filter((line) => line.getBoundingClientRect().bottom < innerHeight / 2).length,
      seen: failing.filter((title) => title.nextElementSibling.nextElementSibling.getBoundingClientRect().bottom < innerHeight).length,
      marks: marks.length,
      rows: document.querySelectorAll(".row").length,
      bars: bars.map((bar) => Math.round((bar.getBoundingClientRect().width / bar.parentElement.clientWidth) * 100)).sort((a, b) => a - b),
    };
  });

const SECTIONS = ["failing", "unread", "silenced", "under-way", "told", "earlier", "watched"];

for (const width of [400, 1000, 1800]) {
  for (const scheme of ["light", "dark"]) {
    test(`the page, ${width} pixels wide, ${scheme}`, async () => {
      const { page, asked, complaints } = await tab(width, 900, scheme);
      await page.goto(PAGE);
      await page.screenshot({ path: join(TIDINGS_PREVIEW, `standing-${width}-${scheme}.png`) });
      await page.screenshot({ path: join(TIDINGS_PREVIEW, `standing-${width}-${scheme}-whole.png`), fullPage: true });
      assert.deepEqual(asked, [PAGE], "it needs nothing but itself");
      assert.deepEqual(complaints, []);
      const found = await look(page);
      assert.equal(found.overflow, 0, "nothing is wider than the screen");
      assert.deepEqual(found.sticking, []);
      assert.equal(found.sentence, "3 failing, 3 unreadable, 3 under way (2 with a warning), 1 silenced; everything else is fine.");
      assert.deepEqual(found.sections, SECTIONS);
      assert.equal(found.failing, 3);
      assert.equal(found.glance, 3, "all failures are named in the upper half of the screen");
      assert.ok(found.seen >= (width < 500 ? 1 : 3), `${found.seen} of the failures are seen without scrolling`);
      assert.deepEqual(found.bars, [25, 31, 61]);
      assert.equal(found.marks, 43, "a mark for each notice");
      assert.equal(found.rows, 16);
      assert.deepEqual(await faint(page, SHAPES), []);
      // Everything unfolded is still in its place.
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => details.setAttribute("open", "")));
      assert.deepEqual((await look(page)).sticking, []);
      await page.close();
    });
  }
}

test("a row unfolds without a script and lists its notices", async () => {
  const { page } = await tab(1000, 900, "light");
  await page.goto(PAGE);
  const row = await page.$(".row");
  assert.equal(await row.$eval("ol", (list) => list.checkVisibility()), false);
  await (await row.$("summary")).click();
  assert.equal(await row.$eval("ol", (list) => list.checkVisibility()), true);
  assert.match(await row.$eval("ol", (list) => list.innerText), /critical .* FAILED: EC2 restore/);
  await row.screenshot({ path: join(TIDINGS_PREVIEW, "standing-row.png") });
  await page.close();
});

/** A dashboard with styles of its own, and an element that has class names of the widget. */
const dashboard = (width, dark) => `<!doctype html><meta charset="utf-8"><style>
  body { margin: 8px; font: 14px sans-serif; background: ${dark ? "#161d26" : "#fff"}; color: ${dark ? "#ddd" : "#16191f"}; }
  h2 { color: teal; text-transform: uppercase; } table { background: pink; } svg { width: 20px; }
  </style><p id="own" class="quiet card bar failing">own <code>code</code></p><div id="widget" style="width: ${width}px"></div>`;

for (const theme of ["light", "dark"]) {
  for (const width of [384, 784, 1584]) {
    test(`the widget, ${width} pixels wide, ${theme}, in a dashboard`, async () => {
      const html = await readFile(resolve(TIDINGS_PREVIEW, `widget.${theme}.html`), "utf8");
      const { page, asked } = await tab(width + 16, 900, theme === "light" ? "dark" : "light");
      await page.setContent(dashboard(width, theme === "dark"));
      const own = () =>
        page.$eval("#own", (own) => JSON.stringify([own, own.firstElementChild].map((e) => [...getComputedStyle(e)].map((name) => getComputedStyle(e)[name]))));
      const before = await own();
      // CloudWatch removes scripts, <iframe> and <use>. There must be nothing to remove.
      const removed = await page.evaluate((html) => {
        const parsed = new DOMParser().parseFromString(html, "text/html");
        const handlers = [...parsed.querySelectorAll("*")].filter((e) => [...e.attributes].some(({ name }) => name.startsWith("on")));
        const removed = [...parsed.querySelectorAll("script, iframe, use, object, embed, form, link, meta"), ...handlers];
        removed.forEach((element) => element.remove());
        document.querySelector("#widget").replaceChildren(...parsed.head.childNodes, ...parsed.body.childNodes);
        return removed.map((element) => element.outerHTML);
      }, html);
      await page.screenshot({ path: join(TIDINGS_PREVIEW, `widget-${width}-${theme}.png`) });
      assert.deepEqual(removed, []);
      assert.deepEqual(asked.filter((address) => !address.startsWith("about:")), []);
      assert.equal(await own(), before, "the dashboard looks the same");
      const found = await look(page);
      assert.equal(found.overflow, 0);
      assert.deepEqual(found.sticking, []);
      assert.ok(found.sections.length === SECTIONS.length && found.rows === 10 && found.marks > 20, JSON.stringify(found));
      assert.equal(found.glance, 3, "all failures are named in the upper half of the screen");
      assert.deepEqual(await faint(page, SHAPES), []);
      const text = await page.$eval(".tidings", (root) => root.innerText);
      assert.match(text, /6 more are not shown/);
      await page.close();
    });
  }
}
