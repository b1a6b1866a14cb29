/** The page of a board whose store does not answer. It needs no script, and looks again by itself. */
import type { Diagnosis } from "./diagnosis.js";

/** How often the page looks again, in seconds. */
export const LOOKED_EVERY_S = 3;

/** The page. */
export function diagnosisPage({ place, from, error, causes }: Diagnosis): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${LOOKED_EVERY_S}">
<meta name="color-scheme" content="light dark">
<title>The store does not answer – taskora</title>
</head>
<body>
<main>
<h1>The store does not answer</h1>
<p><code>${escaped(place)}</code>, named by ${escaped(from)}</p>
<pre>${escaped(error)}</pre>
<h2>Likely causes</h2>
<ul>
${causes.map((cause) => `<li>${escaped(cause)}</li>`).join("\n")}
</ul>
<p>This page looks again every ${LOOKED_EVERY_S} s, and becomes the board when the store answers.</p>
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}
