/**
 * A process that serves one GGUF file with stock llama.cpp on the CPU, otherwise with the library's defaults:
 * `llama-server-process FILE PORT LOAD`, with the load as JSON. Its endpoints are those of vLLM that `grasp-bench serve` uses,
 * and `/kv-cache`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import type { Load } from '../serving.js';
import { TokenStreams } from './token-streams.js';

interface CompletionRequest {
  readonly prompt: readonly number[];
  readonly max_tokens: number;
}

const [file = '', port = '0', load = '{}'] = process.argv.slice(2);
const { prompt, tokens, concurrency, threads } = JSON.parse(load) as Load;
const sequences = Math.max(...concurrency);
const llama = await getLlama({
  gpu: false,
  build: 'never',
  maxThreads: threads,
  logLevel: LlamaLogLevel.error,
});
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: prompt + tokens, sequences, threads });
const streams = new TokenStreams(context, sequences);
const bytesPerToken = await streams.kvCacheBytesPerToken(model);

async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, max_tokens } = (await json(request)) as CompletionRequest;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for await (const token of streams.answer(prompt, max_tokens))
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, text: '', token_ids: [token] }] })}\n\n`);
  response.end('data: [DONE]\n\n');
}

createServer((request, response) => {
  if (request.url === '/v1/completions') {
    complete(request, response).catch((error: Error) => {
      response.end(`data: ${JSON.stringify({ error: { message: error.message } })}\n\n`);
    });
  } else if (request.url === '/kv-cache') response.end(JSON.stringify({ bytesPerToken }));
  else response.writeHead(request.url === '/health' ? 200 : 404).end();
}).listen(Number(port), '127.0.0.1');
