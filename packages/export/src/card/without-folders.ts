/** Cuts the paths in a description to their last part, so that a published text names no folder of the machine. */
export const withoutFolders = (description: string): string =>
  description.replace(/(^|\s)(?:~|\.{1,2}|[A-Za-z]:)?[\\/]\S*[\\/]/g, '$1');
