/** Ours as it is. */
import { peerOf } from "../ours.js";

export const peer = peerOf((file) => import(new URL(`../taskora/${file}`, import.meta.url).href));
