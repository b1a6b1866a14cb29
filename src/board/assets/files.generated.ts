/** The pages of the board, as board-ui builds them: name → type and gzipped bytes in base64. Written by npm run build:board. */
export const FILES: Readonly<Record<string, { readonly type: string; readonly gzip: string }>> = {};
