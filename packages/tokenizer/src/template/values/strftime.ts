import { TemplateFailure } from '../budget.js';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...[
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
  ],
  'December',
];

/** Python's `strftime` with local time and English names. @throws TemplateFailure for other formats */
export function strftime(format: string, now: Date): string {
  return format.replace(/%(-?)([\s\S])?/g, (all, plain: string, letter: string = '') => {
    const two = (value: number, width = 2) => String(value).padStart(plain ? 1 : width, '0');
    const hours = now.getHours();
    const formats: Readonly<Record<string, () => string>> = {
      Y: () => String(now.getFullYear()),
      y: () => two(now.getFullYear() % 100),
      m: () => two(now.getMonth() + 1),
      d: () => two(now.getDate()),
      H: () => two(hours),
      I: () => two(hours % 12 || 12),
      M: () => two(now.getMinutes()),
      S: () => two(now.getSeconds()),
      j: () => two(dayOfYear(now), 3),
      p: () => (hours < 12 ? 'AM' : 'PM'),
      A: () => DAYS[now.getDay()]!,
      a: () => DAYS[now.getDay()]!.slice(0, 3),
      B: () => MONTHS[now.getMonth()]!,
      b: () => MONTHS[now.getMonth()]!.slice(0, 3),
      '%': () => '%',
    };
    if (!Object.hasOwn(formats, letter)) throw new TemplateFailure(`the date format ${all} is not supported`);
    return formats[letter]!();
  });
}

function dayOfYear(now: Date): number {
  const midnight = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  return (midnight - Date.UTC(now.getFullYear(), 0, 0)) / 86_400_000;
}
