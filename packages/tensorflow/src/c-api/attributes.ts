import { TensorFlowOpError } from '../errors.js';
import type { CApi, Pointer } from './c-api.js';
import { DT } from './data-types.js';

/** The value of an attribute. A type is a TF_DataType or its name ('float', 'bfloat16'). A shape is a list of sizes. */
export type AttributeValue =
  | number
  | boolean
  | string
  | readonly number[]
  | readonly boolean[]
  | readonly string[];

export interface NamedAttribute {
  name: string;
  value: AttributeValue;
}

/** Sets one attribute of an eager operation, or of a graph node that is being built. */
export type AttributeSetter = (target: Pointer, name: string, kind: string, value: AttributeValue) => void;

type Flavour = 'TFE_OpSetAttr' | 'TF_SetAttr';

export function attributeSetter(c: CApi, flavour: Flavour, status: Pointer): AttributeSetter {
  const eager = flavour === 'TFE_OpSetAttr';
  return (target, name, kind, value) => {
    switch (kind) {
      case 'int':
        return c[`${flavour}Int`](target, name, Number(value));
      case 'bool':
        return c[`${flavour}Bool`](target, name, value ? 1 : 0);
      case 'type':
        return c[`${flavour}Type`](target, name, typeNumber(value));
      case 'float':
        return c[`${flavour}Float`](target, name, Number(value));
      case 'string': {
        const bytes = Buffer.from(String(value));
        return c[`${flavour}String`](target, name, bytes, bytes.length);
      }
      case 'shape': {
        const dims = BigInt64Array.from(list(value), BigInt);
        return eager
          ? c.TFE_OpSetAttrShape(target, name, dims, dims.length, status)
          : c.TF_SetAttrShape(target, name, dims, dims.length);
      }
      case 'list(int)': {
        const values = BigInt64Array.from(list(value), BigInt);
        return c[`${flavour}IntList`](target, name, values, values.length);
      }
      case 'list(float)': {
        const values = Float32Array.from(list(value), Number);
        return c[`${flavour}FloatList`](target, name, values, values.length);
      }
      case 'list(bool)': {
        const values = Uint8Array.from(list(value), Number);
        return c[`${flavour}BoolList`](target, name, values, values.length);
      }
      case 'list(type)': {
        const values = Int32Array.from(list(value), typeNumber);
        return c[`${flavour}TypeList`](target, name, values, values.length);
      }
      default:
        throw new TensorFlowOpError(name, 12, `attributes of kind ${kind} are not supported.`);
    }
  };
}

function list(value: AttributeValue): (number | boolean | string)[] {
  return Array.isArray(value) ? value : [value as number];
}

function typeNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  const number = DT[(value === 'float32' ? 'float' : value) as keyof typeof DT];
  if (number === undefined)
    throw new TensorFlowOpError(
      String(value),
      3,
      `'${value}' is not a data type. Data types: ${Object.keys(DT).join(', ')}.`,
    );
  return number;
}
