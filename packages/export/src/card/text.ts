/** Text without line ends, which would begin another block of Markdown. */
export const oneLine = (value: string): string => value.replace(/[\r\n\u2028\u2029]+/g, ' ');

/** Text that fits into a cell of a table. */
export const cell = (value: string): string => oneLine(value.replaceAll('|', '\\|'));

/** The last part of a path, of either kind, in one line. */
export const baseName = (path: string): string => oneLine(path.split(/[\\/]/).filter(Boolean).at(-1) ?? path);
