/** Renders statements as Jinja2 does. */

import { type Budget, TemplateFailure } from '../budget.js';
import { GENERATION } from '../language/lexer.js';
import type { Node } from '../language/syntax.js';
import { str } from '../values/show.js';
import { sizeOf, truthy, type Value } from '../values/values.js';
import { Expressions, NO_ARGUMENTS } from './expressions.js';
import { type Scope, scopeIn } from './scope.js';
import { forLoop, macro } from './statements.js';

/** How a block ended. */
export type Ending = 'end' | 'break' | 'continue';

export class Renderer {
  /** Parts of the text of the innermost block that is captured. */
  out: string[] = [];

  readonly expressions: Expressions;

  constructor(readonly budget: Budget) {
    this.expressions = new Expressions(budget);
  }

  block(nodes: readonly Node[], scope: Scope): Ending {
    for (const node of nodes) {
      const ending = this.#statement(node, scope);
      if (ending !== 'end') return ending;
    }
    return 'end';
  }

  /** The text of a block. */
  capture(nodes: readonly Node[], scope: Scope): string {
    const outer = this.out;
    this.out = [];
    try {
      if (this.block(nodes, scope) !== 'end') throw new TemplateFailure('a break or continue leaves a block');
      return this.out.join('');
    } finally {
      this.out = outer;
    }
  }

  #print(value: Value): void {
    this.budget.step(sizeOf(value));
    this.out.push(this.budget.text(str(value)));
  }

  #statement(node: Node, scope: Scope): Ending {
    this.budget.step();
    switch (node.type) {
      case 'Program':
        return this.block(node.body, scope);
      case 'Comment':
        return 'end';
      case 'If':
        return this.block(
          truthy(this.expressions.value(node.test, scope)) ? node.body : node.alternate,
          scope,
        );
      case 'For':
        return forLoop(this, node, scope);
      case 'Break':
        return 'break';
      case 'Continue':
        return 'continue';
      case 'Macro':
        scope.set(node.name.value, macro(this, node.args, node.body, scope));
        return 'end';
      case 'Set': {
        const value = node.value
          ? this.expressions.value(node.value, scope)
          : this.budget.text(this.capture(node.body, scopeIn(scope)));
        this.expressions.assign(node.assignee, value, scope);
        return 'end';
      }
      case 'CallStatement': {
        const caller = macro(this, node.callerArgs ?? [], node.body, scope);
        const { callee } = node.call;
        if (callee.type === 'Identifier' && callee.value === GENERATION)
          this.#print(caller.call(NO_ARGUMENTS));
        else this.#print(this.expressions.call(node.call, scope, caller));
        return 'end';
      }
      case 'FilterStatement': {
        const text = this.capture(node.body, scopeIn(scope));
        this.#print(this.expressions.filtered(text, node.filter, scope));
        return 'end';
      }
      default:
        this.#print(this.expressions.value(node, scope));
        return 'end';
    }
  }
}
