/** Control characters except tab and newline, and marks that change the direction of text. */
const CONTROL = /(?![\t\n])[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Text as it may stand in HTML and SVG, between tags and in attributes. Control characters become `\u001b`. */
export const escapeMarkup = (text: string): string =>
  text
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(CONTROL, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
