/** What is done at the moment, in one line: `making a Python environment`, or what pip says. */
export type PythonProgress = (line: string) => void;

export interface PythonOptions {
  /** An interpreter to use as it is; nothing is installed. */
  readonly python?: string | undefined;
  /** Makes the environment. Default `python3`. */
  readonly basePython?: string | undefined;
  /** Where environments are kept. Default `~/.cache/grasp/python`, or below XDG_CACHE_HOME. */
  readonly cache?: string | undefined;
  readonly onProgress?: PythonProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}
