// One notice as an email and as a Slack message, side by side: node picture.mjs PAGE FONTS PICTURE
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { launch } from "./puppeteer.mjs";

const [page, fonts, picture] = process.argv.slice(2);
const SUBJECT = "table restore of dev.public.orders on cluster analytics";

// The font comes with the browser, so the picture looks the same on every machine.
const font = async (weight, file) => {
  const data = (await readFile(join(fonts, file))).toString("base64");
  return `@font-face { font-family: "Open Sans"; font-weight: ${weight}; src: url(data:font/ttf;base64,${data}); }`;
};

// GitHub shows a README about 840 pixels wide: few words in a line keep the text readable.
const STYLE = `
  ${await font(400, "OpenSans-Regular.ttf")}
  ${await font(700, "OpenSans-Bold.ttf")}
  .top, nav, .sms, .json, section > h2, section > p, article > h3 { display: none !important; }
  body { font: 15px/1.45 "Open Sans"; }
  .whole { display: block; }
  main { padding: 0; }
  main { filter: url(#few-colours); }
  .channels { --line: #d1d1d1; --inset: #ffffff; width: 1040px; padding: 14px; gap: 14px;
    grid-template: "email slack" / 1.12fr 1fr; align-items: stretch; background: #e8e8e8; }
  .panel > h4 { font-size: 14px; }
  .email pre { font: inherit; }
  .subject, .title { text-wrap: balance; }
  .critical-mark { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.35em; border-radius: 50%; background: #dd2e44; }
`;

// Twelve shades of red, green and blue make the file a third smaller. The greys above are among them.
const SHADES = Array.from({ length: 12 }, (_, shade) => (shade / 11).toFixed(3)).join(" ");
const FEW_COLOURS = `<svg width="0" height="0" style="position: absolute">
  <filter id="few-colours" color-interpolation-filters="sRGB"><feComponentTransfer>
    ${["R", "G", "B"].map((colour) => `<feFunc${colour} type="discrete" tableValues="${SHADES}"/>`).join("")}
  </feComponentTransfer></filter></svg>`;

const browser = await launch();
try {
  const tab = await browser.newPage();
  await tab.setBypassCSP(true);
  await tab.setViewport({ width: 1040, height: 1200, deviceScaleFactor: 1.2 });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  await tab.goto(pathToFileURL(resolve(page)).href);
  await tab.addStyleTag({ content: STYLE });
  const channels = await tab.evaluateHandle((wanted, filter) => {
    document.body.insertAdjacentHTML("beforeend", filter);
    const article = [...document.querySelectorAll("#failed article")].find((article) =>
      article.querySelector(".subject").textContent.includes(wanted),
    );
    // No font for emoji comes with the browser.
    const title = article?.querySelector(".slack .title");
    if (title?.textContent.startsWith("🔴")) {
      title.textContent = title.textContent.replace("🔴", "");
      title.insertAdjacentHTML("afterbegin", '<span class="critical-mark"></span>');
    }
    return article?.querySelector(".channels") ?? null;
  }, SUBJECT, FEW_COLOURS);
  if (!channels.asElement()) throw new Error(`the page has no notice about the ${SUBJECT}`);
  await tab.evaluate(() => document.fonts.ready.then(() => true));
  await channels.asElement().screenshot({ path: resolve(picture) });
} finally {
  await browser.close();
}
