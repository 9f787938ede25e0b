import type { ChatPrompt, Message, Tokenizer } from '@grasp/tokenizer';

/** What was said so far, as one model has it: its own replies, and what was said to it. */
export class Conversation {
  private turns: readonly Message[] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    /** Without a template each text is continued as it stands, and nothing is remembered. */
    private readonly prompt: ChatPrompt | undefined,
    private readonly system: string | undefined,
  ) {}

  /**
   * Token ids of the conversation after one more thing said to the model, at most `room` of them: the oldest turns go
   * first, what was said last stays.
   */
  async ask(content: string, room: number): Promise<Int32Array> {
    if (!this.prompt) return (await this.tokenizer.encode(content)).slice(-room);
    this.turns = [...this.turns, { role: 'user', content }];
    for (;;) {
      const ids = await this.tokenizer.encode(this.prompt(this.messages), { specialTokens: false });
      const next = this.turns.findIndex(({ role }, index) => index > 0 && role === 'user');
      if (ids.length <= room || next < 0) return ids.slice(-room);
      this.turns = this.turns.slice(next);
    }
  }

  /** Keeps what the model said, or as much of it as there is. */
  answered(content: string): void {
    this.turns = [...this.turns, { role: 'assistant', content }];
  }

  private get messages(): Message[] {
    const { system } = this;
    return [...(system === undefined ? [] : [{ role: 'system', content: system } as const]), ...this.turns];
  }
}
