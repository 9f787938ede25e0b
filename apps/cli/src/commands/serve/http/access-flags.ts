import { isIP } from 'node:net';
import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Origins that are no web address: of extensions, and of pages without one. */
const OTHER_ORIGIN = /^(null|[a-z][a-z\d+.-]*:\/\/[^\s/?#*]+)$/;

/** Argument parser, repeatable: origins of web pages as browsers send them, in lower case and without the usual port. */
export const origins = (text: string, earlier: string[] | undefined): string[] => [
  ...(earlier ?? []),
  originOf(text),
];

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url !== undefined && /^https?:$/.test(url.protocol);
  if (isWeb && url.href === `${url.origin}/` && !url.host.includes('*')) return url.origin;
  if (!isWeb && OTHER_ORIGIN.test(text)) return text;
  throw new InvalidArgumentError('It must be one origin without a path, such as https://chat.example.');
}

/** Argument parser, repeatable: names of machines as they stand in a Host header, without the port. */
export const hostNames = (text: string, earlier: string[] | undefined): string[] => {
  if (isIP(text) === 0 && !/^[^\s:/*]+$/.test(text))
    throw new InvalidArgumentError('It must be one name without a port, such as gpu.lan.');
  return [...(earlier ?? []), text];
};
