import { createTransport } from "nodemailer";
import { setting } from "../settings.js";
import type { EmailSendHandler } from "../tasks.gen/index.js";

/**
 * Hands one mail to the mail server. A job may run twice when a worker dies, so the Message-ID comes from the job:
 * the second copy is the same message to every mail program.
 */
export const emailSend: EmailSendHandler = async (email, ctx) => {
  const transport = createTransport(setting("SMTP_URL"));
  const sent = await transport.sendMail({
    from: "Taskora Shop <orders@shop.example>",
    to: email.to,
    cc: email.cc,
    subject: email.subject,
    text: email.text,
    headers: { "Content-Language": email.locale },
    messageId: `<${ctx.id}@shop.example>`,
    attachments: email.attachments.map(({ name, contentType, base64 }) => ({
      filename: name,
      contentType,
      content: Buffer.from(base64, "base64"),
    })),
  });
  return { messageId: sent.messageId, accepted: sent.accepted.map(String) };
};
