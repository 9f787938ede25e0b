import type { Message } from '@grasp/tokenizer';
import * as z from 'zod';
import { ApiError } from './api-error.js';
import { LIMITS } from './limits.js';

const stop = z.string().min(1).max(LIMITS.stopCharacters);

/** Fields of both endpoints. What would change the answer and is not supported must have its neutral value. */
const common = {
  model: z.string().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([stop, z.array(stop).max(LIMITS.stops)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1).nullish(),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  logit_bias: z.strictObject({}).nullish(),
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
  best_of: z.literal(1).nullish(),
  echo: z.literal(false).nullish(),
  suffix: z.literal('').nullish(),
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
  tools: z.array(z.never()).nullish(),
  functions: z.array(z.never()).nullish(),
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
