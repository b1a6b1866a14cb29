import { expect, it } from "vitest";
import { describeBehaviour } from "../../support/behaviour.js";
import { rejection } from "../../support/signals.js";

describeBehaviour("bad input", ({ app, world }) => {
  it("that cannot be encoded as a result fails that job only", async () => {
    const tasks = app();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const results: Record<string, unknown> = { cyclic, bigint: 1n, symbol: Symbol("x"), function: () => 1 };
    const client = tasks.task("odd", {
      retry: { attempts: 3, delay: 0 },
      handler: (kind) => results[kind as string] ?? "fine",
    });
    await tasks.start();
    for (const kind of Object.keys(results)) {
      const error = await rejection(client.dispatch(kind).result);
      expect(error, kind).toMatchObject({ attempt: 1, cause: { code: "PAYLOAD_UNSERIALIZABLE" } });
    }
    expect(await client.dispatch("else").result).toBe("fine");
  });

  it("that cannot be encoded as a payload rejects that dispatch only", async () => {
    const tasks = app();
    const client = tasks.register({ name: "odd", version: 1 });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const good = client.dispatch("good");
    expect(await rejection(client.dispatch(cyclic))).toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
    expect(await rejection(client.dispatch(1n))).toMatchObject({ code: "PAYLOAD_UNSERIALIZABLE" });
    expect(await (await good).getState()).toBe("waiting");
  });

  it("larger than allowed is refused with both sizes, counted in bytes", async () => {
    const tasks = app({ maxPayloadBytes: 100 });
    const client = tasks.task<string, string>("large", (data) => data + data);
    await tasks.start();
    expect(await client.dispatch("x".repeat(40)).result).toHaveLength(80);
    const inBytes = await rejection(client.dispatch("ü".repeat(50)));
    expect(inBytes).toMatchObject({ code: "PAYLOAD_TOO_LARGE", bytes: 102, maxBytes: 100 });
    expect(inBytes.message).toContain("Store the data elsewhere");
    const result = await rejection(client.dispatch("x".repeat(60)).result);
    expect(result).toMatchObject({ attempt: 1, cause: { code: "PAYLOAD_TOO_LARGE" } });
    expect((result.cause as Error).message).toContain("122 bytes");
  });

  it("stored by somebody else fails that job and leaves its neighbours alone", async () => {
    const adapter = world().adapter();
    await adapter.connect();
    const record = { task: "stored", version: 1, fingerprint: "", priority: 0 };
    await adapter.insert([
      { ...record, id: "00000000000001", payload: "{ not json" },
      { ...record, id: "00000000000002", payload: "" },
      { ...record, id: "00000000000003", payload: '{"fine":true}' },
    ]);
    await adapter.close();
    const tasks = app();
    const client = tasks.task("stored", (data) => ({ data }));
    const page = await tasks.jobs.list({ task: "stored", state: "waiting" });
    expect(page.items.map(({ data, corrupt }) => [data, corrupt !== undefined])).toEqual([
      [undefined, true],
      [undefined, false],
      [{ fine: true }, false],
    ]);
    await tasks.start();
    expect((await rejection(client.job("00000000000001").result)).cause).toMatchObject({
      code: "RECORD_CORRUPT",
    });
    expect(await client.job("00000000000002").result).toEqual({});
    expect(await client.job("00000000000003").result).toEqual({ data: { fine: true } });
  });

  it("with __proto__ stays data on both ends", async () => {
    const tasks = app();
    const client = tasks.task<unknown, unknown>("proto", (data) => data);
    await tasks.start();
    const data = JSON.parse('{"__proto__":{"admin":true},"constructor":{"x":1},"a":[{"__proto__":null}]}');
    expect(JSON.stringify(await client.dispatch(data).result)).toBe(JSON.stringify(data));
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("survives text of every kind", async () => {
    const tasks = app();
    const client = tasks.task<string, string>("text", (data) => data);
    await tasks.start();
    for (const text of [
      "",
      " ",
      "\u0000",
      "ünïcödé",
      "🙂🙃",
      "\ud800",
      'quo"te',
      "{}",
      "\r\n$5\r\n",
      "\u2028",
    ]) {
      expect(await client.dispatch(text).result).toBe(text);
    }
  });

  it("goes through a binary serializer as bytes", async () => {
    const serializer = {
      name: "bytes",
      encode: (value: unknown) => Uint8Array.from([255, 0, ...Buffer.from(JSON.stringify(value))]),
      decode: (data: string | Uint8Array) =>
        JSON.parse(
          Buffer.from(data as Uint8Array)
            .subarray(2)
            .toString(),
        ),
    };
    const tasks = app({ serializer });
    const client = tasks.task<unknown, unknown>("binary", (data, ctx) => {
      ctx.progress(["half", data]);
      return { data };
    });
    await tasks.start();
    const job = client.dispatch("ü");
    expect(await job.result).toEqual({ data: "ü" });
    expect((await job.get())?.progress).toEqual(["half", "ü"]);
    expect((await tasks.jobs.get({ id: job.id }))?.data).toBe("ü");
  });

  it("from a serializer that throws fails only what it threw for", async () => {
    const serializer = {
      name: "picky",
      encode: (value: unknown) => {
        if (value === "bad") throw new Error("I do not like it");
        return JSON.stringify(value);
      },
      decode: (data: string | Uint8Array) => {
        if (String(data) === '"unreadable"') throw new Error("I cannot read it");
        return JSON.parse(String(data)) as unknown;
      },
    };
    const tasks = app({ serializer });
    const client = tasks.task<string, string>("picky", (data) => data);
    await tasks.start();
    expect((await rejection(client.dispatch("bad"))).message).toContain("cannot be encoded as picky");
    const error = await rejection(client.dispatch("unreadable").result);
    expect(error.cause).toMatchObject({ code: "RECORD_CORRUPT" });
    expect(await client.dispatch("good").result).toBe("good");
  });
});
