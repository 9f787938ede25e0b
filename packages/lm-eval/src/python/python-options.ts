/** Receives progress lines: `making a Python environment`, or the output of pip. */
export type PythonProgress = (line: string) => void;

export interface PythonOptions {
  /** Path of an interpreter to use. Nothing is installed. */
  readonly python?: string | undefined;
  /** Interpreter that creates the environment. Default `python3`. */
  readonly basePython?: string | undefined;
  /** Folder of the environments. Default `~/.cache/grasp/python`, or below XDG_CACHE_HOME. */
  readonly cache?: string | undefined;
  readonly onProgress?: PythonProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}
