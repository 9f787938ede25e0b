import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file of a branch, as the Hub lists it. */
interface Entry {
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

interface Repository {
  readonly private: boolean;
  readonly branches: Map<string, Map<string, Entry>>;
  readonly commits: string[];
}

interface Line {
  readonly key: string;
  readonly value: {
    readonly path: string;
    readonly content: string;
    readonly oid: string;
    readonly size: number;
    readonly summary: string;
  };
}

/** A request of the LFS batch API, which precedes large files. `multipart` is a transfer of the Hub. */
interface BatchRequest {
  readonly operation: string;
  readonly transfers: readonly string[];
  readonly hash_algo: string;
  readonly objects: readonly { readonly oid: string; readonly size: number }[];
}

interface CompleteRequest {
  readonly oid: string;
  readonly parts: readonly { readonly partNumber: number; readonly etag: string }[];
}

type Reply = readonly [status: number, body: unknown];

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const etagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
const gitSha1 = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/**
 * A local server that behaves like the Hugging Face Hub for uploads of models: repositories, branches, preupload, LFS
 * batch with single and multipart transfers, storage, and commits. Safetensors files count as large files.
 */
export class HubStandIn {
  readonly repositories = new Map<string, Repository>();
  /** Content of large files by SHA-256. */
  readonly storage = new Map<string, Buffer>();
  /** Method and path of each request, without its query. */
  readonly requests: string[] = [];
  /** URL and headers of each request to the storage. They must not contain a token. */
  readonly storageRequests: string[] = [];
  /**
   * Breaks the next transfer to the storage that has more than `after` bytes: after that many bytes, once `others` files
   * are stored.
   */
  cut: { readonly after: number; readonly others: number } | undefined;
  /** Refuses every transfer to the storage, as if its signature had expired. */
  expired = false;
  /** Files longer than this are sent in parts of this size. */
  partSize = Number.POSITIVE_INFINITY;
  readonly #parts = new Map<string, Buffer>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  /** @param tokens permission by token. The only owner of repositories is `owner`. */
  constructor(readonly tokens: Readonly<Record<string, 'read' | 'write'>>) {}

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sorted paths of all files of a branch. */
  files(id: string, branch = 'main'): readonly string[] {
    return [...(this.repositories.get(id)?.branches.get(branch)?.keys() ?? [])].sort();
  }

  /** Number of transfers to the storage so far. */
  get uploads(): number {
    return this.requests.filter((request) => request.startsWith('PUT')).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', this.url);
    const path = decodeURIComponent(pathname);
    this.requests.push(`${request.method} ${path}`);
    if (path.startsWith('/storage/')) return this.#store(path.slice('/storage/'.length), request, response);
    const [status, value] = this.#reply(request, path, (await collect(request)).toString());
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }

  #reply({ method, headers }: IncomingMessage, path: string, body: string): Reply {
    const role = this.tokens[(headers.authorization ?? '').replace('Bearer ', '')];
    if (role === undefined) return [401, { error: 'Invalid credentials in Authorization header' }];
    if (role === 'read' && method === 'POST') return [403, { error: 'You need write permissions' }];
    if (path === '/api/repos/create') return this.#create(JSON.parse(body));
    const [, id = '', action = '', revision = ''] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(\w+)\/(.+)$/.exec(path) ??
      /^\/([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/(batch)$/.exec(path) ??
      [];
    const repository = this.repositories.get(id);
    if (!repository) return [404, { error: 'Repository not found' }];
    const branch = repository.branches.get(revision);
    if (action === 'revision') return [200, { _id: '1', id, private: repository.private }];
    if (action === 'batch') return this.#batch(JSON.parse(body));
    if (action === 'branch') {
      if (branch) return [409, { error: 'Reference already exists' }];
      repository.branches.set(revision, new Map(repository.branches.get('main')));
      return [200, {}];
    }
    if (!branch) return [404, { error: `Invalid rev id: ${revision}` }];
    if (action === 'tree') return [200, [...branch.values()].map((entry) => ({ type: 'file', ...entry }))];
    if (action === 'preupload') return [200, { files: JSON.parse(body).files.map(uploadMode) }];
    return action === 'commit' ? this.#commit(repository, branch, body) : [404, { error: 'Not found' }];
  }

  #create({ organization, name, visibility }: Record<string, string>): Reply {
    const id = `${organization}/${name}`;
    if (organization !== 'owner') return [403, { error: `You may not create under ${organization}` }];
    if (this.repositories.has(id)) return [409, { error: 'You already created this model repo' }];
    const branches = new Map([['main', new Map<string, Entry>()]]);
    this.repositories.set(id, { private: visibility === 'private', branches, commits: [] });
    return [200, { url: `${this.url}/${id}`, id }];
  }

  #batch({ operation, transfers, hash_algo, objects }: BatchRequest): Reply {
    if (operation !== 'upload' || hash_algo !== 'sha_256')
      return [422, { error: 'Not an upload by SHA-256' }];
    const href = (oid: string, more = '') =>
      `${this.url.replace('127.0.0.1', 'localhost')}/storage/${oid}${more}?X-Amz-Signature=signed`;
    const action = (oid: string, size: number) => {
      if (size <= this.partSize || !transfers.includes('multipart')) return { href: href(oid) };
      const count = Math.ceil(size / this.partSize);
      const numbers = Array.from({ length: count }, (_, part) => String(part + 1).padStart(5, '0'));
      const parts = Object.fromEntries(numbers.map((number) => [number, href(oid, `/${number}`)]));
      return { href: href(oid, '/complete'), header: { chunk_size: String(this.partSize), ...parts } };
    };
    const wanted = objects.map(({ oid, size }) =>
      this.storage.has(oid) ? { oid, size } : { oid, size, actions: { upload: action(oid, size) } },
    );
    return [200, { transfer: transfers.includes('multipart') ? 'multipart' : 'basic', objects: wanted }];
  }

  async #store(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [oid = '', part] = path.split('/');
    this.storageRequests.push(JSON.stringify([request.url, request.rawHeaders]));
    if (this.expired) return void response.writeHead(403).end('Request has expired');
    const { cut } = this;
    if (cut && Number(request.headers['content-length']) > cut.after) {
      this.cut = undefined;
      let received = 0;
      for await (const chunk of request) {
        received += (chunk as Buffer).length;
        if (received >= cut.after) break;
      }
      while (this.storage.size < cut.others) await new Promise((resolve) => setTimeout(resolve, 5));
      request.socket.destroy();
      return;
    }
    const body = await collect(request);
    if (part === 'complete') return this.#complete(oid, JSON.parse(body.toString()), response);
    // S3 requires a content length.
    if (request.headers['content-length'] === undefined) return void response.writeHead(411).end();
    if (part === undefined) return this.#keep(oid, body, response);
    this.#parts.set(path, body);
    response.writeHead(200, { etag: etagOf(body) }).end();
  }

  /** Joins the parts of a long file. Each part must carry the ETag from the response to its transfer. */
  #complete(oid: string, named: CompleteRequest, response: ServerResponse): void {
    const parts = named.parts.map(({ partNumber, etag }, index) => {
      const content = this.#parts.get(`${oid}/${String(index + 1).padStart(5, '0')}`);
      return content && partNumber === index + 1 && etag === etagOf(content) ? content : undefined;
    });
    if (named.oid !== oid || parts.includes(undefined))
      return void response.writeHead(400).end('InvalidPart');
    this.#keep(oid, Buffer.concat(parts as Buffer[]), response);
  }

  #keep(oid: string, content: Buffer, response: ServerResponse): void {
    if (sha256(content) !== oid) return void response.writeHead(400).end('wrong content');
    this.storage.set(oid, content);
    response.writeHead(200).end('{}');
  }

  #commit({ commits }: Repository, branch: Map<string, Entry>, body: string): Reply {
    const lines = body.split('\n').map((line) => JSON.parse(line) as Line);
    const missing = lines.find(({ key, value }) => key === 'lfsFile' && !this.storage.has(value.oid));
    if (missing) return [400, { error: `LFS pointer to a file that does not exist: ${missing.value.path}` }];
    for (const { key, value } of lines) {
      const { path, oid, size } = value;
      if (key === 'lfsFile') branch.set(path, { path, size, oid: '0', lfs: { oid, size } });
      if (key !== 'file') continue;
      const content = Buffer.from(value.content, 'base64');
      branch.set(path, { path, size: content.length, oid: gitSha1(content) });
    }
    commits.push(lines[0]!.value.summary);
    const commitOid = sha256(Buffer.from(body)).slice(0, 40);
    return [200, { commitOid, commitUrl: `${this.url}/commit/${commitOid}`, success: true }];
  }
}

const uploadMode = ({ path }: { readonly path: string }) => ({
  path,
  uploadMode: path.endsWith('.safetensors') ? 'lfs' : 'regular',
});

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
