import { runOnion } from "../../core/onion.js";
import type { JobHandle } from "../handles/job-handle.js";
import type { DispatchOptions } from "./dispatch-options.js";

/** What dispatch middleware sees. It may replace `data` and add to `headers` before `next()`. */
export interface DispatchContext {
  /** The name of the task. */
  readonly task: string;
  /** The id the job will have, unless another stands for its key. */
  readonly jobId: string;
  /** How it is dispatched, as the caller gave it: `{}` when that was nothing. */
  readonly options: DispatchOptions;
  /** What was dispatched, not validated yet; may be replaced before `next()`. */
  data: unknown;
  /** Those of the dispatch; may be added to before `next()`. */
  headers: Record<string, string>;
}

/**
 * One layer around storing a job. `next()` resolves with what the store said: the handle of the job, whose `isDuplicate` says
 * that another stands for its key; it rejects when the job is refused. Throwing before `next()` refuses the job; what is
 * thrown after it changes nothing and goes to the `error` event.
 */
export type DispatchMiddleware = (ctx: DispatchContext, next: () => Promise<JobHandle>) => unknown;

/** A job on its way through the layers. */
export interface LayeredDispatch {
  readonly layers: readonly DispatchMiddleware[];
  readonly ctx: DispatchContext;
  /** Takes the job, as the layers left it, on its way to the store. */
  readonly pass: () => Promise<void> | void;
  /** What the store says of it; asked for once it has passed. */
  readonly answer: () => Promise<JobHandle>;
  /** Of a job that no layer let through. */
  readonly withheld: () => Error;
  /** A layer threw though the job is stored. */
  readonly failed: (error: unknown) => void;
}

/** The two moments of a dispatch that has layers around it. */
export interface Layered {
  /** The job is on its way to the store; rejects with what refuses it before. */
  readonly passed: Promise<void>;
  /** The layers have ended as well. Never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Runs the layers. Those that come later need not wait for the store to answer those that came before, so a dispatch has passed
 * before its layers have ended.
 */
export function runDispatchLayers(dispatch: LayeredDispatch): Layered {
  let answer: Promise<JobHandle> | undefined;
  let refusal: unknown;
  let ended: Promise<void> = Promise.resolve();
  const passed = new Promise<void>((resolve, reject) => {
    const core = async (): Promise<void> => {
      try {
        await dispatch.pass();
      } catch (error) {
        refusal = error;
        throw error;
      }
      answer = dispatch.answer();
      resolve();
      await answer;
    };
    const layers = dispatch.layers.map(
      (layer) => async (ctx: DispatchContext, next: () => Promise<void>) =>
        void (await layer(ctx, () => {
          const said = next().then(() => answer as Promise<JobHandle>);
          // A layer need not wait for it, and the dispatch fails all the same.
          said.catch(() => undefined);
          return said;
        })),
    );
    const failed = async (error: unknown): Promise<void> => {
      if (answer === undefined) return reject(error);
      // What the store refused has failed with that.
      const isStored = await answer.then(
        () => true,
        () => false,
      );
      if (isStored) dispatch.failed(error);
    };
    const done = (): void => {
      if (answer === undefined) reject(refusal ?? dispatch.withheld());
    };
    // The job is on its way already when a layer calls `next` again.
    ended = runOnion({ layers, ctx: dispatch.ctx, core, again: (first) => first }).then(done, failed);
  });
  return { passed, ended };
}
