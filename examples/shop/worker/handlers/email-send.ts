import { NotImplementedError } from "taskora";
import type { EmailSendHandler } from "../tasks.gen/index.js";

export const emailSend: EmailSendHandler = async (_input, _ctx) => {
  throw new NotImplementedError("email.send");
};
