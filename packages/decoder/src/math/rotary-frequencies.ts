import type { Llama3Scaling, RotaryConfig, YarnScaling } from '../spec/rotary-config.js';

/**
 * Angle per position of each of the `dims / 2` frequencies, rounded up, in float64 (transformers, modeling_rope_utils).
 *
 * @param read length of the text that is read. Default: one of the lengths that the model was trained on.
 */
export function rotaryFrequencies(config: RotaryConfig, read = 0): Float64Array {
  const { dims, theta } = config;
  const base = config.scaling === 'dynamic' ? grownBase(config, read) : theta;
  return Float64Array.from({ length: Math.ceil(dims / 2) }, (_, i) => {
    const frequency = base ** ((-2 * i) / dims);
    switch (config.scaling) {
      case 'none':
      case 'dynamic':
        return frequency;
      case 'linear':
        return frequency / config.factor;
      case 'factors':
        return frequency / (config.factors[i] ?? 1);
      case 'longrope':
        return frequency / (read > config.originalContextLength ? config.long : config.short)[i]!;
      case 'llama3':
        return llama3Frequency(config, frequency);
      case 'yarn':
        return yarnFrequency(config, frequency, i);
    }
  });
}

/** The lengths of text that share one set of frequencies, as a key. */
export function frequencyRegime(config: RotaryConfig | undefined, read: number): number {
  if (config?.scaling === 'dynamic') return Math.max(read, config.originalContextLength);
  if (config?.scaling === 'longrope') return read > config.originalContextLength ? 1 : 0;
  return 0;
}

/** NTK-aware scaling: the base for texts longer than the context of training. */
function grownBase(
  { theta, dims, factor, originalContextLength: context }: RotaryConfig & { readonly scaling: 'dynamic' },
  read: number,
): number {
  const growth = (factor * Math.max(read, context)) / context - (factor - 1);
  return theta * growth ** (dims / (dims - 2));
}

function llama3Frequency(
  {
    factor,
    lowFrequencyFactor: low,
    highFrequencyFactor: high,
    originalContextLength: context,
  }: Llama3Scaling,
  frequency: number,
): number {
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > context / low) return frequency / factor;
  if (wavelength < context / high) return frequency;
  const smooth = (context / wavelength - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** YaRN, section 3.2: frequencies that turn often within the context stay, those that turn little are divided. */
function yarnFrequency(
  { factor, betaFast, betaSlow, truncate, originalContextLength, theta, dims }: RotaryConfig & YarnScaling,
  frequency: number,
  i: number,
): number {
  /** The pair that turns so many times within the context. */
  const pairOf = (turns: number) =>
    (dims * Math.log(originalContextLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [from, to] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(from) : from, 0);
  const high = Math.min(truncate ? Math.ceil(to) : to, dims - 1);
  const ramp = Math.min(1, Math.max(0, (i - low) / (high === low ? 0.001 : high - low)));
  return (frequency / factor) * ramp + frequency * (1 - ramp);
}
