import { randomInt } from 'node:crypto';
import type { ChatPrompt } from '@grasp/tokenizer';
import type { CompletingModel, CompletionJob } from '../../../shared/generation/complete.js';
import { ApiError } from './api-error.js';
import type { ChatRequest, CommonRequest, CompletionRequest } from './requests.js';

/** The model of a server. */
export interface ServedModel extends CompletingModel {
  readonly name: string;
  readonly vocabSize: number;
  /** Renders a conversation. Undefined if the model has no chat template. */
  readonly chatPrompt: ChatPrompt | undefined;
}

/** OpenAI's default for `/v1/completions`. */
const DEFAULT_MAX_TOKENS = 16;

/** The job of a request to `/v1/chat/completions`. @throws ApiError, ChatTemplateError */
export async function chatJob(
  request: ChatRequest,
  model: ServedModel,
  signal: AbortSignal,
): Promise<CompletionJob> {
  checkName(request, model);
  if (!model.chatPrompt) {
    throw new ApiError(400, `${model.name} has no chat template. Use /v1/completions.`, 'no_chat_template');
  }
  const text = await model.chatPrompt(request.messages, signal);
  const prompt = await model.tokenizer.encode(text, { specialTokens: false });
  const { max_completion_tokens, max_tokens, logprobs, top_logprobs } = request;
  return {
    ...sampling(request),
    ...fitted(prompt, max_completion_tokens ?? max_tokens ?? Number.POSITIVE_INFINITY, model, 'messages'),
    scores: logprobs ? (top_logprobs ?? 0) : undefined,
  };
}

/** The jobs of a request to `/v1/completions`, one per prompt. @throws ApiError */
export async function completionJobs(
  request: CompletionRequest,
  model: ServedModel,
): Promise<CompletionJob[]> {
  checkName(request, model);
  const { max_tokens, logprobs } = request;
  const jobs: CompletionJob[] = [];
  for (const prompt of promptsOf(request)) {
    const ids = typeof prompt === 'string' ? await model.tokenizer.encode(prompt) : Int32Array.from(prompt);
    jobs.push({
      ...sampling(request),
      ...fitted(ids, max_tokens ?? DEFAULT_MAX_TOKENS, model, 'prompt'),
      scores: logprobs ?? undefined,
    });
  }
  return jobs;
}

function promptsOf({ prompt }: CompletionRequest): readonly (string | readonly number[])[] {
  if (typeof prompt === 'string') return [prompt];
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as string[] | number[][]);
}

function checkName({ model: name }: CommonRequest, model: ServedModel): void {
  if (name == null || name === model.name) return;
  const message = `There is no model "${name}" here. This server has "${model.name}".`;
  throw new ApiError(404, message, 'model_not_found', 'model');
}

function sampling({ temperature, top_p, top_k, min_p, seed, stop }: CommonRequest) {
  return {
    temperature: temperature ?? 1,
    topP: top_p ?? 1,
    topK: top_k == null || top_k < 1 ? undefined : top_k, // 0 and -1 are all tokens in vLLM
    minP: min_p ?? 0,
    seed: seed == null ? randomInt(2 ** 32) : seed >>> 0,
    stop: typeof stop === 'string' ? [stop] : (stop ?? []),
  };
}

/** A prompt, and how many tokens may follow it in the context of the model. */
function fitted(prompt: Int32Array, wanted: number, { view, vocabSize }: ServedModel, param: string) {
  const room = view.contextLength - prompt.length;
  if (room < 1) {
    const message = `${param}: ${prompt.length} tokens do not fit into the model's context of ${view.contextLength} tokens with a reply.`;
    throw new ApiError(400, message, 'context_length_exceeded', param);
  }
  if (prompt.length === 0) throw new ApiError(400, `${param}: it has no tokens.`, 'invalid_value', param);
  if (prompt.some((id) => id >= vocabSize)) {
    throw new ApiError(400, `${param}: token ids must be below ${vocabSize}.`, 'invalid_value', param);
  }
  return { prompt, maxTokens: Math.min(wanted, room) };
}
