/** The frame of every page: the rail at the left, the head, the page, and what lies over it. */
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { mustLogIn } from "./core/api.js";
import { me, meFailed } from "./core/me.js";
import { href, path } from "./core/router.js";
import { Operations } from "./operate/operations.js";
import { LoginPage } from "./pages/login.js";
import { Empty, Waiting } from "./parts/empty.js";
import { ErrorBox } from "./parts/error-box.js";
import { loadPage, type PageProps, pageOf } from "./routes.js";
import { Header } from "./shell/header.js";
import { GlobalKeys } from "./shell/key-help.js";
import { Rail } from "./shell/rail.js";
import { Toasts } from "./shell/toasts.js";

export function App() {
  if (mustLogIn.value) return <LoginPage />;
  return (
    <>
      <a class="skip" href="#page">
        To the page
      </a>
      <Header />
      <Rail />
      <main id="page" tabIndex={-1}>
        {me.value === undefined && meFailed.value !== undefined ? (
          <ErrorBox error={meFailed.value} />
        ) : (
          <CurrentPage />
        )}
      </main>
      <GlobalKeys />
      <Operations />
      <Toasts />
    </>
  );
}

function CurrentPage() {
  const found = pageOf(path.value);
  const loaded = useSignal<{ path: string; page: ComponentType<PageProps> } | undefined>(undefined);
  const failed = useSignal(false);
  const route = found?.route;
  useEffect(() => {
    if (route === undefined || route.page !== undefined) return;
    failed.value = false;
    loadPage(route).then(
      (page) => {
        loaded.value = { path: route.path, page };
      },
      () => {
        failed.value = true;
      },
    );
  }, [route]);
  if (found === undefined || route === undefined)
    return (
      <Empty title="There is no page of this address">
        <a href={href("/")}>Home</a>
      </Empty>
    );
  if (failed.value)
    return (
      <Empty title="The page could not be loaded">
        The board may have been replaced by a newer one. Load the window again.
      </Empty>
    );
  // A page of another task is another page: nothing of the one before stays.
  const key = path.value;
  if (route.page !== undefined) {
    const { page: Page } = route;
    return <Page key={key} params={found.params} />;
  }
  if (loaded.value?.path !== route.path) return <Waiting what="the page" />;
  const Page = loaded.value.page;
  return <Page key={key} params={found.params} />;
}
