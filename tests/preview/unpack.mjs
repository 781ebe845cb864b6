// Unpacks the Brotli files of the npm package: the browser, the libraries that a small system lacks, a font.
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const [from, to] = process.argv.slice(2);

async function decompress(name) {
  const path = join(to, name);
  await pipeline(createReadStream(join(from, `${name}.br`)), createBrotliDecompress(), createWriteStream(path, { mode: 0o755 }));
  return path;
}

await decompress("chromium");
for (const name of ["al2023.tar", "swiftshader.tar", "fonts.tar"]) {
  const archive = await decompress(name);
  execFileSync("tar", ["--extract", "--no-same-owner", "--file", archive, "--directory", to]);
  await rm(archive);
}
