/** The syntax tree that the library's parser makes of tokens. */

import { parse } from '@huggingface/jinja';
import { TemplateFailure } from '../budget.js';
import { type Token, tokens } from './lexer.js';

export type Parameter = Identifier | KeywordArgument;
type Identifier = { readonly type: 'Identifier'; readonly value: string };
type KeywordArgument = {
  readonly type: 'KeywordArgumentExpression';
  readonly key: Identifier;
  readonly value: Node;
};
export type Call = { readonly type: 'CallExpression'; readonly callee: Node; readonly args: readonly Node[] };
export type Binary = {
  readonly type: 'BinaryExpression';
  readonly operator: Pick<Token, 'value'> & Partial<Token>;
  readonly left: Node;
  readonly right: Node;
};
export type Macro = {
  readonly type: 'Macro';
  readonly name: Identifier;
  readonly args: readonly Parameter[];
  readonly body: readonly Node[];
};
export type For = {
  readonly type: 'For';
  readonly loopvar: Node;
  readonly iterable: Node;
  readonly body: readonly Node[];
  readonly defaultBlock: readonly Node[];
};
export type SetStatement = {
  readonly type: 'Set';
  readonly assignee: Node;
  readonly value: Node | null;
  readonly body: readonly Node[];
};
export type CallStatement = {
  readonly type: 'CallStatement';
  readonly call: Call;
  readonly callerArgs: readonly Parameter[] | null;
  readonly body: readonly Node[];
};
export type Member = {
  readonly type: 'MemberExpression';
  readonly object: Node;
  readonly property: Node;
  readonly computed: boolean;
};
export type Slice = {
  readonly type: 'SliceExpression';
  readonly start?: Node;
  readonly stop?: Node;
  readonly step?: Node;
};

export type Node =
  | Identifier
  | KeywordArgument
  | Call
  | Binary
  | Macro
  | For
  | SetStatement
  | CallStatement
  | Member
  | Slice
  | { readonly type: 'Program'; readonly body: readonly Node[] }
  | {
      readonly type: 'If';
      readonly test: Node;
      readonly body: readonly Node[];
      readonly alternate: readonly Node[];
    }
  | { readonly type: 'FilterStatement'; readonly filter: Identifier | Call; readonly body: readonly Node[] }
  | { readonly type: 'Break' | 'Continue' | 'Comment' }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'StringLiteral'; readonly value: string }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Node[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Node, Node> }
  | { readonly type: 'FilterExpression'; readonly operand: Node; readonly filter: Identifier | Call }
  | {
      readonly type: 'TestExpression';
      readonly operand: Node;
      readonly negate: boolean;
      readonly test: Identifier;
    }
  | { readonly type: 'UnaryExpression'; readonly operator: Pick<Token, 'value'>; readonly argument: Node }
  | { readonly type: 'Ternary'; readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node }
  | { readonly type: 'SelectExpression'; readonly lhs: Node; readonly test: Node }
  | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: Node };

/** @throws TemplateFailure */
export function parseTemplate(template: string): Node {
  const list = tokens(template);
  try {
    // The parser reads type and value of tokens, and keeps the tokens of operators.
    return parse(list as unknown as Parameters<typeof parse>[0]) as unknown as Node;
  } catch (error) {
    if (error instanceof TemplateFailure) throw error;
    throw new TemplateFailure(
      `its syntax is not supported (${error instanceof Error ? error.message : error})`,
    );
  }
}

/** Whether code reads a variable. */
export function mentions(nodes: unknown, name: string): boolean {
  if (Array.isArray(nodes)) return nodes.some((node) => mentions(node, name));
  if (nodes instanceof Map) return [...nodes].some((pair) => mentions(pair, name));
  if (typeof nodes !== 'object' || nodes === null) return false;
  if ('type' in nodes && nodes.type === 'Identifier' && 'value' in nodes && nodes.value === name) return true;
  return Object.values(nodes).some((node) => mentions(node, name));
}
