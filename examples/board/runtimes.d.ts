/** What the examples use of Bun and Deno, whose own types stand in each other's way. */
declare const Bun: {
  serve(options: {
    port: number;
    hostname: string;
    /** Seconds. */
    idleTimeout: number;
    routes: Record<string, (request: Request, server: object) => Response | Promise<Response>>;
    fetch(request: Request): Response;
  }): { readonly port?: number; stop(closeActiveConnections: boolean): Promise<void> };
};

declare const Deno: {
  serve(
    options: { port: number; hostname: string; onListen(address: { port: number }): void },
    handler: (request: Request, info: object) => Response | Promise<Response>,
  ): { shutdown(): Promise<void> };
};
