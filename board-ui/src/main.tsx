import "./styles/index.css";
import { render } from "preact";
import { App } from "./app.js";
import { startClock } from "./core/clock.js";
import { startLive } from "./core/live.js";
import { startMe } from "./core/me.js";
import { followLinks } from "./core/router.js";
import { listenToKeys } from "./shell/keys.js";
import { applyTheme } from "./shell/theme.js";

applyTheme();
startClock();
followLinks();
listenToKeys();
startMe();
startLive();
const place = document.getElementById("board");
if (place !== null) render(<App />, place);
