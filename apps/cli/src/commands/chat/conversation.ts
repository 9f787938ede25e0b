import type { ChatPrompt, Message, Tokenizer } from '@grasp/tokenizer';

/** The conversation with one model: the user's messages and the model's replies. */
export class Conversation {
  private turns: readonly Message[] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    /** Without a template, each message is continued as plain text and nothing is remembered. */
    private readonly prompt: ChatPrompt | undefined,
    private readonly system: string | undefined,
  ) {}

  /**
   * Adds a message and returns the token ids of the conversation, at most `room`. The oldest turns are dropped first; the
   * last message stays.
   */
  async ask(content: string, room: number, signal?: AbortSignal): Promise<Int32Array> {
    if (!this.prompt) return (await this.tokenizer.encode(content)).slice(-room);
    let turns: readonly Message[] = [...this.turns, { role: 'user', content }];
    for (;;) {
      const text = await this.prompt(this.messages(turns), signal);
      const ids = await this.tokenizer.encode(text, { specialTokens: false });
      const next = turns.findIndex(({ role }, index) => index > 0 && role === 'user');
      if (ids.length <= room || next < 0) {
        this.turns = turns; // not before, so that a message that was interrupted is not one without a reply
        return ids.slice(-room);
      }
      turns = turns.slice(next);
    }
  }

  /** Adds the model's reply, complete or not. */
  answered(content: string): void {
    this.turns = [...this.turns, { role: 'assistant', content }];
  }

  private messages(turns: readonly Message[]): Message[] {
    const { system } = this;
    return [...(system === undefined ? [] : [{ role: 'system', content: system } as const]), ...turns];
  }
}
