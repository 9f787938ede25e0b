/** An ONNX model file: a graph in the messages of onnx.proto. Weights are named by their place in other files. */
import protobuf from 'protobufjs/light.js';
import { ELEMENT_TYPES } from './graph-builder.js';
import {
  type OnnxConstant,
  type OnnxGraph,
  type OnnxNode,
  type OnnxPort,
  type OnnxWeight,
  weightBytes,
} from './onnx-graph.js';

/** Where a weight lies. */
export interface WeightPlace {
  readonly weight: OnnxWeight;
  /** Name of the data file, beside the model file. */
  readonly file: string;
  /** In bytes. */
  readonly offset: number;
}

/** The version of the standard operators. Runtimes since 2022 have it. No other operators are used. */
export const OPSET = 17;
/** The version of the file format that came with it. */
const IR_VERSION = 8;

const field = (type: string, id: number) => ({ type, id });
const list = (type: string, id: number) => ({ rule: 'repeated', type, id });

/** The messages of onnx.proto in use, with the fields in use. */
const SCHEMA = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('GraphProto', 7),
        opsetImport: list('OperatorSetIdProto', 8),
      },
    },
    OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    GraphProto: {
      fields: {
        node: list('NodeProto', 1),
        name: field('string', 2),
        initializer: list('TensorProto', 5),
        input: list('ValueInfoProto', 11),
        output: list('ValueInfoProto', 12),
      },
    },
    NodeProto: {
      fields: {
        input: list('string', 1),
        output: list('string', 2),
        name: field('string', 3),
        opType: field('string', 4),
        attribute: list('AttributeProto', 5),
      },
    },
    AttributeProto: {
      fields: {
        name: field('string', 1),
        i: field('int64', 3),
        ints: list('int64', 8),
        type: field('int32', 20),
      },
    },
    TensorProto: {
      fields: {
        dims: list('int64', 1),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
        externalData: list('StringStringEntryProto', 13),
        dataLocation: field('int32', 14),
      },
    },
    StringStringEntryProto: { fields: { key: field('string', 1), value: field('string', 2) } },
    ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
    TypeProto: { fields: { tensorType: field('Tensor', 1) } },
    Tensor: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: list('Dimension', 1) } },
    Dimension: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
  },
});

/** `AttributeProto.AttributeType` */
const [INT, INTS] = [2, 7];
/** `TensorProto.DataLocation` */
const EXTERNAL = 1;

/** The bytes of a model file. */
export function encodeModel(graph: OnnxGraph, places: readonly WeightPlace[]): Uint8Array {
  const model = SCHEMA.lookupType('ModelProto');
  return model
    .encode({
      irVersion: IR_VERSION,
      producerName: 'grasp',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: 'decoder',
        node: graph.nodes.map(nodeMessage),
        initializer: [...graph.constants.map(constantMessage), ...places.map(weightMessage)],
        input: graph.inputs.map(portMessage),
        output: graph.outputs.map(portMessage),
      },
    })
    .finish();
}

const nodeMessage = ({ opType, name, inputs: input, outputs: output, attributes }: OnnxNode) => ({
  ...{ opType, name, input, output },
  attribute: Object.entries(attributes).map(([key, value]) =>
    typeof value === 'number' ? { name: key, i: value, type: INT } : { name: key, ints: value, type: INTS },
  ),
});

const constantMessage = ({ name, shape, values }: OnnxConstant) => ({
  name,
  dims: shape,
  dataType: ELEMENT_TYPES[values instanceof Float32Array ? 'FLOAT' : 'INT64'],
  rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

const weightMessage = ({ weight, file, offset }: WeightPlace) => ({
  name: weight.name,
  dims: weight.shape,
  dataType: ELEMENT_TYPES[weight.type],
  dataLocation: EXTERNAL,
  externalData: [
    { key: 'location', value: file },
    { key: 'offset', value: String(offset) },
    { key: 'length', value: String(weightBytes(weight)) },
  ],
});

const portMessage = ({ name, type, shape }: OnnxPort) => ({
  name,
  type: {
    tensorType: {
      elemType: ELEMENT_TYPES[type],
      shape: {
        dim: shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })),
      },
    },
  },
});
