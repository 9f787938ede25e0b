import { join } from 'node:path';
import { type Checkpoint, parseJson, tokenizerRoles } from '@grasp/checkpoint';
import { conversationForm, modelfile, type OllamaParameters } from '@grasp/export';
import { replaceFile } from '@grasp/files';
import { chatPrompt, loadTokenizer, type Tokenizer } from '@grasp/tokenizer';
import { endTokens } from '../../shared/generation/continue-tokens.js';

/** Name of the file that Ollama reads. */
export const MODELFILE = 'Modelfile';
/** Ollama reserves memory for its whole context, so a model with a longer one gets this many tokens. */
const MOST_CONTEXT = 8192;

/** The text of a Modelfile for a model whose GGUF file has this name. @throws ChatFormError */
export async function modelfileOf(
  checkpoint: Checkpoint,
  file: string,
  contextLength: number,
): Promise<string> {
  const roles = await tokenizerRoles(checkpoint);
  const tokenizer = await loadTokenizer(checkpoint);
  const prompt = chatPrompt(roles);
  const { bos } = roles.special;
  // Ollama has the file's tokenizer add the token that the template may write too.
  const added = bos !== undefined && (await addsToken(tokenizer, bos)) ? bos : '';
  const form =
    prompt &&
    (await conversationForm(async (messages) => {
      const text = await prompt(messages);
      return text.startsWith(added) ? text.slice(added.length) : text;
    }));
  const decode = (id: number) => tokenizer.decode([id], { skipSpecialTokens: false });
  const stops = form ? await Promise.all(endTokens(roles, tokenizer).map(decode)) : [];
  const parameters = { ...(await samplingOf(checkpoint)), num_ctx: Math.min(contextLength, MOST_CONTEXT) };
  return modelfile({ file, form, stops, parameters });
}

/** @throws FileWriteError */
export const writeModelfile = (
  folder: string,
  text: string,
  options: { readonly overwrite: boolean },
): Promise<void> => replaceFile(join(folder, MODELFILE), text, options);

/** Whether the tokenizer begins each text with a token. */
async function addsToken(tokenizer: Tokenizer, token: string): Promise<boolean> {
  const [first] = await tokenizer.encode('a');
  return first !== undefined && first === tokenizer.tokenId(token);
}

/** The sampling that the model's publisher recommends, by the names of Ollama. */
async function samplingOf(checkpoint: Checkpoint): Promise<OllamaParameters> {
  const file = checkpoint.files.find(({ name }) => name === 'generation_config.json');
  if (!file) return {};
  const config = parseJson(new TextDecoder().decode(await file.read())) as Record<string, unknown>;
  const number = (name: string) => (typeof config[name] === 'number' ? config[name] : undefined);
  return {
    temperature: config.do_sample === false ? 0 : number('temperature'),
    top_p: number('top_p'),
    top_k: number('top_k'),
    repeat_penalty: number('repetition_penalty'),
  };
}
