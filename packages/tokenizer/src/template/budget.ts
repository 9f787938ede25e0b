import { LIMITS } from '../limits.js';

/** A template cannot be rendered: it says so itself, it fails as in Jinja2, or it uses something that is not supported. */
export class TemplateFailure extends Error {
  override readonly name = 'TemplateFailure';
}

/** Bounds the work of a template, so that none runs or grows without end. */
export class Budget {
  #steps = 0;
  #characters = 0;
  #depth = 0;

  /** Counts one step. @throws TemplateFailure after {@link LIMITS}.templateSteps */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > LIMITS.templateSteps) throw new TemplateFailure('it takes too many steps');
  }

  /** Counts the characters of a new text. @returns the text */
  text(text: string): string {
    this.#characters += text.length;
    if (this.#characters > LIMITS.promptCharacters) {
      throw new TemplateFailure(`it makes more than ${LIMITS.promptCharacters} characters of text`);
    }
    return text;
  }

  /** Runs a call of a macro, which may call itself. */
  nested<T>(run: () => T): T {
    if (++this.#depth > LIMITS.templateDepth) throw new TemplateFailure('its macros nest too deeply');
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }
}
