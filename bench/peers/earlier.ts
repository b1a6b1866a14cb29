/** Ours as it was at the commit that `--against` names. */
import { peerOf } from "../ours.js";

export const peer = peerOf((file) => import(new URL(`../earlier/${file}`, import.meta.url).href));
