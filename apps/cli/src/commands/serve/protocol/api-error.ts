/** The names of OpenAI's API for kinds of errors. */
const TYPES = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  403: 'invalid_request_error',
  404: 'invalid_request_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
} as const;

/** A request that is refused or failed, in the form of OpenAI's API. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /**
   * @param code short name for programs, such as `invalid_api_key`
   * @param param field of the request that is wrong
   */
  constructor(
    readonly status: keyof typeof TYPES,
    message: string,
    readonly code: string | null = null,
    readonly param: string | null = null,
  ) {
    super(message);
  }

  /** The body of the answer. */
  get body() {
    const { message, param, code } = this;
    return { error: { message, type: TYPES[this.status], param, code } };
  }
}

/** Codes of errors that the content of a request causes. */
const OF_REQUESTS: readonly unknown[] = [
  'GRASP_CHAT_TEMPLATE',
  'GRASP_TOKENIZER_TEXT',
  'GRASP_DECODER_INPUT',
];

/** The error that a client receives for any thrown value. What went wrong inside the server is not told to clients. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof Error && 'code' in error && OF_REQUESTS.includes(error.code)) {
    return new ApiError(400, error.message, 'invalid_value');
  }
  return new ApiError(500, 'The server failed to answer. Its terminal shows why.', 'internal_error');
}
