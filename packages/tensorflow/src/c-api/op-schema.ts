import { TensorFlowClosedError } from '../errors.js';
import type { CApi, Pointer } from './c-api.js';
import { fields, text } from './protobuf.js';
import { checkStatus } from './status.js';

/** One declared input of an operation. */
interface InputSchema {
  /** Takes a list of tensors. */
  isList: boolean;
}

/** The parts of an operation's OpDef that are needed to pass inputs and attributes. */
export interface OpSchema {
  name: string;
  inputs: InputSchema[];
  hasListInput: boolean;
  /** By attribute: its kind, one of 'int', 'float', 'bool', 'type', 'shape', 'string', 'list(int)', … */
  attrs: ReadonlyMap<string, string>;
  /** Attributes that TensorFlow infers from the inputs. */
  inferred: ReadonlySet<string>;
  isStateful: boolean;
}

/** Field numbers of tensorflow/core/framework/op_def.proto. */
const opDef = { name: 1, input: 2, attr: 4, stateful: 17 };
const argDef = { typeAttr: 4, numberAttr: 5, typeListAttr: 6 };
const attrDef = { name: 1, type: 2 };

export function parseOpDef(message: Uint8Array): OpSchema {
  const inputs: InputSchema[] = [];
  const attrs = new Map<string, string>();
  const inferred = new Set<string>();
  let name = '';
  let isStateful = false;
  for (const [field, value] of fields(message)) {
    if (field === opDef.name) name = text(value);
    if (field === opDef.stateful) isStateful = value === 1;
    if (typeof value === 'number') continue;
    if (field === opDef.input) inputs.push(parseInput(value, inferred));
    if (field === opDef.attr) {
      const parts = new Map(fields(value));
      attrs.set(text(parts.get(attrDef.name)!), text(parts.get(attrDef.type)!));
    }
  }
  return { name, inputs, hasListInput: inputs.some((input) => input.isList), attrs, inferred, isStateful };
}

function parseInput(message: Uint8Array, inferred: Set<string>): InputSchema {
  const input: InputSchema = { isList: false };
  for (const [field, value] of fields(message)) {
    if (field === argDef.numberAttr || field === argDef.typeListAttr) input.isList = true;
    if (field === argDef.typeAttr || field === argDef.numberAttr || field === argDef.typeListAttr) {
      inferred.add(text(value));
    }
  }
  return input;
}

/** Splits a flat list of inputs by the declared ones. Lists share equally the inputs that single ones leave. */
export function splitInputs<T>(
  schema: OpSchema,
  ids: readonly T[],
): { isList: boolean; ids: readonly T[] }[] {
  const lists = schema.inputs.filter((input) => input.isList).length;
  const listLength = (ids.length - (schema.inputs.length - lists)) / lists;
  let at = 0;
  return schema.inputs.map(({ isList }) => {
    const count = isList ? listLength : 1;
    const part = { isList, ids: ids.slice(at, at + count) };
    at += count;
    return part;
  });
}

/** Schemas by operation. Each is looked up once. */
export class OpSchemas {
  readonly #known = new Map<string, OpSchema>();
  readonly #graph: Pointer;
  #closed = false;

  constructor(
    private readonly c: CApi,
    private readonly status: Pointer,
  ) {
    this.#graph = c.TF_NewGraph();
  }

  /** @throws TensorFlowOpError if TensorFlow has no such operation */
  get(name: string): OpSchema {
    if (this.#closed) throw new TensorFlowClosedError();
    const known = this.#known.get(name);
    if (known) return known;
    const buffer = this.c.TF_NewBuffer();
    try {
      this.c.TF_GraphGetOpDef(this.#graph, name, buffer, this.status);
      checkStatus(this.c, this.status, name);
      // struct TF_Buffer { const void *data; size_t length; … }
      const head = new BigUint64Array(2);
      this.c.memcpy(head, buffer, 16);
      const message = new Uint8Array(Number(head[1]));
      this.c.memcpy(message, head[0]!, message.length);
      const schema = parseOpDef(message);
      this.#known.set(name, schema);
      return schema;
    } finally {
      this.c.TF_DeleteBuffer(buffer);
    }
  }

  dispose(): void {
    this.#closed = true;
    this.c.TF_DeleteGraph(this.#graph);
  }
}
