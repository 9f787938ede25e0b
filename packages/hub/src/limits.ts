/** Limits for what a server may answer. Each is far above the values in use. */
export const LIMITS = {
  /** Pages of one listing. The Hub puts a thousand files on a page. */
  pages: 1000,
  /** Bytes of all answers to one call, without the content of files. */
  replyBytes: 2 ** 28,
  /** Bytes of one listed file. */
  fileBytes: 2 ** 44,
} as const;
