import { existsSync } from 'node:fs';
import { findModel, MODELS } from './catalogue/catalogue.js';
import { ModelError } from './errors.js';
import { type FetchModelOptions, fetchModel } from './fetch-model.js';

/**
 * The folder or file of a model that a user names by its path or by its name in the catalogue. A path that exists wins.
 * A model of the catalogue is downloaded on first use. Other paths are returned as they are.
 *
 * @throws ModelError ('unknown-name') if it looks like a name: no `/`, no `\`, no ending of a model file
 * @throws as `fetchModel`
 */
export async function localModel(argument: string, options: FetchModelOptions = {}): Promise<string> {
  if (existsSync(argument)) return argument;
  const model = findModel(argument);
  if (model) return fetchModel(model, options);
  if (/[/\\]|\.(gguf|safetensors|json)$/i.test(argument) || argument === '') return argument;
  throw unknownName(argument);
}

/** The model of the catalogue that has this name, in upper or lower case. @throws ModelError ('unknown-name') */
export function modelNamed(name: string) {
  const model = findModel(name);
  if (model) return model;
  throw unknownName(name);
}

function unknownName(argument: string): ModelError {
  const names = MODELS.map(({ name }) => name).join(', ');
  return new ModelError(
    'unknown-name',
    `"${argument}" is neither a file or folder here nor the name of a model. Names: ${names}.`,
  );
}
