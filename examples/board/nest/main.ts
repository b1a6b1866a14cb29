import "reflect-metadata";
import { type CanActivate, type ExecutionContext, Inject, Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { JobContext, Taskora } from "taskora";
import { type ContractItem, defineTask } from "taskora/contract";
import { memoryAdapter } from "taskora/memory";
import { BoardModule, InjectTaskora, TaskHandler, TaskoraModule } from "taskora/nest";
import * as z from "zod";
import { PORT, say } from "../closing.ts";
import { isAda } from "../guard.ts";

const emailSend = defineTask({ name: "email.send", version: 1, input: z.object({ to: z.email() }) });

@Injectable()
class Postman {
  readonly sent: string[] = [];
}

@Injectable()
class Emails {
  constructor(
    @Inject(Postman) private readonly postman: Postman,
    @InjectTaskora() private readonly taskora: Taskora,
  ) {}

  @TaskHandler(emailSend, { concurrency: 3 })
  async send({ to }: ContractItem<typeof emailSend>, { log }: JobContext): Promise<void> {
    this.postman.sent.push(to);
    log.info(`sent to ${to}`);
  }

  onApplicationBootstrap(): void {
    const client = this.taskora.register(emailSend);
    setInterval(() => void client.dispatch({ to: "ada@example.com" }).catch(() => undefined), 1_000).unref();
  }
}

@Injectable()
class OnlyAda implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return isAda(context.switchToHttp().getRequest().headers.authorization);
  }
}

@Module({
  imports: [
    TaskoraModule.forRoot({ taskora: { adapter: memoryAdapter() } }),
    BoardModule.register({ path: "jobs", guards: [OnlyAda], user: () => ({ user: "ada", role: "admin" }) }),
  ],
  providers: [Postman, Emails],
})
class Shop {}

const app = await NestFactory.create<NestExpressApplication>(Shop, { logger: ["error", "warn"] });
app.enableShutdownHooks();
await app.listen(PORT, "127.0.0.1");
say(app.getHttpServer().address());
