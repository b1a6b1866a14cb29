import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";

/** One picture to paint. */
interface Motif {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Sky above, sky below, hills. */
  readonly colors: readonly [string, string, string];
  readonly encode: (image: Sharp) => Sharp;
}

/** The largest have 12 megapixels, like the photos of a telephone. */
const MOTIFS: readonly Motif[] = [
  {
    file: "harbour.jpg",
    width: 4000,
    height: 3000,
    title: "Harbour",
    colors: ["#1b3a6b", "#f4a261", "#264653"],
    encode: (image) => image.jpeg({ quality: 85 }),
  },
  {
    file: "poster.png",
    width: 3000,
    height: 4000,
    title: "Poster",
    colors: ["#3d1e6d", "#f15bb5", "#00bbf9"],
    encode: (image) => image.png({ compressionLevel: 3 }),
  },
  {
    file: "label.webp",
    width: 2400,
    height: 1600,
    title: "Label",
    colors: ["#e9f5db", "#b5c99a", "#718355"],
    encode: (image) => image.webp({ quality: 80, effort: 2 }),
  },
  {
    file: "mosaic.avif",
    width: 1200,
    height: 900,
    title: "Mosaic",
    colors: ["#ffba08", "#dc2f02", "#370617"],
    encode: (image) => image.avif({ quality: 60, effort: 1 }),
  },
  {
    file: "banner.gif",
    width: 800,
    height: 600,
    title: "Banner",
    colors: ["#caf0f8", "#00b4d8", "#03045e"],
    encode: (image) => image.gif({ effort: 1 }),
  },
];

const BROKEN = "half-upload.jpg";
const BROKEN_BYTES = 2000;

/** A picture on disk. */
export interface Picture {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/**
 * Paints the pictures, and one file that breaks off in its middle. Existing ones are painted again.
 *
 * @param painting told of each that is begun, and which of them it is: `2 of 5`
 */
export async function makePictures(
  folder: string,
  painting: (file: string, position: string) => void,
): Promise<readonly Picture[]> {
  await mkdir(folder, { recursive: true });
  const pictures: Picture[] = [];
  for (const [index, motif] of MOTIFS.entries()) {
    painting(motif.file, `${index + 1} of ${MOTIFS.length}`);
    pictures.push(await paint(motif, folder));
  }
  pictures.push(await breakOff(join(folder, "harbour.jpg"), join(folder, BROKEN)));
  return pictures;
}

async function paint(motif: Motif, folder: string): Promise<Picture> {
  const { width, height } = motif;
  const path = join(folder, motif.file);
  const image = sharp(Buffer.from(drawing(motif)), { limitInputPixels: width * height });
  const { size } = await motif
    .encode(image.composite([{ input: await grain(motif), blend: "soft-light" }]))
    .toFile(path);
  return { path, width, height, bytes: size };
}

/** Noise, so that the picture compresses like a photo and not like a drawing. */
function grain({ width, height }: Motif): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 12 } as const;
  return sharp({
    create: { width: width >> 3, height: height >> 3, channels: 3, background: "#808080", noise },
  })
    .resize({ width, height, kernel: "cubic" })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

function drawing({ width, height, title, colors: [top, bottom, hills] }: Motif): string {
  const unit = Math.min(width, height);
  const ridge = (base: number, lift: number) =>
    `M0 ${height} V${height * base} Q${width * 0.25} ${height * (base - lift)} ${width * 0.5} ${height * base} ` +
    `T${width} ${height * (base - lift / 2)} V${height} Z`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
  <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs>
  <rect width="100%" height="100%" fill="url(#sky)"/>
  <circle cx="${width * 0.72}" cy="${height * 0.42}" r="${unit * 0.16}" fill="#fff" fill-opacity=".85"/>
  <path d="${ridge(0.68, 0.2)}" fill="${hills}" fill-opacity=".55"/>
  <path d="${ridge(0.8, 0.12)}" fill="${hills}"/>
  <text x="${width * 0.06}" y="${height * 0.2}" font-family="sans-serif" font-weight="bold"
    font-size="${unit * 0.13}" fill="#fff">${title}</text>
</svg>`;
}

/** An upload that was cut: it has a right header and lacks most of its pixels. */
async function breakOff(whole: string, target: string): Promise<Picture> {
  await writeFile(target, (await readFile(whole)).subarray(0, BROKEN_BYTES));
  return { path: target, width: 0, height: 0, bytes: BROKEN_BYTES };
}
