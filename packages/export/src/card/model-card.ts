import type { DecoderConfig } from '@grasp/decoder';
import { hasOneShape, layerWidths } from '../layer-widths.js';
import type { CardAbout, CardRecord, CardSettings, CardText } from './card-record.js';
import { writeFrontMatter } from './front-matter.js';
import { stepsOf } from './steps.js';
import { baseName, cell, oneLine } from './text.js';
import { withoutFolders } from './without-folders.js';

/**
 * README.md of a pruned model: origin, budgets, texts, perplexities, how to load it, limits, licence. File names appear
 * without their folders, so a published card names no path of the machine.
 */
export function modelCard(record: CardRecord, { name, ...rest }: CardAbout): string {
  const about = { name: oneLine(name), ...rest };
  const sections = [
    frontMatter(about),
    introduction(record, about),
    results(record),
    loading(about),
    making(record),
    limits(record),
    licence(about),
  ];
  return `${sections.join('\n\n')}\n`;
}

function frontMatter({ origin = {}, config }: CardAbout): string {
  return writeFrontMatter({
    license: origin.license,
    license_name: origin.licenseName,
    license_link: origin.licenseLink,
    language: origin.languages,
    base_model: origin.baseModel,
    library_name: 'transformers',
    pipeline_tag: 'text-generation',
    tags: ['pruned', 'structured-pruning', 'grasp', config.architecture.modelType],
  });
}

function introduction(
  { model, before, after }: CardRecord,
  { name, origin: { baseModel } = {} }: CardAbout,
): string {
  const base =
    baseModel === undefined
      ? baseName(model)
      : `[${oneLine(baseModel)}](https://huggingface.co/${encodeURI(oneLine(baseModel))})`;
  return `# ${name}

${base} with ${percent(1 - after.parameters / before.parameters)} of its parameters removed: FFN channels and key/value
heads were cut out under one global budget, ${percent(after.prunableParameters / before.prunableParameters)} of what can be pruned is left, and the rest is
dense matrices of smaller size. Nothing is sparse, so it is faster and smaller wherever it runs.`;
}

function results({ budgets, before, after, perplexity }: CardRecord): string {
  const row = (what: string, dense: string, pruned: string) => `| ${what} | ${dense} | ${pruned} |`;
  const texts = Object.keys(perplexity.dense ?? {});
  const values = (model: string, text: string) => perplexity[model]?.[text]?.toFixed(2) ?? '';
  return `## Results

| | dense | pruned |
| --- | --- | --- |
${[
  row('parameters', millions(before.parameters), millions(after.parameters)),
  row('of these prunable', millions(before.prunableParameters), millions(after.prunableParameters)),
  row('KV cache a token, 16 bits', bytes(before.kvCacheBytesPerToken), bytes(after.kvCacheBytesPerToken)),
  ...texts.map((text) => row(`perplexity, ${text}`, values('dense', text), values('calibrated', text))),
].join('\n')}

Asked for and kept, counted in the written weights; embeddings, head and norms are never pruned:

| budget | dense | at most | kept |
| --- | --- | --- | --- |
${budgets
  .map(
    ({ name, limit, kept, total }) =>
      `| ${name} | ${amount(total)} | ${amount(limit)} (${percent(limit / total)}) | ${amount(kept)} (${percent(kept / total)}) |`,
  )
  .join('\n')}`;
}

function loading({ name, config, needsCode = !hasOneShape(config) }: CardAbout): string {
  const plain = !needsCode;
  const remote = plain ? '' : ', trust_remote_code=True';
  const why = plain
    ? 'All layers have one shape, so this is an ordinary model of its architecture.'
    : `${whyCode(config)} The modelling file that comes with the weights builds them from the classes of
transformers, hence \`trust_remote_code=True\`; tested with transformers 4.57 and 5.24.`;
  const others = hasOneShape(config)
    ? 'that make the same check of heads: not this model.'
    : 'that know one shape for all layers: not this model; prune again with `--layout uniform`.';
  return `## Use

${why}

\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "."  # where this file is
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder${remote})
inputs = tokenizer("The capital of France is", return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=20)[0]))
\`\`\`

${llamaCpp(name)}

- **lm_eval**: \`lm_eval --model hf --model_args pretrained=.${plain ? '' : ',trust_remote_code=True'} --tasks …\`
- **peft**: name the matrices, for example \`target_modules=["q_proj", "v_proj", "down_proj"]\`.
- **vLLM**: \`vllm serve .${plain ? '' : ' --model-impl transformers --trust-remote-code'}\`${
    plain ? '' : `\n- Others ${others}`
  }`;
}

/** Why an ordinary config of the architecture does not fit. */
function whyCode(config: DecoderConfig): string {
  if (!hasOneShape(config)) return 'Layers differ in width.';
  const { hiddenSize, layers } = config;
  const { num_attention_heads: heads } = layerWidths(config, layers[0]!);
  const misfit = hiddenSize % heads === 0 ? 'span' : 'divide';
  return `All layers have one shape, but ${heads} heads do not ${misfit} the hidden size ${hiddenSize}, as the config class demands.`;
}

function llamaCpp(name: string): string {
  return `- **llama.cpp**, Ollama, LM Studio: write a GGUF file, which stock releases run:
  \`grasp export . --gguf f16 --out ${name}.gguf\` (or \`bf16\`, \`f32\`, \`q8_0\`, \`q6_k\`, \`q5_k_m\`, \`q4_k_m\`, \`q4_0\`)`;
}

function making({ settings, chosenBy, data, versions }: CardRecord): string {
  const texts: [string, CardText][] = [
    [settings.choice === 'gates' ? 'gates' : 'choice of units', data.gates],
    ['scales', data.scales],
    ...Object.entries(data.evaluation).map(([name, text]): [string, CardText] => [
      `perplexity, ${name}`,
      text,
    ]),
  ];
  return `## How it was made

Pruned by GRASP ${versions.grasp ?? ''}, after GRASPrune ([arXiv 2604.19398](https://arxiv.org/abs/2604.19398)): ${stepsOf(settings, chosenBy).join(';\nthen ')}.

| text for | blocks × tokens | from | fingerprint |
| --- | --- | --- | --- |
${texts
  .map(
    ([use, { shape, description, fingerprint }]) =>
      `| ${use} | ${shape.join(' × ')} | ${cell(withoutFolders(description))} | \`${fingerprint.slice(0, 16)}\` |`,
  )
  .join('\n')}

Settings: ${entriesOf(settings)
    .map(([key, value]) => `\`${key}\` ${cell(String(value))}`)
    .join(', ')}.`;
}

/** Each setting by its dotted path. A table of measured times is too long for a card. */
function entriesOf(settings: CardSettings): [path: string, value: unknown][] {
  const isGroup = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.entries(settings).flatMap(([name, value]): [string, unknown][] => {
    if (!isGroup(value)) return [[name, value]];
    const inner = Object.entries(value as object).filter(([, each]) => each !== undefined && !isGroup(each));
    return inner.map(([field, each]) => [`${name}.${field}`, each]);
  });
}

function limits({ perplexity }: CardRecord): string {
  const measured = Object.keys(perplexity.dense ?? {}).join(', ');
  const only =
    measured === '' ? 'Its quality was not measured.' : `Its quality was measured on ${measured} alone.`;
  return `## Limits

A pruned model has forgotten things, most of all where the text it was calibrated on says little: other languages, code,
rare facts. ${only} Evaluate it on your own task before you rely on it. The risks and biases of the
dense model remain, and may be worse.`;
}

function licence({ origin = {} }: CardAbout): string {
  const { license, licenseName, licenseLink } = origin;
  if (license === undefined) {
    return '## Licence\n\nThat of the dense model, whose files did not name one: look it up before you share this.';
  }
  const name = license === 'other' ? (licenseName ?? 'see the licence file') : license;
  const link = licenseLink === undefined ? '' : ` (${licenseLink})`;
  return `## Licence\n\nThat of the dense model: ${oneLine(name)}${oneLine(link)}.`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const amount = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 1e6 ? 1 : 0 });
const millions = (count: number): string => `${(count / 1e6).toFixed(1)} M`;
const bytes = (count: number): string => `${(count / 1024).toFixed(1)} KiB`;
