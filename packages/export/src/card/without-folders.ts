/** A description with the paths in it cut to their last part: what is published names no folder of the machine. */
export const withoutFolders = (description: string): string =>
  description.replace(/(^|\s)(?:~|\.{1,2}|[A-Za-z]:)?[\\/]\S*[\\/]/g, '$1');
