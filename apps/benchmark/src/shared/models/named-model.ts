import { localModel, type ModelEvent } from '@grasp/models';
import { SingleBar } from 'cli-progress';

/** Help of an argument that names a model. */
export const MODEL_HELP = 'Hugging Face folder, GGUF file, or name of a model';

const labels = { download: 'downloading', verify: 'verifying' };

/** 253113024 → 253 MB */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Calls `work` with a function that shows its events: the licence as a line, progress as a bar if standard error is a terminal. */
export async function showingDownload<Result>(
  work: (onEvent: (event: ModelEvent) => void) => Promise<Result>,
): Promise<Result> {
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{label} {bar} {percentage}% of {size}',
    clearOnComplete: true,
    hideCursor: true,
  });
  let current: string | undefined;
  const stop = () => {
    if (current !== undefined) bar.stop();
    current = undefined;
  };
  try {
    return await work((event) => {
      if (event.stage === 'begin') {
        const { name, bytes, licence } = event.model;
        console.error(`Downloading ${name}, ${megabytes(bytes)}. Licence: ${licence.name}, ${licence.url}`);
      } else if (event.stage === 'next-source') {
        stop();
        console.error(`${event.reason} Trying the next source.`);
      } else {
        const shown = { label: labels[event.stage], size: megabytes(event.total) };
        if (current !== event.stage) bar.start(event.total, event.done, shown);
        current = event.stage;
        bar.update(event.done, shown);
      }
    });
  } finally {
    stop();
  }
}

/**
 * Folder or file of a model that the user gives by path or by name. A model of the catalogue is downloaded on first use,
 * after its licence is shown.
 *
 * @throws as `localModel`
 */
export const modelPath = (argument: string): Promise<string> =>
  showingDownload((onEvent) => localModel(argument, { onEvent }));
