/** A data set cannot be listed on the Hugging Face Hub, or one of its files cannot be fetched. */
export class HubError extends Error {
  readonly code = 'GRASP_HUB';
  override readonly name = 'HubError';
  constructor(
    readonly dataset: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${dataset}: ${problem}`, options);
  }
}

/** The Hub's answer is not one that can be used: it is too large, or it leads to another server. */
export class HubReplyError extends Error {
  readonly code = 'GRASP_HUB_REPLY';
  override readonly name = 'HubReplyError';
  constructor(readonly problem: string) {
    super(`The Hub's answer is refused: ${problem}.`);
  }
}

/** The address of the Hub is none. */
export class HubEndpointError extends Error {
  readonly code = 'GRASP_HUB_ENDPOINT';
  override readonly name = 'HubEndpointError';
  constructor(
    what: string,
    readonly endpoint: string,
  ) {
    super(
      `${what} is ${JSON.stringify(endpoint.slice(0, 200))}, which is no web address. Give one that begins with https://, or none for https://huggingface.co.`,
    );
  }
}

export type PushProblem =
  | 'name'
  | 'no-token'
  | 'token-form'
  | 'bad-token'
  | 'no-permission'
  | 'offline'
  | 'interrupted'
  | 'refused';

/** Found before the Hub is asked. */
const usage: readonly PushProblem[] = ['name', 'no-token', 'token-form'];

/** A folder cannot be pushed to the Hub. The message says why and what to do. */
export class PushError extends Error {
  /** `GRASP_PUSH_USAGE` if the call is wrong, whatever the Hub says. */
  readonly code: 'GRASP_PUSH' | 'GRASP_PUSH_USAGE';
  override readonly name = 'PushError';
  constructor(
    readonly problem: PushProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = usage.includes(problem) ? 'GRASP_PUSH_USAGE' : 'GRASP_PUSH';
  }
}
