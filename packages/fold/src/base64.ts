/** Encodes bytes as base64, in Node and in browsers. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  const chunk = 0x8000; // arguments of one call
  for (let at = 0; at < bytes.length; at += chunk) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  }
  return btoa(text);
}

/** Decodes base64. @throws {DOMException} if the text is not base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
