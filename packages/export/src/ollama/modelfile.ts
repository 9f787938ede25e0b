import type { ConversationForm } from './conversation-form.js';
import { goTemplate } from './go-template.js';

/** Parameters of sampling that Ollama knows by the same names. */
export interface OllamaParameters {
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
  readonly repeat_penalty?: number | undefined;
  readonly num_ctx?: number | undefined;
}

export interface ModelfileContent {
  /** Name of the GGUF file, in the same folder. */
  readonly file: string;
  /** Undefined for a model that only continues text. */
  readonly form: ConversationForm | undefined;
  /** Texts of tokens that end a reply. */
  readonly stops: readonly string[];
  readonly parameters: OllamaParameters;
}

/** Modelfiles have no escapes: text with a quote or a line end needs the longer quotes. */
const quoted = (text: string): string => (/["\n]/.test(text) ? `"""${text}"""` : `"${text}"`);

/** A Modelfile for `ollama create`. */
export function modelfile({ file, form, stops, parameters }: ModelfileContent): string {
  const settings = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const noSystem = form && !form.system ? ['# The chat template of this model takes no system message.'] : [];
  return [
    `FROM ./${file}`,
    ...noSystem,
    `TEMPLATE """${form ? goTemplate(form) : '{{ .Prompt }}'}"""`,
    ...[...new Set(stops)].map((stop) => `PARAMETER stop ${quoted(stop)}`),
    ...settings.map(([name, value]) => `PARAMETER ${name} ${value}`),
    '',
  ].join('\n');
}
