const SHOWN = 5;

/** Names for a message: the first few, and how many more there are. Control characters are escaped. */
export function nameList(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(printable).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

/** A name from a file without the characters that control a terminal. */
function printable(name: string): string {
  return name
    .slice(0, 200)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}
