import { parseJson } from '@grasp/files';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { streamSSE } from 'hono/streaming';
import { formatItems } from '../../../shared/format.js';
import { ApiError, apiErrorOf } from '../protocol/api-error.js';
import { chatJob, completionJobs, type ServedModel } from '../protocol/jobs.js';
import { LIMITS } from '../protocol/limits.js';
import { streamAnswer, type Usage, type Work, wholeAnswer } from '../protocol/replies.js';
import { chatForm, textForm } from '../protocol/reply-forms.js';
import { type CommonRequest, chatRequest, completionRequest } from '../protocol/requests.js';
import { type AccessRules, checkAccess } from './access.js';
import { Queue } from './queue.js';

export interface AppOptions extends AccessRules {
  /** How many requests may wait for their turn. */
  readonly queue: number;
  /** Ends all work when it is aborted. */
  readonly closing: AbortSignal;
  /** Takes a line about each request that used the model. */
  readonly onAnswer: (line: string) => void;
  /** Takes a line about each failure of the server itself. */
  readonly onFailure: (line: string) => void;
}

type Prepared = Pick<Work, 'jobs' | 'form'> & { readonly request: CommonRequest };

/** The endpoints of OpenAI's API that ask a model for text. One request at a time uses the model. */
export function serveApp(model: ServedModel, options: AppOptions): Hono {
  const { queue: places, closing, onAnswer, onFailure, origins } = options;
  const queue = new Queue(places);
  const created = Math.floor(Date.now() / 1000);
  const entry = { id: model.name, object: 'model', created, owned_by: 'grasp' };
  const app = new Hono();

  app.onError((error, c) => {
    const told = closing.aborted
      ? new ApiError(503, 'The server is shutting down.', 'shutting_down')
      : apiErrorOf(error);
    // Whoever hung up gets no answer, and the server did not fail.
    if (told.status === 500 && !c.req.raw.signal.aborted)
      onFailure(`${c.req.method} ${c.req.path} failed: ${error.stack ?? error.message}`);
    if (told.status === 413) c.header('connection', 'close'); // the rest of the body is not read
    return c.json(told.body, told.status);
  });
  app.notFound(({ req }) => {
    throw new ApiError(404, `There is no ${req.method} ${req.path} here.`, 'unknown_url');
  });
  app.use(async ({ req }, next) => {
    const [host, origin] = [req.header('host'), req.header('origin')];
    // The browser asks for permission without credentials before it sends a request.
    const apiKey = req.method === 'OPTIONS' ? undefined : options.apiKey;
    checkAccess({ host, origin, authorization: req.header('authorization') }, { ...options, apiKey });
    await next();
  });
  if (origins.length > 0) app.use(cors({ origin: [...origins] }));
  app.use(
    bodyLimit({
      maxSize: LIMITS.bodyBytes,
      onError: () => {
        throw new ApiError(413, `A request may have at most ${LIMITS.bodyBytes} bytes.`, 'request_too_large');
      },
    }),
  );

  app.get('/v1/models', (c) => c.json({ object: 'list', data: [entry] }));
  app.get('/v1/models/:name', (c) => {
    if (c.req.param('name') === model.name) return c.json(entry);
    throw new ApiError(404, `There is no model "${c.req.param('name')}" here.`, 'model_not_found', 'model');
  });
  app.post('/v1/completions', async (c) => {
    const request = completionRequest(await jsonBody(c));
    return answer(c, { request, jobs: await completionJobs(request, model), form: textForm });
  });
  app.post('/v1/chat/completions', async (c) => {
    const request = chatRequest(await jsonBody(c));
    return answer(c, { request, jobs: [await chatJob(request, model, closing)], form: chatForm });
  });

  async function answer(c: Context, { request, jobs, form }: Prepared): Promise<Response> {
    const left = new AbortController(); // the client hung up
    const hungUp = c.req.raw.signal;
    if (hungUp.aborted)
      left.abort(); // while the request was read
    else hungUp.addEventListener('abort', () => left.abort(), { once: true });
    const signal = AbortSignal.any([left.signal, closing]);
    const endTurn = await queue.turn(signal);
    const start = performance.now();
    const logUsage = ({ prompt_tokens, completion_tokens }: Usage): void => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const read = formatItems(prompt_tokens, 'token');
      onAnswer(`${c.req.path}: ${read} read, ${completion_tokens} written in ${seconds} s`);
    };
    const work = { model, jobs, form, signal };
    if (!request.stream) {
      try {
        const document = await wholeAnswer(work);
        logUsage(document.usage);
        return c.json(document);
      } finally {
        endTurn();
      }
    }
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => left.abort());
      const send = (document: object) => stream.writeSSE({ data: JSON.stringify(document) });
      try {
        logUsage(await streamAnswer(work, request.stream_options?.include_usage === true, send));
        await stream.writeSSE({ data: '[DONE]' });
      } catch (error) {
        if (left.signal.aborted) return;
        const told = closing.aborted ? new ApiError(503, 'The server is shutting down.') : apiErrorOf(error);
        if (told.status === 500)
          onFailure(`${c.req.path} failed: ${error instanceof Error ? error.stack : error}`);
        await send(told.body);
      } finally {
        endTurn();
      }
    });
  }

  return app;
}

/** @throws ApiError 400 if the body is not JSON */
async function jsonBody({ req }: Context): Promise<unknown> {
  const text = await req.text();
  try {
    return parseJson(text);
  } catch (error) {
    throw new ApiError(400, `The body is not JSON: ${(error as Error).message}`, 'invalid_json');
  }
}
