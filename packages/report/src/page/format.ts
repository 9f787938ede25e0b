/** 1234567 → 1,234,567 */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');

/** 1, 'layer' → 1 layer; 1234, 'layer' → 1,234 layers */
export const formatItems = (count: number, noun: string): string =>
  `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`;

/** 0.5 → 50.0% */
export const formatShare = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)}%`;

/** 1536 → 1.5 KiB */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** 134515008 → 134.5M */
export function formatParameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)}B`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)}M`;
  return count >= 1e4 ? `${(count / 1e3).toFixed(1)}K` : formatCount(count);
}
