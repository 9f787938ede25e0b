/** 1234567 → 1,234,567 */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en-US');

/** 79999872 → 79,999,872; 41.234 → 41.23: what a budget counts */
export const formatAmount = (value: number): string =>
  value >= 1000 ? formatCount(value) : value.toFixed(Number.isInteger(value) ? 0 : 2);

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

/** 75 → 1m15s */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  return hours > 0
    ? `${hours}h${String(minutes % 60).padStart(2, '0')}m`
    : `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
}
