// What is hard to see, by the rules of WCAG 2.2 AA.

/** Text whose contrast with what is behind it is below 4.5, and shapes of SVG in `shapes` for which it is below 3. */
export const faint = (page, shapes = "not-there") =>
  page.evaluate((shapes) => {
    const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const linear = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
      }
      return [255, 255, 255];
    };
    const contrast = (element, colour) => {
      const [a, b] = [parse(colour), behind(element)].map(luminance);
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const found = new Set();
    const check = (element, colour, least) => {
      const ratio = contrast(element, colour);
      if (ratio < least) found.add(`${element.tagName} ${element.getAttribute("class")} ${ratio.toFixed(2)}`);
    };
    for (const element of document.body.querySelectorAll("*")) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      if (!own || ["title", "STYLE"].includes(element.tagName)) continue;
      const { color, fill } = getComputedStyle(element);
      check(element, element instanceof SVGElement ? fill : color, 4.5);
    }
    for (const element of document.body.querySelectorAll(shapes)) check(element, getComputedStyle(element).fill, 3);
    return [...found];
  }, shapes);
