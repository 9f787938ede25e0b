import type { Message } from '@grasp/tokenizer';
import * as z from 'zod';
import { ApiError } from './api-error.js';
import { LIMITS } from './limits.js';

const stop = z.string().min(1).max(LIMITS.stopCharacters);

const refusal = (neutral: string) => `it is not supported. Leave it out, or give ${neutral}.`;

/** A field that would change the answer and is not supported: it must have the value that changes nothing. */
const only = <Value extends string | number | boolean>(neutral: Value) =>
  z.literal(neutral, refusal(JSON.stringify(neutral))).nullish();

/** Such a field that must be empty. */
const noList = z.array(z.never(refusal('an empty list'))).nullish();
const noObject = z.strictObject({}, refusal('an empty object')).nullish();
const nothing = z.null(refusal('null')).optional();

/** Fields of vLLM and llama.cpp that are not in OpenAI's API. */
const ofOthers = {
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: only(1),
  repeat_penalty: only(1),
  typical_p: only(1),
  mirostat: only(0),
  min_tokens: only(0),
  ignore_eos: only(false),
  use_beam_search: only(false),
  include_stop_str_in_output: only(false),
  stop_token_ids: noList,
  bad_words: noList,
  allowed_token_ids: nothing,
  structured_outputs: nothing,
  guided_json: nothing,
  guided_regex: nothing,
  guided_choice: nothing,
  guided_grammar: nothing,
  grammar: nothing,
  json_schema: nothing,
};

/** Fields of both endpoints. */
const common = {
  ...ofOthers,
  model: z.string().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([stop, z.array(stop).max(LIMITS.stops)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: only(1),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  logit_bias: noObject,
};

const ids = z.array(z.int32().min(0)).min(1);

/** A request to `/v1/completions`. */
const completionSchema = z.object({
  ...common,
  prompt: z.union([
    z.string(),
    ids,
    z.array(z.string()).min(1).max(LIMITS.prompts),
    z.array(ids).min(1).max(LIMITS.prompts),
  ]),
  max_tokens: z.int().min(0).nullish(),
  logprobs: z.int().min(0).max(LIMITS.scores).nullish(),
  best_of: only(1),
  echo: only(false),
  suffix: only(''),
});

const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal('text'), text: z.string() }))
    .transform((parts) => parts.map(({ text }) => text).join('')),
]);

const message = z
  .object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content })
  // `developer` is OpenAI's newer name of the role that chat templates call `system`.
  .transform(({ role, content }): Message => ({ role: role === 'developer' ? 'system' : role, content }));

/** A request to `/v1/chat/completions`. */
const chatSchema = z.object({
  ...common,
  messages: z.array(message).min(1),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(LIMITS.scores).nullish(),
  tools: noList,
  functions: noList,
  add_generation_prompt: only(true),
  continue_final_message: only(false),
  chat_template: nothing,
  chat_template_kwargs: noObject,
  response_format: z.object({ type: z.literal('text') }).nullish(),
});

export type CompletionRequest = z.infer<typeof completionSchema>;
export type ChatRequest = z.infer<typeof chatSchema>;
export type CommonRequest = Pick<CompletionRequest, keyof typeof common>;

/** @throws ApiError 400 that names the first field that is wrong */
export const completionRequest = (body: unknown): CompletionRequest => parsed(completionSchema, body);

/** @throws ApiError 400 that names the first field that is wrong */
export const chatRequest = (body: unknown): ChatRequest => parsed(chatSchema, body);

function parsed<Request>(schema: z.ZodType<Request>, body: unknown): Request {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues as [z.core.$ZodIssue];
  const param = path.join('.');
  throw new ApiError(400, param === '' ? message : `${param}: ${message}`, 'invalid_value', param || null);
}
